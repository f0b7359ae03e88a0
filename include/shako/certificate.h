#ifndef SHAKO_CERTIFICATE_H
#define SHAKO_CERTIFICATE_H

#include <shako/tls.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a client offers.  Nothing of its ClientHello is read yet: all that
   select() is shown is empty. */
typedef struct shako_client_hello {
  size_t struct_size;     /* sizeof(shako_client_hello) */
  shako_span server_name; /* SNI; empty if absent */
} shako_client_hello;

typedef enum shako_provider_status {
  SHAKO_PROVIDER_OK,
  SHAKO_PROVIDER_WAIT, /* SHAKO_EVENT_CERTIFICATE; asked again on accept() */
  SHAKO_PROVIDER_NONE  /* no certificate: 454, or the handshake fails */
} shako_provider_status;

/* How many certificates select() may give. */
#define SHAKO_CERTIFICATES_MAX 4

/**
 * Where a listener's certificates come from: a caller's own functions, or
 * those that shako_certificate_provider_single() fills in.
 */
typedef struct shako_certificate_provider {
  size_t struct_size; /* sizeof(shako_certificate_provider) */
  void *ctx;
  /* Says whether there is any certificate now: asked before the 220, NONE
     means 454.  Called from any thread, as is select(). */
  shako_provider_status (*ready)(void *ctx);
  /* Stores up to |*count| new references (one of each key type that |hello|
     can use) in |certificates| and their number in |*count|. */
  shako_provider_status (*select)(void *ctx, const shako_client_hello *hello,
                                  shako_certificate **certificates,
                                  size_t *count);
} shako_certificate_provider;

/* Fills |*provider| so that it always gives |certificate|, which is borrowed:
   hold a reference for as long as the provider is in use. */
SHAKO_API void
shako_certificate_provider_single(shako_certificate_provider *provider,
                                  shako_certificate *certificate);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_CERTIFICATE_H */
