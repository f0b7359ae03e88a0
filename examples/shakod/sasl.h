#ifndef SHAKOD_SASL_H
#define SHAKOD_SASL_H

#include <stdbool.h>

#include <shako/tls.h>

/*
 * What GNU SASL knows of mechanisms and passwords.  Where it was not there when
 * shakod was built, no_sasl.c says so instead.
 */

/* Who may authenticate.  Immutable, shared by threads. */
typedef struct sasl sasl;

/* Reads the file |path|.  Returns NULL after a line that says why not. */
sasl *sasl_new(const char *path);

/* Wipes and frees |s|.  NULL does nothing. */
void sasl_free(sasl *s);

/* Returns who |name| with |password| is, as long as |s| lives, or NULL; it
   takes as long for a name that is not there.  Slow; callable from any thread.
 */
const char *sasl_check(const sasl *s, const char *name, const char *password);

/* A conversation of SCRAM-SHA-256 (RFC 5802, RFC 7677). */
typedef struct sasl_talk sasl_talk;

/* Begins one for |mechanism|.  |binding|, of SHAKO_CHANNEL_BINDING_SIZE
   octets, binds it to the TLS that it is in; or NULL.  Returns NULL without
   memory. */
sasl_talk *sasl_talk_new(sasl *s, const char *mechanism,
                         const uint8_t *binding);

/* NULL does nothing. */
void sasl_talk_free(sasl_talk *t);

typedef enum sasl_result {
  SASL_CHALLENGE, /* say |*challenge|, which lives until the next step */
  SASL_YES,
  SASL_NO,
  SASL_NOMEM
} sasl_result;

/* Takes one |response| of the client. */
sasl_result sasl_talk_step(sasl_talk *t, shako_span response,
                           shako_span *challenge);

/* Returns who it is, after SASL_YES, as long as the sasl lives. */
const char *sasl_talk_name(const sasl_talk *t);

#endif /* SHAKOD_SASL_H */
