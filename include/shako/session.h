#ifndef SHAKO_SESSION_H
#define SHAKO_SESSION_H

#include <shako/listener.h>
#include <shako/received.h>
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

/* Returns the session's own copy of its peer; of a proxy's connection, once its
   header is in, the peer that it announces, of whom nothing else is known. */
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
   is open the peer's clock stands still and the answer's own limit runs.  While
   want() has POLL it stands still too, but for what a connection or a handshake
   may take in all. */
SHAKO_API shako_time shako_session_expiry(const shako_session *session);

/* Names a question.  Never 0, never reused in a session.  At most one is open
   at a time. */
typedef uint64_t shako_question;

/* ? marks a question. */
typedef enum shako_event_type {
  SHAKO_EVENT_LOOKUP = 1,      /* ? what the table needs to know of the peer */
  SHAKO_EVENT_CONNECT = 2,     /* ? greet, or turn away */
  SHAKO_EVENT_HELLO = 3,       /* ? EHLO, HELO or LHLO */
  SHAKO_EVENT_STARTTLS = 4,    /* ? before the 220: go on, or answer 454 */
  SHAKO_EVENT_HANDSHAKE = 5,   /* ? TLS is the application's: shake hands */
  SHAKO_EVENT_CERTIFICATE = 6, /* ? the provider asks for time; accept: ask
                                  it again */
  SHAKO_EVENT_TLS = 7,         /*   the handshake is complete */
  SHAKO_EVENT_AUTH = 8,        /* ? a step of a SASL mechanism */
  SHAKO_EVENT_MAIL = 9,        /* ? a transaction begins */
  SHAKO_EVENT_RCPT = 10,       /* ? one recipient */
  SHAKO_EVENT_DATA = 11,       /* ? the message is about to follow, by DATA or
                                    a first BDAT */
  SHAKO_EVENT_BODY = 12,       /*   some of the message, dots removed */
  SHAKO_EVENT_MESSAGE = 13,    /* ? the message is complete (LMTP: one
                                    question for each recipient) */
  SHAKO_EVENT_RESET = 14,      /*   the transaction is gone; forget it */
  SHAKO_EVENT_VIOLATION = 15,  /*   the peer broke a rule and was told so */
  SHAKO_EVENT_CLOSED = 16,     /*   the last event */
  SHAKO_EVENT_OBSERVED = 17,   /*   the command that follows is served, and
                                    Required would refuse it (tls_observed) */
  SHAKO_EVENT_COMMAND = 18     /* ? one of the listener's |commands| */
} shako_event_type;

/* What MAIL said; a set of these. */
#define SHAKO_MAIL_8BITMIME   0x01u /* BODY=8BITMIME (RFC 6152) */
#define SHAKO_MAIL_BINARYMIME 0x02u /* BODY=BINARYMIME (RFC 3030 3) */
#define SHAKO_MAIL_SMTPUTF8   0x04u /* RFC 6531 */
#define SHAKO_MAIL_REQUIRETLS 0x08u /* RFC 8689: pass it on, or not at all */

/* MAIL's RET: how much of the message a DSN returns (RFC 3461 4.3). */
typedef enum shako_dsn_ret {
  SHAKO_DSN_RET_UNSAID,
  SHAKO_DSN_RET_FULL,
  SHAKO_DSN_RET_HDRS
} shako_dsn_ret;

/* RCPT's NOTIFY: when a DSN is wanted (RFC 3461 4.1), a set of these; 0 if
   nothing was said.  NEVER stands alone. */
#define SHAKO_DSN_NOTIFY_NEVER   0x01u
#define SHAKO_DSN_NOTIFY_SUCCESS 0x02u
#define SHAKO_DSN_NOTIFY_FAILURE 0x04u
#define SHAKO_DSN_NOTIFY_DELAY   0x08u

/* What the parameters of a MAIL or RCPT say.  Spans are parts of the command's
   line, judged and as they stand there (xtext is not decoded), and empty where
   nothing was said. */
typedef struct shako_params {
  shako_span text;       /* all of them: shako_params_next() */
  uint64_t size;         /* MAIL: SIZE, octets; 0 if not declared (RFC 1870) */
  unsigned flags;        /* MAIL: SHAKO_MAIL_* */
  shako_dsn_ret ret;     /* MAIL */
  shako_span envid;      /* MAIL: xtext (RFC 3461 4.4) */
  shako_span auth;       /* MAIL: "<>", or a mailbox as xtext (RFC 4954 5).
                            Without trust in who says it, it counts as <> */
  unsigned notify;       /* RCPT: SHAKO_DSN_NOTIFY_* */
  shako_span orcpt_type; /* RCPT: "rfc822" (RFC 3461 4.2) */
  shako_span orcpt;      /* RCPT: xtext; unitext where the type is "utf-8"
                            (RFC 6533 3) */
} shako_params;

/* Cuts the first parameter off |*text|, the |text| of a shako_params or what
   an earlier call left of it, and stores its parts; |*value| is empty where it
   has none.  Returns nonzero, or 0 where there is no more. */
SHAKO_API int shako_params_next(shako_span *text, shako_span *keyword,
                                shako_span *value);

/* What a client says in one step of a SASL mechanism.  |mechanism| is the
   listener's own word.  PLAIN, LOGIN and EXTERNAL are read by the library, to
   the end, and asked about once; all others step by step. */
typedef struct shako_auth {
  const char *mechanism; /* "PLAIN" */
  uint32_t step;         /* 0, then one more for each challenge */
  uint8_t has_response;  /* 0: in step 0 the client gave no initial response */
  shako_span response;   /* base64 taken off; empty where the library reads */
  shako_span authzid;    /* PLAIN, EXTERNAL: as whom to act; empty: as who the
                            client is */
  shako_span authcid;    /* PLAIN, LOGIN: who the client says it is */
  shako_span password;   /* PLAIN, LOGIN */
} shako_auth;

/**
 * Something that happened.  Owned by the session, and valid, spans and all,
 * until the next shako_session_poll() or shako_session_free().  Fields may be
 * added at the end of any struct.
 *
 * Every accepted MAIL ends in exactly one answered MESSAGE (on LMTP in one for
 * each accepted recipient) or in exactly one RESET, which takes back what of
 * them is not answered.
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
      uint8_t extended; /* nonzero for EHLO and LHLO */
    } hello;
    const shako_tls_info *tls; /* TLS */
    const shako_auth *auth;    /* AUTH; wiped when it is answered */
    struct {
      shako_span path; /* "a@b.example" without brackets; empty for <> */
      shako_span local_part;
      shako_span domain;
      uint64_t size;  /* as in |params|, as the next */
      unsigned flags; /* SHAKO_MAIL_* */
      const shako_params *params;
    } mail;
    struct {
      shako_span path;
      shako_span local_part;
      shako_span domain; /* empty for <Postmaster> */
      shako_span given;  /* |path| as the peer gave it, before the listener's
                            domain map and default domain */
      const shako_params *params;
    } rcpt;
    shako_span body;
    struct {
      uint64_t size;          /* octets, dots removed */
      uint32_t recipient;     /* LMTP: which of the accepted ones, from 0 */
      uint8_t bare_line_ends; /* a CR or LF alone is in it: as it is, it must
                                 not go out by DATA */
    } message;
    struct {
      const char *verb; /* the listener's own word */
      shako_span argument;
    } command;
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
 *   SHAKO_ERR_INVALID_STATE   HANDSHAKE takes shako_session_tls_external(),
 *                             AUTH shako_session_authenticate()
 *   SHAKO_ERR_NOMEM           the session is over, as with SHAKO_ERR_TLS
 */
SHAKO_API int shako_session_accept(shako_session *session,
                                   shako_question question);

/* The longest text of a reply, in octets. */
#define SHAKO_REPLY_TEXT_MAX 4096

/**
 * Answers |question| in the application's words.  |code| says yes where it is
 * the one of the library's own words (220 for CONNECT and STARTTLS, 250 for
 * HELLO, MAIL, RCPT and MESSAGE, 354 for DATA, any 2yz but 220, 221 and 235
 * for COMMAND); 4yz and 5yz say no, and 421 says no and ends the session.
 * CERTIFICATE and AUTH take a no only, LOOKUP 421 only, and HANDSHAKE no code
 * at all.  A yes to DATA for BDAT is not said; a no is when the octets that it
 * announced are past.
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

/* The longest challenge, in octets. */
#define SHAKO_CHALLENGE_MAX 9216

/**
 * Answers SHAKO_EVENT_AUTH with a challenge of |len| octets (334, in base64);
 * the client's response is the next step.  PLAIN, LOGIN and EXTERNAL take none.
 *
 * Returns as shako_session_accept(), or
 *   SHAKO_ERR_INVALID_ARGUMENT  |len| is more than SHAKO_CHALLENGE_MAX, or the
 *                               library reads that mechanism
 */
SHAKO_API int shako_session_challenge(shako_session *session,
                                      shako_question question,
                                      const uint8_t *data, size_t len);

/**
 * Says yes (235) to SHAKO_EVENT_AUTH: the peer is |identity| (copied), 1 to 255
 * octets of UTF-8 without controls.
 *
 * Returns as shako_session_accept(), or
 *   SHAKO_ERR_INVALID_ARGUMENT  |identity|
 */
SHAKO_API int shako_session_authenticate(shako_session *session,
                                         shako_question question,
                                         shako_span identity);

/* Returns as whom the peer is authenticated, or an empty span.  It lives as
   long as the session. */
SHAKO_API shako_span shako_session_identity(const shako_session *session);

/* Returns how the transaction under way, or the next one, comes in, as `with`
   of a Received field tells it: a set of SHAKO_RECEIVED_* (received.h). */
SHAKO_API unsigned shako_session_protocol(const shako_session *session);

/**
 * Answers SHAKO_EVENT_HANDSHAKE where the application runs TLS itself: |info|
 * (copied; its |cipher| and |group| too) says what was agreed, or its |failure|
 * why not; the session then closes without a word.  From here on the octets are
 * what is inside TLS, and close_notify is the application's, on
 * SHAKO_WANT_CLOSE.  Of |info->client| the |faults| count: |pinned| and
 * |verified| are judged here.
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

/**
 * Stores the channel binding `tls-exporter` (RFC 9266) of the session's TLS,
 * which mechanisms in -PLUS need, in |binding|.
 *
 * Returns 0, or
 *   SHAKO_ERR_INVALID_STATE  there is none: no TLS of ours is up; it is TLS 1.2
 *                            without extended master secret (RFC 7627), or any
 *                            TLS 1.2 over mbed TLS, which does not tell; or the
 *                            engine cannot
 */
SHAKO_API int
shako_session_channel_binding(const shako_session *session,
                              uint8_t binding[SHAKO_CHANNEL_BINDING_SIZE]);

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
