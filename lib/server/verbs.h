#ifndef SHAKO_SERVER_VERBS_H
#define SHAKO_SERVER_VERBS_H

#include <stdbool.h>

#include "server/session.h"

/* In which phases a command has its place; one bit a phase. */
#define SHAKO__IN(PHASE)  (1u << SHAKO__PHASE_##PHASE)
#define SHAKO__IN_GREETED (SHAKO__IN(HELO) | SHAKO__IN(EHLO))
#define SHAKO__IN_MAIL    (SHAKO__IN(MAIL) | SHAKO__IN(RCPT))
#define SHAKO__ANYWHERE   (SHAKO__IN(READY) | SHAKO__IN_GREETED | SHAKO__IN_MAIL)

/* ... and only in the clear. */
#define SHAKO__IN_CLEAR (1u << 31)

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

/* The table's functions (commands.c). */
const shako_verdict *shako__parse_unknown(shako_session *, shako_span);
const shako_verdict *shako__parse_unavailable(shako_session *, shako_span);
const shako_verdict *shako__parse_none(shako_session *, shako_span);
const shako_verdict *shako__parse_any(shako_session *, shako_span);
const shako_verdict *shako__parse_some(shako_session *, shako_span);
const shako_verdict *shako__parse_helo(shako_session *, shako_span);
const shako_verdict *shako__parse_ehlo(shako_session *, shako_span);
const shako_verdict *shako__parse_mail(shako_session *, shako_span);
const shako_verdict *shako__parse_rcpt(shako_session *, shako_span);
const shako_verdict *shako__parse_bdat(shako_session *, shako_span);
void shako__act_rset(shako_session *);
void shako__act_noop(shako_session *);
void shako__act_verify(shako_session *);
void shako__act_help(shako_session *);
void shako__act_quit(shako_session *);

#endif /* SHAKO_SERVER_VERBS_H */
