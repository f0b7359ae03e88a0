#ifndef SHAKO_IO_H
#define SHAKO_IO_H

#include <shako/session.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum shako_io_status {
  SHAKO_IO_OK,
  SHAKO_IO_AGAIN, /* would block: call drive() again when it would not */
  SHAKO_IO_EOF,   /* of recv: the peer sends no more */
  SHAKO_IO_FAILED /* the connection is gone */
} shako_io_status;

/* Pluggable input and output: a socket, a pipe, a ring, a test.  Blocking or
   not; a blocking recv() that gives up after a while (SO_RCVTIMEO) returns
   AGAIN, so that time can pass. */
typedef struct shako_io {
  size_t struct_size; /* sizeof(shako_io) */
  void *ctx;
  /* Stores 1 to |len| octets at |buf|, their number in |*n|. */
  shako_io_status (*recv)(void *ctx, uint8_t *buf, size_t len, size_t *n);
  /* Takes 1 to |len| octets of |buf|, their number in |*n|. */
  shako_io_status (*send)(void *ctx, const uint8_t *buf, size_t len, size_t *n);
  /* Reads a clock that never goes back, in milliseconds. */
  shako_time (*now)(void *ctx);
} shako_io;

/**
 * Moves octets between |session| and |io| and polls, until there is an event
 * (stored in |*event|), the io would block, a question waits for its answer
 * or the session is over (NULL in |*event|).  All that can be parsed is
 * parsed before replies are sent, and all replies are sent before more is
 * received: a pipelined flight is answered in one write.
 *
 * Returns shako_session_want() as it then is; the session is over when it is
 * SHAKO_WANT_CLOSE alone.
 */
SHAKO_API unsigned shako_session_drive(shako_session *session,
                                       const shako_io *io,
                                       const shako_event **event);

/**
 * Copies up to |len| octets of the peer into |session|, as if they had been
 * received into its own buffer, and stores in |*n| how many there was room
 * for: a line at a time, or any part of one.
 *
 * Returns 0, or
 *   SHAKO_ERR_INVALID_STATE  a loan of recv_buf() is open
 *   SHAKO_ERR_NOMEM          the session is over
 */
SHAKO_API int shako_session_push(shako_session *session, const uint8_t *buf,
                                 size_t len, size_t *n);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_IO_H */
