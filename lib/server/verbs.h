#ifndef SHAKO_SERVER_VERBS_H
#define SHAKO_SERVER_VERBS_H

#include <stdbool.h>

#include "server/session.h"

/* In which phases a command has its place; one bit a phase. */
#define SHAKO__IN(PHASE)  (1u << SHAKO__PHASE_##PHASE)
#define SHAKO__IN_GREETED (SHAKO__IN(HELO) | SHAKO__IN(EHLO))
#define SHAKO__IN_MAIL    (SHAKO__IN(MAIL) | SHAKO__IN(RCPT))
#define SHAKO__ANYWHERE                                                        \
  (SHAKO__IN(READY) | SHAKO__IN_GREETED | SHAKO__IN_MAIL | SHAKO__IN(CHUNKS))

/* ... and only in the clear, on a listener for SMTP, on one for LMTP, while
   nobody is authenticated.  LAST: a peer that sends more behind it, before it
   knows the answer, does what RFC 2920 3.1 forbids. */
#define SHAKO__IN_CLEAR     (1u << 31)
#define SHAKO__IN_SMTP      (1u << 30)
#define SHAKO__IN_LMTP      (1u << 29)
#define SHAKO__IN_ANONYMOUS (1u << 28)
#define SHAKO__IN_LAST      (1u << 27)

/* A row of the verb table. */
typedef struct shako__verb_row {
  char name[9];
  shako_verb verb;
  uint32_t phases;
  /* Judges the syntax of |argument| and stores what it says in the session's
     event.  Returns NULL or the refusal. */
  const shako_verdict *(*parse)(shako_session *session, shako_span argument);
  shako_event_type ask; /* what is asked then; 0: |act| */
  void (*act)(shako_session *session);
} shako__verb_row;

/* Returns the row of |verb| in any case; that of UNKNOWN where there is
   none.  Never NULL. */
const shako__verb_row *shako__verb_find(shako_span verb);

/* Whether the application may answer |verb| itself: SHAKO_EVENT_COMMAND. */
bool shako__verb_may_be_asked(shako_verb verb);

/* Whether EHLO offered SMTPUTF8. */
bool shako__has_utf8(const shako_session *session);

/* The table's functions (commands.c; of MAIL, RCPT and DATA envelope.c, of BDAT
   chunking.c, of AUTH auth.c). */
const shako_verdict *shako__parse_unknown(shako_session *, shako_span);
const shako_verdict *shako__parse_none(shako_session *, shako_span);
const shako_verdict *shako__parse_any(shako_session *, shako_span);
const shako_verdict *shako__parse_some(shako_session *, shako_span);
const shako_verdict *shako__parse_helo(shako_session *, shako_span);
const shako_verdict *shako__parse_ehlo(shako_session *, shako_span);
const shako_verdict *shako__parse_mail(shako_session *, shako_span);
const shako_verdict *shako__parse_rcpt(shako_session *, shako_span);
const shako_verdict *shako__parse_data(shako_session *, shako_span);
const shako_verdict *shako__parse_auth(shako_session *, shako_span);
const shako_verdict *shako__parse_bdat(shako_session *, shako_span);
void shako__act_auth(shako_session *);
void shako__act_bdat(shako_session *);
void shako__act_rset(shako_session *);
void shako__act_noop(shako_session *);
void shako__act_verify(shako_session *);
void shako__act_help(shako_session *);
void shako__act_quit(shako_session *);

/* RFC 5321 7.3: where VRFY and EXPN are not served, 252 and nothing else. */
#define SHAKO__CANNOT_VERIFY "Cannot verify, but will take mail for it"
const char *shako__help_text(const shako_session *session);

#endif /* SHAKO_SERVER_VERBS_H */
