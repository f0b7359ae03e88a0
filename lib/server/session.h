#ifndef SHAKO_SERVER_SESSION_H
#define SHAKO_SERVER_SESSION_H

#include <stdbool.h>

#include <shako/session.h>

#include "policy/refusals.h"
#include "server/auth.h"
#include "server/input.h"
#include "server/listener.h"
#include "server/output.h"
#include "smtp/body.h"
#include "smtp/path.h"
#include "tls/conn.h"

/*
 * A session, from the inside.
 *
 *   recv_ack -> input -> [conn] -> text -> step -> output -> [conn] -> send_buf
 *                                           |  ^
 *                                       event  answer
 *
 * poll() repeats: while shako__ready(), step.  Both read the same fields, and
 * nothing else says what is to be done next: there is no flag "more work", so
 * none can be forgotten.  What may be due, in the order in which it is done:
 *
 *   - event: the last one is let go of when poll() is called again;
 *   - owed: RESET, then VIOLATION, then TLS, which follow from a step that is
 *     done; they are delivered before the next;
 *   - answer: given, and not yet acted upon (its reply is in the output);
 *   - ending: lost, stopping or error; the session is to end;
 *   - question: open; nothing moves but time;
 *   - phase: what the next octets are (session.c: one step a phase).
 *
 * Invariants:
 *   - at most one question is open; while it is, no text is taken;
 *   - |transaction| from an accepted MAIL until its MESSAGE is answered or its
 *     RESET is owed;
 *   - from a 220 to STARTTLS until the handshake is complete no clear text is
 *     written or read (shako__can_speak(); phases STARTTLS and HANDSHAKE);
 *   - a step starts with room for one reply in the output, so that what it
 *     says cannot fail;
 *   - after CLOSED is delivered (phase CLOSED) nothing changes any more.
 */
typedef enum shako__phase {
  SHAKO__PHASE_START,     /* nothing is said or asked yet */
  SHAKO__PHASE_PROXY,     /* before it: a proxy's header is to come */
  SHAKO__PHASE_READY,     /* greeted, or just inside TLS: no EHLO or HELO */
  SHAKO__PHASE_HELO,      /* after HELO, no transaction */
  SHAKO__PHASE_EHLO,      /* after EHLO, no transaction */
  SHAKO__PHASE_MAIL,      /* MAIL is accepted */
  SHAKO__PHASE_RCPT,      /* ... and a RCPT */
  SHAKO__PHASE_BODY,      /* ... and DATA: the message follows */
  SHAKO__PHASE_CHUNK,     /* ... or BDAT: its octets follow */
  SHAKO__PHASE_CHUNKS,    /* they are past; there is more of the message */
  SHAKO__PHASE_VERDICTS,  /* LMTP: the message is past, replies are owed */
  SHAKO__PHASE_AUTH,      /* AUTH: a response is expected */
  SHAKO__PHASE_STARTTLS,  /* the 220 is in the output */
  SHAKO__PHASE_HANDSHAKE, /* it is sent */
  SHAKO__PHASE_ENDING,    /* nothing more is read; the output drains */
  SHAKO__PHASE_CLOSED     /* CLOSED is delivered */
} shako__phase;

/* An answer as the session keeps it. */
typedef enum shako__answer {
  SHAKO__ANSWER_NONE,
  SHAKO__ANSWER_YES,
  SHAKO__ANSWER_NO,
  SHAKO__ANSWER_END,  /* 421 */
  SHAKO__ANSWER_EARLY /* a yes, but the peer did not wait for it */
} shako__answer;

/* A reply that waits until the octets of a BDAT are past. */
typedef struct shako__put_off {
  size_t size; /* of this object */
  int code;
  bool has_enhanced;
  char enhanced[12];
  char text[];
} shako__put_off;

/* What few sessions need, made when one first does, and kept. */
typedef struct shako__extra {
  bool counted;                               /* |refused| holds all refusals */
  uint32_t refused[SHAKO__REFUSAL_COUNT + 1]; /* by reason (record.h) */
  shako_params params;                        /* the event's */
  uint8_t *rewritten;      /* a path that is not as the peer gave it; NULL */
  shako__put_off *put_off; /* NULL: none */
  shako__auth *auth;       /* AUTH is under way (auth.h); NULL */
  uint32_t auth_failures;  /* failed AUTH, of |refusals| */
  uint8_t *identity;       /* as whom the peer is authenticated ... */
  size_t identity_len;     /* ... 0: it is not */
} shako__extra;

struct shako_session {
  shako_listener *listener;
  void *user_data;
  shako__input input;
  shako__output output;
  shako__conn *conn;          /* NULL while there is no TLS */
  const shako_policy *policy; /* that of the table's rule; NULL: not decided */
  shako__extra *extra;        /* NULL: not needed so far */
  shako__body body;
  bool transaction : 1;
  bool chunked : 1;       /* its message comes by BDAT ... */
  bool chunk_last : 1;    /* ... whose LAST is said */
  bool message_taken : 1; /* for one recipient at least */
  bool asking : 1;
  bool counted : 1;        /* among the connections of its network */
  bool handshaking : 1;    /* ... and among the handshakes under way */
  bool hello_extended : 1; /* the last HELLO was EHLO */
  bool turned_away : 1;    /* greeted with 554 */
  bool tls_asked : 1;      /* a STARTTLS line was taken */
  bool secure : 1;         /* inside TLS, ours or the application's */
  bool switching : 1;      /* a STARTTLS line is taken and not yet answered */
  bool skipping : 1;   /* an over-long line: up to its CRLF all is dropped */
  bool skip_close : 1; /* after the refusal of |skipping|: close */
  bool eof : 1;        /* the peer's stream has ended */
  bool lost : 1;
  bool stopping : 1; /* shutdown() */
  bool owed_violation : 1;
  bool owed_tls : 1;
  bool refused_close : 1; /* the VIOLATION's */
  bool proxied : 1;       /* |peer| is as a proxy announced it */
  bool seen : 1;          /* OBSERVED is delivered for the line in hand */
  uint8_t refused;        /* the VIOLATION's shako__refusal */
  uint8_t skipped;        /* ... and that said after |skipping| or |swallow| */
  uint8_t home;           /* READY, HELO or EHLO: the shako__phase that a
                             transaction returns to; START: before the greeting */
  shako__phase phase : 8;
  shako_event_type asked : 8;
  shako__answer answer : 8;
  uint8_t mail_flags; /* SHAKO_MAIL_*, of the transaction or the MAIL asked */
  uint16_t unwaited;  /* commands behind which the peer did not wait */
  int error;
  uint32_t recipients;     /* of the transaction */
  uint32_t chunks;         /* ... BDAT commands */
  uint32_t verdicts;       /* phase VERDICTS: replies still owed, as behind
                              |swallow| */
  uint32_t refused_octets; /* the VIOLATION's */
  uint32_t commands;
  uint32_t transactions;
  uint32_t messages;
  uint32_t messages_tls;
  uint32_t all_recipients;
  uint32_t refusals;
  uint32_t observed;
  uint32_t rule; /* of the table; SHAKO__NO_RULE: the listener's policy */
  uint64_t message_size;
  uint64_t swallow;      /* octets of a refused BDAT still to be dropped; of one
                            in phase CHUNK still to come */
  shako_time data_began; /* when the message was let come, as the next */
  const char *how;       /* of CLOSED */

  /* the record; |commands| to |observed| are in it too */
  uint64_t octets_received;
  uint64_t octets_sent;
  uint64_t octets_messages;

  /* events */
  shako_event event; /* type 0: none */
  const char *owed_reset;

  /* the question */
  shako_question question; /* the last one; open while |asking| */

  /* time */
  shako_time now;
  shako_time born;
  shako_time waited; /* for answers, all questions together */
  shako_time active; /* when the peer last got on, or the question was asked;
                        without the time in which nobody waited for the peer */

  shako_peer peer; /* its name is the session's */
};

/* session.c */

/* Whether poll() would do or return something (but for time). */
bool shako__ready(const shako_session *session);

/* Whether the session is to end: lost, stopping, or a fatal error. */
bool shako__must_end(const shako_session *session);

/* The fields' meaning, in one place. */
const shako_policy *shako__policy(const shako_session *session);
const char *shako__hostname(const shako_session *session);
shako_hat_match shako__match(const shako_session *session);
const shako_mem *shako__mem(const shako_session *session);
shako_facts shako__facts(const shako_session *session);

/* Whether a 220 to STARTTLS is in the output or behind, or the port is always
   TLS, and there is no TLS yet. */
bool shako__is_handshaking(const shako_session *session);

/* Whether the library may say something in the clear or inside TLS. */
bool shako__can_speak(const shako_session *session);

/* Makes an event that is no question the one that poll() returns. */
void shako__emit(shako_session *session, shako_event_type type);

/* Notes a fatal |error|; the next step ends the session. */
void shako__fail(shako_session *session, int error);

/* Takes over what |facts| says of the peer that a table may need; the rest of
   it is not to be had.  Returns as shako_session_inform(). */
int shako__learn(shako_session *session, const shako_peer *facts);

/* Makes |*peer|, which has no name, the session's. */
void shako__replace_peer(shako_session *session, const shako_peer *peer);

/* proxies.c: before all else, where the peer is a proxy */

/* Whether shako__proxy_step() would do something. */
bool shako__proxy_ready(const shako_session *session);

/* Reads the header, or ends the session where it will be none. */
void shako__proxy_step(shako_session *session);

/* start.c: before the greeting */

/* The first step, and once more inside TLS where that comes first: the policy,
   whether there is room for one more connection, then CONNECT or TLS. */
void shako__start_step(shako_session *session);

/* Counts the connection no more, nor its handshake. */
void shako__depart(shako_session *session);

/* Whether the session may begin a handshake, which is then counted, with
   |*refusal| for why it may not. */
bool shako__handshake_admit(shako_session *session, shako__refusal *refusal);

/* Counts the handshake no more where it is over, whichever way it went. */
void shako__handshake_settle(shako_session *session);

/* Whether octets are in hand that came before the reply that they should have
   waited for, and the policy minds. */
bool shako__is_early(const shako_session *session);

/* extra.c */

/* Returns |session|'s extra, which is made if need be, or NULL without memory,
   which ends no session by itself. */
shako__extra *shako__need_extra(shako_session *session);
void shako__extra_free(shako_session *session);

/* reading.c */

/* Whether the text in hand, or the want of more, is worth a step. */
bool shako__reading_ready(const shako_session *session);

/* Reads one thing, or gets more. */
void shako__reading_step(shako_session *session);

/* record.c: what shako_session_record() tells */

/* Counts a refusal for |reason| (record.h). */
void shako__record_refusal(shako_session *session, uint32_t reason);
void shako__record_message(shako_session *session);

/* Says that the handshake has begun at |since|, unless that is known, and that
   it is complete or has failed. */
void shako__record_handshake(shako_session *session, shako_time since);
void shako__record_handshake_end(shako_session *session);

/* commands.c */

/* Delivers OBSERVED where |line|, which is then to be offered again, is served
   by a policy that is only observed.  Returns whether it does. */
bool shako__command_observe(shako_session *session, shako_span line);

/* Judges and acts on a command line without its CRLF: gate, then phase, then
   syntax.  |too_long|: it is only the first SHAKO__LINE_MAX octets of one. */
void shako__command_take(shako_session *session, shako_span line,
                         bool too_long);

/* Refuses: counts, says, owes the VIOLATION, and ends the session where
   |verdict| or |close| says so or the errors are too many. */
void shako__refuse(shako_session *session, const shako_verdict *verdict,
                   bool close);

/* Ends the session where there are too many errors of the peer by now, or too
   many failed AUTH, which are no errors. */
void shako__count_error(shako_session *session);

/* transaction.c: what each command does once gate, phase and syntax are past */
void shako__reset(shako_session *session, const char *reason);

/* Writes the lines of a 250 to EHLO or HELO to |text|: the host's name and
   |greeting| (NULL for none), then the keywords (EHLO). */
#define SHAKO__HELLO_EXTRA 2560 /* beyond |greeting| */
void shako__hello_text(const shako_session *session, const char *greeting,
                       char *text);
void shako__body_step(shako_session *session);
void shako__verdicts_step(shako_session *session);
void shako__answered_hello(shako_session *session, bool yes);
void shako__answered_mail(shako_session *session, bool yes);
void shako__answered_rcpt(shako_session *session, bool yes);
void shako__answered_data(shako_session *session, bool yes);
void shako__answered_message(shako_session *session, bool yes);

/* The end of the message was seen. */
void shako__message_finish(shako_session *session);

/* chunking.c: BDAT (RFC 3030) */

/* Puts |refusal| off until the octets that BDAT announced are swallowed, for
   they are in the stream whatever the answer is (RFC 3030 2).  Returns false
   where nobody knows how many they are. */
bool shako__chunk_refuse(shako_session *session, const shako_verdict *refusal,
                         shako_span argument);

/* Likewise the application's no to DATA, in its words.  Returns false without
   memory: the session is over. */
bool shako__chunk_put_off(shako_session *session, int code,
                          const char *enhanced, const char *text);

/* Says what was put off; where there is no room for it the session is over.
   Returns false where nothing was. */
bool shako__put_off_say(shako_session *session);
void shako__put_off_free(shako_session *session);
void shako__answered_chunk(shako_session *session, bool yes);
void shako__chunk_step(shako_session *session);
void shako__swallow_step(shako_session *session, shako_span text);

/* rewrite.c: what the listener makes of paths.  The new one lives until the
   next poll. */

/* Reads a path without a domain, as one of the default domain, where there is
   one; |path->mailbox| is without it until the path is settled. */
bool shako__path_complete(const shako_session *session, shako_span *text,
                          shako__path *path);

/* Gives |path| the default domain or that which the domain map has for a
   recipient's own.  Where there is no memory for it the session is over. */
void shako__path_settle(shako_session *session, shako__path *path,
                        bool is_recipient);
void shako__rewrite_free(shako_session *session);

/* starttls.c */
void shako__starttls_take(shako_session *session);
void shako__answered_certificate(shako_session *session, bool yes);
void shako__answered_starttls(shako_session *session, bool yes);
void shako__answered_handshake(shako_session *session, bool yes);

/* Whether shako__handshake_step() would do something. */
bool shako__handshake_ready(const shako_session *session);
void shako__handshake_step(shako_session *session);

/* hello.c */

/* Whether the ClientHello on the wire is whole, or no more will be known of it.
 */
bool shako__hello_ready(const shako_session *session);

/* Asks the provider for certificates with the ClientHello.  Returns false where
   there is no memory for that: the session is over. */
bool shako__hello_choose(shako_session *session, shako_provider_status *status);

/* question.c */
void shako__ask(shako_session *session, shako_event_type type);

/* Whether |question| is the one that is open. */
bool shako__is_asking(const shako_session *session, shako_question question);
void shako__apply_answer(shako_session *session);

/* Returns 0 where |question| is open and can be answered, or
     SHAKO_ERR_STALE_QUESTION
     SHAKO_ERR_INVALID_STATE   HANDSHAKE has an answer of its own
     the error that ends the session */
int shako__question_check(const shako_session *session,
                          shako_question question);

/* Puts a reply (|code| 0: none) into the output and notes |answer|, upon which
   poll() acts.  Returns 0, or the error that ends the session. */
int shako__reply(shako_session *session, shako__answer answer, int code,
                 const char *enhanced, const char *text);

/* Notes |answer| to the open question, whose secrets are wiped. */
void shako__question_close(shako_session *session, shako__answer answer);

/* ending.c */

/* Ends the session: says |words| (NULL: nothing) where it can, and then no
   more is read.  |how| is CLOSED's. */
void shako__end(shako_session *session, const shako_verdict *words,
                const char *how);

/* Sets the clock to |now|.  For how long an event or octets in hand lay with
   the application the peer is not to blame. */
void shako__pass_time(shako_session *session, shako_time now);

/* Whether a limit of time is reached. */
bool shako__is_late(const shako_session *session);

/* Ends the session for that. */
void shako__expire(shako_session *session);
void shako__close_step(shako_session *session);

/* output.c */

/* Room that says enough for |text| wherever it is said. */
size_t shako__say_room(const char *enhanced, const char *text);

/* Says |text| with |code|; room was reserved.  What is said first is the
   greeting: it begins with the host's name and has no enhanced code (RFC 5321
   4.2, RFC 2034 3). */
void shako__say(shako_session *session, int code, const char *enhanced,
                const char *text);

#endif /* SHAKO_SERVER_SESSION_H */
