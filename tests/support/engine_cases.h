#ifndef ENGINE_CASES_H
#define ENGINE_CASES_H

#include <stdbool.h>

#include <shako/certificate.h>

/* The tests that every engine passes, against a client of mbed TLS in memory.
   An engine says with a kit how it is made and where TLS libraries differ. */

/* Holds the messages of every engine. */
#define ENGINE_MESSAGE_SIZE 512

typedef struct engine_kit {
  const shako_tls_engine *(*engine)(void);
  int (*context_new)(void **pcontext, const shako_mem *mem, char *message);
  void (*context_free)(void *context);
  int (*certificate_read)(shako_certificate **pcertificate,
                          const char *certificate_path, const char *key_path,
                          const shako_mem *mem, char *message);
  int (*certificate_parse)(shako_certificate **pcertificate,
                           const shako_certificate_source *source,
                           const shako_mem *mem, char *message);
  int (*authorities_parse)(shako_authorities **pauthorities,
                           const shako_authorities_source *source,
                           const shako_mem *mem, char *message);
  int (*demonstration)(shako_certificate **pcertificate, const char *hostname,
                       int64_t unix_time, const shako_mem *mem, char *message);

  /* native_error for the client's alert unknown_ca. */
  int unknown_ca;
  /* A warning of TLS 1.2 that is skipped. */
  uint8_t warning;
  /* The alerts with which these are answered (-1: that depends on the
     release) ... */
  int forged;        /* an alert in the clear where there are keys */
  int clear_text;    /* clear text where there are keys */
  int renegotiation; /* one too many */
  /* ... and the one that goes out where the session asks for user_canceled
     when there are keys. */
  int user_canceled;
  /* Whether an alert about versions has the client's own. */
  bool speaks_as_client;
  /* Whether a handshake may take a want of memory for the client's fault, or
     go on without what it could not do until the client notices. */
  bool blames_client;
  /* Whether TLS 1.2 with extended master secret has a channel binding. */
  bool binds_1_2;
  /* Whether it decrypts keys in the older PEM form. */
  bool reads_traditional;
} engine_kit;

/* Runs all tests over the engine of |kit| with the certificates in |folder|.
   Returns how many failed. */
int engine_cases_run(const engine_kit *kit, const char *folder);

/* Likewise those of its certificates. */
int certificate_cases_run(const engine_kit *kit, const char *folder);

#endif /* ENGINE_CASES_H */
