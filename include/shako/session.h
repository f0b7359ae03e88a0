#ifndef SHAKO_SESSION_H
#define SHAKO_SESSION_H

#include <shako/listener.h>
#include <shako/record.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * One SMTP connection, server side.  Used by one thread at a time.
 *
 * The loop of an application: while shako_session_want() is not CLOSE alone,
 * fill what recv_buf() lends, send what send_buf() lends, and call poll()
 * when there is POLL or when the clock reads expiry().  Only poll() moves the
 * session: it parses, shakes hands and lets time pass.  The other calls hand
 * octets and answers over and change nothing else.
 */
typedef struct shako_session shako_session;

/**
 * Creates a session of |listener| for |peer| and stores it in |*psession|.
 * It keeps a reference to |listener| and a copy of |*peer| and its name, and
 * uses the listener's memory.
 *
 * Returns 0, or
 *   SHAKO_ERR_INVALID_ARGUMENT  |peer| has no struct_size, or a name of more
 *                               than 255 octets
 *   SHAKO_ERR_NOMEM
 */
SHAKO_API int shako_session_new(shako_session **psession,
                                shako_listener *listener,
                                const shako_peer *peer, void *user_data,
                                shako_time now);

/* Releases |session| and all that it lent.  NULL does nothing. */
SHAKO_API void shako_session_free(shako_session *session);

/* Returns what shako_session_new() was given. */
SHAKO_API void *shako_session_user_data(const shako_session *session);

/* Returns the session's own copy of its peer. */
SHAKO_API const shako_peer *shako_session_peer(const shako_session *session);

/* What to do next: a set of these. */
#define SHAKO_WANT_RECV   0x01u /* there is room for octets from the peer */
#define SHAKO_WANT_SEND   0x02u /* there are octets for the peer */
#define SHAKO_WANT_POLL   0x04u /* poll() would act (not for time's sake) */
#define SHAKO_WANT_ANSWER 0x08u /* a question is open */
#define SHAKO_WANT_CLOSE  0x10u /* close the connection */

/* Returns a set of SHAKO_WANT_*.  POLL is in it exactly when poll() would do
   or return something, but for what only time brings (expiry()).  CLOSE may
   come with POLL, never with SEND. */
SHAKO_API unsigned shako_session_want(const shako_session *session);

/*
 * Octets.  Whether they are TLS records or plain SMTP is the session's
 * business, never the caller's.
 *
 * X_buf() lends memory of the session and stores its length in |*len|.  A
 * loan stays where it is until its own X_ack() or shako_session_free(),
 * whatever else is called, so that both directions may be in flight at once
 * (libuv, io_uring).  Each loan ends with an ack; 0 gives it back unused.
 * Asked again before the ack, X_buf() gives the same loan, send_buf() with
 * what was added behind it.
 *
 * From the moment that a STARTTLS line is taken until the last octet of its
 * 220 is acked, nothing is lent; what an earlier loan still brings goes to
 * TLS and nowhere else.
 *
 * On CLOSE: shut down the sending side, receive and discard until the end of
 * stream (64 KiB or 2 s at most), then close; else a reset can destroy the
 * last reply.
 */

/* Lends room for octets from the peer.  Without an open loan it returns NULL
   where want() has no RECV; where it has, NULL means that memory ran out and
   the session is over: poll for CLOSED. */
SHAKO_API uint8_t *shako_session_recv_buf(shako_session *session, size_t *len);

/**
 * Says that |n| octets were received into the loan, and ends it.
 *
 * Returns 0 (also for an |n| of 0 where nothing is lent), or
 *   SHAKO_ERR_INVALID_STATE     nothing is lent
 *   SHAKO_ERR_INVALID_ARGUMENT  |n| is more than was lent; it stays lent
 */
SHAKO_API int shako_session_recv_ack(shako_session *session, size_t n);

/* Lends octets for the peer.  Returns NULL where there are none. */
SHAKO_API const uint8_t *shako_session_send_buf(shako_session *session,
                                                size_t *len);

/* Says that the first |n| octets of the loan were sent, and ends it.  Returns
   as shako_session_recv_ack(). */
SHAKO_API int shako_session_send_ack(shako_session *session, size_t n);

/* The peer sends no more (read() returned 0).  What is in hand is still
   answered; a message cut off by it is dropped.  Returns 0. */
SHAKO_API int shako_session_recv_eof(shako_session *session);

/* The connection is gone (reset, send failed): nothing more is sent, open
   questions become stale, CLOSED can be polled.  Returns 0. */
SHAKO_API int shako_session_lost(shako_session *session);

/* Returns when poll() is to be called for the sake of time.  While a question
   is open the peer's clock stands still and the answer's own limit runs. */
SHAKO_API shako_time shako_session_expiry(const shako_session *session);

/* Names a question.  Never 0, never reused in a session.  At most one is open
   at a time. */
typedef uint64_t shako_question;

/* ? marks a question. */
typedef enum shako_event_type {
  SHAKO_EVENT_LOOKUP = 1,      /* ? what the table needs to know of the peer */
  SHAKO_EVENT_CONNECT = 2,     /* ? greet, or turn away */
  SHAKO_EVENT_HELLO = 3,       /* ? EHLO or HELO */
  SHAKO_EVENT_STARTTLS = 4,    /* ? before the 220: go on, or answer 454 */
  SHAKO_EVENT_HANDSHAKE = 5,   /* ? TLS is the application's: shake hands */
  SHAKO_EVENT_CERTIFICATE = 6, /* ? the provider asks for time; accept: ask
                                  it again */
  SHAKO_EVENT_TLS = 7,         /*   the handshake is complete */
  SHAKO_EVENT_MAIL = 9,        /* ? a transaction begins */
  SHAKO_EVENT_RCPT = 10,       /* ? one recipient */
  SHAKO_EVENT_DATA = 11,       /* ? the message is about to follow */
  SHAKO_EVENT_BODY = 12,       /*   some of the message, dots removed */
  SHAKO_EVENT_MESSAGE = 13,    /* ? the message is complete */
  SHAKO_EVENT_RESET = 14,      /*   the transaction is gone; forget it */
  SHAKO_EVENT_VIOLATION = 15,  /*   the peer broke a rule and was told so */
  SHAKO_EVENT_CLOSED = 16,     /*   the last event */
  SHAKO_EVENT_OBSERVED = 17    /*   the command that follows is served, and
                                    Required would refuse it (tls_observed) */
} shako_event_type;

/* MAIL's parameters. */
#define SHAKO_MAIL_8BITMIME 0x01u /* BODY=8BITMIME (RFC 6152) */

/**
 * Something that happened.  Owned by the session, and valid, spans and all,
 * until the next shako_session_poll() or shako_session_free().  Fields may be
 * added at the end of any struct.
 *
 * Every accepted MAIL ends in exactly one answered MESSAGE or in exactly one
 * RESET.
 */
typedef struct shako_event {
  shako_event_type type;
  shako_question question; /* nonzero if the session waits for an answer */
  union {
    struct {
      unsigned need;  /* SHAKO_NEED_* (hat.h); never 0 */
      uint64_t lists; /* bit i: the i-th DNS list of the listener's table */
    } lookup;
    struct {
      shako_hat_match match;
    } connect;
    struct {
      shako_span name;
      uint8_t extended; /* nonzero for EHLO */
    } hello;
    const shako_tls_info *tls; /* TLS */
    struct {
      shako_span path; /* "a@b.example" without brackets; empty for <> */
      shako_span local_part;
      shako_span domain;
      uint64_t size;  /* octets; 0 if not declared (RFC 1870) */
      unsigned flags; /* SHAKO_MAIL_* */
    } mail;
    struct {
      shako_span path;
      shako_span local_part;
      shako_span domain; /* empty for <Postmaster> */
      shako_span given;  /* |path| as the peer gave it, before the listener's
                            domain map and default domain */
    } rcpt;
    shako_span body;
    struct {
      uint64_t size; /* octets, dots removed */
    } message;
    struct {
      const char *reason; /* "rset", "ehlo", or that of what ended it */
    } reset;
    struct {
      const shako_verdict *verdict; /* as it was sent */
      uint8_t closes;  /* the connection ends after it, also where the
                          verdict alone would not end it */
      uint64_t octets; /* wiped behind STARTTLS ("injected-bytes"); or 0 */
    } violation;
    struct {
      const shako_verdict *verdict; /* what Required would have said */
    } observed;
    struct {
      const char *how; /* as of the record: shako_session_record() */
      int error;       /* likewise */
    } closed;
  } u;
} shako_event;

/**
 * Moves the session on as far as it can go and returns the next event, or
 * NULL when there is none for now.  While an event's spans are valid, the
 * octets that they point to are not moved.
 */
SHAKO_API const shako_event *shako_session_poll(shako_session *session,
                                                shako_time now);

/**
 * Answers SHAKO_EVENT_LOOKUP: |facts| (copied; its |name| too) is what was
 * found out about the peer: of it |name_state|, |name|, |score_state|, |score|,
 * |owner| and |lists_hold| count.  What was needed and is not in it counts as
 * not to be had: a name's DNS has failed for now (TEMPORARY), there is no score
 * and no owner, no list holds the address.
 *
 * Returns 0, or
 *   SHAKO_ERR_STALE_QUESTION    the peer has left, or it was answered
 *   SHAKO_ERR_INVALID_STATE     it is no LOOKUP
 *   SHAKO_ERR_INVALID_ARGUMENT  |facts| has no struct_size, or an empty name
 *                               or one of more than 255 octets is VERIFIED
 *   SHAKO_ERR_NOMEM             the session is over
 */
SHAKO_API int shako_session_inform(shako_session *session,
                                   shako_question question,
                                   const shako_peer *facts);

/**
 * Says yes to |question| in the library's words, now or at any later time.  To
 * LOOKUP it says that nothing is to be had.
 *
 * Returns 0, or
 *   SHAKO_ERR_STALE_QUESTION  the peer has left, or it was answered
 *   SHAKO_ERR_INVALID_STATE   HANDSHAKE takes shako_session_tls_external()
 *   SHAKO_ERR_NOMEM           the session is over, as with SHAKO_ERR_TLS
 */
SHAKO_API int shako_session_accept(shako_session *session,
                                   shako_question question);

/* The longest text of a reply, in octets. */
#define SHAKO_REPLY_TEXT_MAX 4096

/**
 * Answers |question| in the application's words.  |code| says yes where it is
 * the one of the library's own words (220 for CONNECT and STARTTLS, 250 for
 * HELLO, MAIL, RCPT and MESSAGE, 354 for DATA); 4yz and 5yz say no, and 421
 * says no and ends the session.  CERTIFICATE takes a no only, LOOKUP 421 only,
 * and HANDSHAKE no code at all.
 *
 * |enhanced| is an RFC 3463 code of the same class ("5.1.1") or NULL, and is
 * left out where RFC 2034 has none (the greeting, EHLO, 354).  |text| is
 * printable ASCII; LF in it separates the lines of a multi-line reply, and
 * lines over 512 octets are folded.  To HELLO a yes's |text| follows the host
 * name on the first line.
 *
 * Returns as shako_session_accept(), or
 *   SHAKO_ERR_INVALID_ARGUMENT  |code| is no answer to that question, |text|
 *                               holds another octet or more than
 *                               SHAKO_REPLY_TEXT_MAX of them, or |enhanced|
 *                               is no such code or of another class
 */
SHAKO_API int shako_session_answer(shako_session *session,
                                   shako_question question, int code,
                                   const char *enhanced, const char *text);

/**
 * Answers SHAKO_EVENT_HANDSHAKE where the application runs TLS itself: |info|
 * (copied; its |cipher| too) says what was agreed, or its |failure| why not;
 * the session then closes without a word.  From here on the octets are what
 * is inside TLS, and close_notify is the application's, on SHAKO_WANT_CLOSE.
 * Of |info->client| the |faults| count: |pinned| and |verified| are judged
 * here.
 *
 * Before the handshake the application gives an open loan back with an ack
 * of 0: octets acked after the STARTTLS line was taken cannot be TLS, and end
 * the connection without a word (failure NOT_TLS).
 *
 * Returns 0, or
 *   SHAKO_ERR_STALE_QUESTION    the peer has left, or it was answered
 *   SHAKO_ERR_INVALID_STATE     it is no HANDSHAKE; or a loan for input is
 *                               open: end it first
 *   SHAKO_ERR_INVALID_ARGUMENT  |info| has no struct_size, or neither a
 *                               version nor a failure
 *   SHAKO_ERR_NOMEM             the session is over
 */
SHAKO_API int shako_session_tls_external(shako_session *session,
                                         shako_question question,
                                         const shako_tls_info *info);

/**
 * Ends the session with 421 4.3.2 and |text| (as for shako_session_answer();
 * NULL: "Service shutting down") once what is queued has been sent.  An open
 * question becomes stale.  Where no clear text may be said (from a 220 to
 * STARTTLS to the end of the handshake), nothing is.
 *
 * Returns 0, or
 *   SHAKO_ERR_INVALID_STATE     it is ending already
 *   SHAKO_ERR_INVALID_ARGUMENT  |text|
 *   SHAKO_ERR_NOMEM             the session is over
 */
SHAKO_API int shako_session_shutdown(shako_session *session, const char *text);

/* Returns what is known about TLS, also after a failed handshake, or NULL
   where none was tried.  It lives as long as the session. */
SHAKO_API const shako_tls_info *shako_session_tls(const shako_session *session);

/* What shako_session_record() calls. */
SHAKO_API void shako_session_record_sized(const shako_session *session,
                                          shako_record *record, size_t size);

/* Fills |*RECORD| with what is known of |SESSION|'s connection so far: on
   CLOSED its whole verdict, at a message that of its connection.  What it
   points to is the session's, and lives and changes with it. */
#define shako_session_record(SESSION, RECORD)                                  \
  shako_session_record_sized((SESSION), (RECORD), sizeof(*(RECORD)))

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_SESSION_H */
