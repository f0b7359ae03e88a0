#ifndef SHAKO_SERVER_INPUT_H
#define SHAKO_SERVER_INPUT_H

#include <stdbool.h>

#include <shako/session.h>

/*
 * What came from the peer and is not yet used up, in one block that exists
 * only while there is something in it or it is lent:
 *
 *   in the clear    [ ... start ..... end | lent ... ]
 *   inside TLS      the same holds records; what they held is behind it:
 *                   [ records, |cap| octets ][ text_start .. text_end ... ]
 *
 * "The wire" is the first part, "the text" what commands and messages are
 * read from: the wire in the clear, the second part inside TLS.  A loan pins
 * what it covers; an event pins the text.
 */
typedef struct shako__input {
  uint8_t *block; /* NULL: none */
  uint32_t cap;   /* of each part */
  uint32_t start, end;
  uint32_t text_start, text_end;
  uint32_t lent; /* octets lent behind |end|; 0: none */
} shako__input;

/* Whether recv_buf() would lend something. */
bool shako__input_room(const shako_session *session);

/* Octets on the wire that nobody has used. */
size_t shako__input_wire_len(const shako_session *session);
shako_span shako__input_wire(const shako_session *session);

/* Whether more of them may come behind those, with none used up. */
bool shako__input_may_grow(const shako_session *session);

/* What is in hand to be read as commands or message. */
shako_span shako__input_text(const shako_session *session);

/* Whether there is any, or records that may hold some. */
bool shako__input_any(const shako_session *session);

/* Uses up the first |n| octets of the text. */
void shako__input_take(shako_session *session, size_t n);

/* ... and wipes them where they stand. */
void shako__input_take_secret(shako_session *session, size_t n);

/* Whether shako__input_fill() would do something. */
bool shako__input_can_fill(const shako_session *session);

/* Inside TLS: decrypts once from the wire to the text. */
void shako__input_fill(shako_session *session);

/* Whether the text has ended: what is in hand is all that will come. */
bool shako__input_ended(const shako_session *session);

/* Wipes and forgets all that is in hand; a loan stays. */
void shako__input_wipe(shako_session *session);

/* Frees the block if it holds and lends nothing. */
void shako__input_settle(shako_session *session);
void shako__input_free(shako_session *session);

/* The engine's view of it (shako_tls_wire). */
shako_tls_status shako__input_wire_recv(void *ctx, uint8_t *buf, size_t len,
                                        size_t *n);

#endif /* SHAKO_SERVER_INPUT_H */
