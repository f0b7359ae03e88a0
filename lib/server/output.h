#ifndef SHAKO_SERVER_OUTPUT_H
#define SHAKO_SERVER_OUTPUT_H

#include <stdbool.h>

#include <shako/session.h>

/*
 * What is to be sent: a queue of chunks, which never move until they are
 * acked.  The first is made when something is to be said and lasts until all
 * is sent.
 *
 *   in the clear   [ ... start ..... end ... ]
 *   inside TLS     the same holds records; clear replies gather behind it
 *                  until they are sealed, all at once, when the output is
 *                  lent (one record and one write a flight):
 *                  [ records, |cap| octets ][ clear replies, |clear_cap| ]
 *
 * Only one chunk, |clear|, has the part for clear replies: the first, or one
 * that was made for a longer reply.  It need not be the last, since the engine
 * may send records of its own (an alert) while replies wait.  Once its records
 * are sent it goes to the end of the queue and is used again.
 */
typedef struct shako__chunk {
  struct shako__chunk *next;
  uint32_t size; /* of this object */
  uint32_t cap;
  uint32_t clear_cap; /* 0: it has no part for clear replies */
  uint32_t start, end;
  uint8_t data[];
} shako__chunk;

typedef struct shako__output {
  shako__chunk *head, *tail;
  shako__chunk *clear; /* NULL in the clear */
  uint32_t clear_len;
  uint32_t lent; /* octets lent of the first chunk; 0: none */
  size_t queued; /* octets between start and end of all chunks */
} shako__output;

/* Over this many octets unsent no further command is taken. */
#define SHAKO__OUTPUT_HIGH 32768

/* The room that the longest of the library's own replies needs. */
#define SHAKO__REPLY_ROOM 1024

/* Makes room for a reply of |n| octets, sealing what stands in the way.
   Returns false where memory ran out or TLS failed: the session is over. */
bool shako__output_reserve(shako_session *session, size_t n);

/* Returns where the reserved octets go, and says how many were written. */
uint8_t *shako__output_at(shako_session *session);
void shako__output_wrote(shako_session *session, size_t n);

/* Whether there are octets to be sent, sealed or not. */
bool shako__output_pending(const shako_session *session);

/* Inside TLS: turns the clear replies into records. */
bool shako__output_seal(shako_session *session);

/* Forgets the clear replies that TLS can no longer seal, and all where the
   connection is lost. */
void shako__output_drop(shako_session *session);

/* Frees the chunks if they hold and lend nothing. */
void shako__output_settle(shako_session *session);
void shako__output_free(shako_session *session);

/* The engine's view of it (shako_tls_wire). */
shako_tls_status shako__output_wire_send(void *ctx, const uint8_t *buf,
                                         size_t len);

#endif /* SHAKO_SERVER_OUTPUT_H */
