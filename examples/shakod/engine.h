#ifndef SHAKOD_ENGINE_H
#define SHAKOD_ENGINE_H

#include <shako/shako.h>

/* Holds the messages of every engine. */
#define ENGINE_MESSAGE_SIZE 512

/* A TLS library, by the functions of its engine.  They say in |message|, of
   ENGINE_MESSAGE_SIZE octets, what went wrong. */
typedef struct engine {
  const char *name;
  const shako_tls_engine *(*engine)(void);
  int (*context_new)(void **pcontext, char *message);
  void (*context_free)(void *context);
  int (*certificate_parse)(shako_certificate **pcertificate,
                           const shako_certificate_source *source,
                           const shako_mem *mem, char *message);
  int (*authorities_parse)(shako_authorities **pauthorities,
                           const shako_authorities_source *source,
                           const shako_mem *mem, char *message);
  int (*demonstration)(shako_certificate **pcertificate, const char *hostname,
                       int64_t unix_time, const shako_mem *mem, char *message);
} engine;

/* Returns the engine |name|, or the default for NULL; NULL where it is not
   built in. */
const engine *engine_find(const char *name);

#endif /* SHAKOD_ENGINE_H */
