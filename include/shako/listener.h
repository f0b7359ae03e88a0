#ifndef SHAKO_LISTENER_H
#define SHAKO_LISTENER_H

#include <shako/certificate.h>
#include <shako/hat.h>
#include <shako/tls.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What sessions of one listening socket share.  Immutable once made,
 * reference-counted, shared by threads.  To reload, make a new one and give
 * it to new sessions: those under way keep theirs.
 */
typedef struct shako_listener shako_listener;

typedef struct shako_listener_config {
  size_t struct_size;         /* set by shako_listener_config_default() */
  const char *hostname;       /* in the greeting; a domain or address literal */
  const shako_policy *policy; /* copied; NULL: the default policy */
  const shako_tls_engine *engine; /* NULL: no TLS but |external_tls| */
  const void *context;            /* the engine's; outlives the listener */
  const shako_certificate_provider *certificates; /* copied; its |ctx|
                                                     outlives the listener */
  uint8_t implicit_tls;    /* the first octet is TLS (port 465) */
  uint8_t external_tls;    /* the application shakes hands */
  size_t recv_buffer_size; /* octets, 4096 at least; 16384 by default */
} shako_listener_config;

/* What shako_listener_config_default() calls. */
SHAKO_API void
shako_listener_config_default_sized(shako_listener_config *config, size_t size);

/* Fills |*CONFIG| with the defaults: no name, no TLS. */
#define shako_listener_config_default(CONFIG)                                  \
  shako_listener_config_default_sized((CONFIG), sizeof(*(CONFIG)))

/**
 * Makes a listener of |*config|, whose strings and policy are copied, with
 * memory from |mem| (copied; NULL for malloc), which its sessions use too,
 * and stores it in |*plistener|.
 *
 * Returns 0, or
 *   SHAKO_ERR_INVALID_ARGUMENT  |*reason| says which setting and why
 *   SHAKO_ERR_NOMEM
 */
SHAKO_API int shako_listener_new(shako_listener **plistener,
                                 const shako_listener_config *config,
                                 const shako_mem *mem, const char **reason);

/* Takes one more reference to |listener| and returns it. */
SHAKO_API shako_listener *shako_listener_ref(shako_listener *listener);

/* Gives a reference back; the last one frees.  NULL does nothing. */
SHAKO_API void shako_listener_unref(shako_listener *listener);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_LISTENER_H */
