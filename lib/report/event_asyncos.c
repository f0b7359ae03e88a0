#include "report/log.h"

#include "base/ascii.h"
#include "policy/policy.h"
#include "tls/offer.h"

/* What was told of a connection. */
#define TOLD_PEER 1
#define TOLD_TLS  2

/* Adds one word: what would end it is escaped too. */
static void put_word(shako__text *text, shako_span word) {
  size_t i;

  for (i = 0; i < word.len; i++) {
    switch (word.ptr[i]) {
    case ' ':
      shako__text_put(text, "\\x20");
      break;
    case '<':
      shako__text_put(text, "\\x3c");
      break;
    case '>':
      shako__text_put(text, "\\x3e");
      break;
    default:
      shako__text_put_escaped(text, shako__slice(word, i, i + 1));
    }
  }
}

/* Adds a word that the operator chose, behind |before|. */
static void put_name(shako__text *text, const char *before, const char *name) {
  shako__text_put(text, before);
  put_word(text, shako__span(name ? name : "None"));
}

static void put_address(shako__text *text, const char *before,
                        const shako_address *address) {
  char words[SHAKO_ADDRESS_TEXT_SIZE];

  shako_address_format(address, words);
  shako__text_put(text, before);
  shako__text_put(text, words);
}

static void put_count(shako__text *text, const char *before, uint64_t count) {
  shako__text_put(text, before);
  shako__text_put_number(text, count);
}

static void put_new(shako__text *text, const shako_record *record,
                    uint64_t icid) {
  const shako_peer *peer = record->peer;
  bool verified = peer->name_state == SHAKO_NAME_VERIFIED;

  put_count(text, "New SMTP ICID ", icid);
  put_name(text, " interface ", record->listener);
  put_address(text, " (", &peer->local_address);
  put_address(text, ") address ", &peer->address);
  shako__text_put(text, " reverse dns host ");
  put_word(text, verified ? peer->name : shako__span("unknown"));
  shako__text_put(text, verified ? " verified yes\n" : " verified no\n");
}

/* In tenths, and told with one decimal. */
static void put_score(shako__text *text, const shako_peer *peer) {
  unsigned size = (unsigned)(peer->score < 0 ? -peer->score : peer->score);

  if (peer->score_state != SHAKO_SCORE_KNOWN) {
    shako__text_put(text, " SBRS None\n");
    return;
  }
  put_count(text, peer->score < 0 ? " SBRS -" : " SBRS ", size / 10);
  put_count(text, ".", size % 10);
  shako__text_put(text, "\n");
}

static void put_access(shako__text *text, const shako_record *record,
                       uint64_t icid) {
  put_count(text, "ICID ", icid);
  shako__text_put(text, " ");
  shako__text_put(text, shako__access_name(record->match.policy->access));
  put_name(text, " SG ", record->match.group);
  put_name(text, " match ", record->match.rule);
  put_score(text, record->peer);
}

static void put_success(shako__text *text, const shako_tls_info *tls) {
  put_name(text, " TLS success protocol ",
           shako_tls_version_name(tls->version));
  put_name(text, " cipher ", tls->cipher);
}

static void put_failure(shako__text *text, const shako_record *record) {
  const shako_tls_info *tls = record->tls;

  put_name(text, " TLS failed: ", shako__log_failure(record));
  if (tls && tls->alert >= 0) {
    put_count(text, " alert ", (uint64_t)tls->alert);
  }
  if (tls && tls->offer) {
    shako__text_put(text, " offered ");
    shako__offer_put(text, tls->offer);
  } else if (tls && tls->offered_version != 0) {
    put_name(text, " offered ", shako_tls_version_name(tls->offered_version));
  }
}

/* What became of TLS: never a missing line. */
static void put_tls(shako__text *text, const shako_record *record,
                    uint64_t icid) {
  put_count(text, "ICID ", icid);
  switch (shako_record_outcome(record)) {
  case SHAKO_TLS_OUTCOME_REQUIRED_OK:
  case SHAKO_TLS_OUTCOME_PREFERRED_OK:
    put_success(text, record->tls);
    break;
  case SHAKO_TLS_OUTCOME_REQUIRED_FAILED:
  case SHAKO_TLS_OUTCOME_PREFERRED_FAILED:
    put_failure(text, record);
    break;
  case SHAKO_TLS_OUTCOME_REQUIRED_MISSING:
    shako__text_put(text,
                    " TLS was required but remote host did not initiate it");
    break;
  case SHAKO_TLS_OUTCOME_NONE:
  case SHAKO_TLS_OUTCOME_OFF:
  case SHAKO_TLS_OUTCOME_CLEAR:
  case SHAKO_TLS_OUTCOME_COUNT:
    shako__text_put(text, " TLS none");
    break;
  }
  shako__text_put(text, "\n");
}

static void put_refused(shako__text *text, const shako_record *record) {
  const char *before = " refused ";
  uint32_t i;

  if (!record->refused) {
    put_name(text, before, record->refusals > 0 ? "unknown" : "none");
    return;
  }
  for (i = 0; i < shako_reason_count(); i++) {
    if (record->refused[i] > 0) {
      put_name(text, before, shako_reason_text(i));
      put_count(text, ":", record->refused[i]);
      before = ",";
    }
  }
}

static void put_close(shako__text *text, const shako_record *record,
                      uint64_t icid) {
  put_count(text, "ICID ", icid);
  put_name(text, " close ", record->how);
  put_count(text, " messages ", record->messages);
  put_count(text, " encrypted ", record->messages_tls);
  put_refused(text, record);
  put_count(text, " observed ", record->observed);
  shako__text_put(text, "\n");
}

static void put_path(shako__text *text, const char *before, shako_span path) {
  shako__text_put(text, before);
  shako__text_put(text, "<");
  put_word(text, path);
  shako__text_put(text, ">\n");
}

/* Who it is, and what the table makes of him. */
static void put_peer(shako__text *text, const shako_record *record,
                     shako_asyncos *log) {
  if (!(log->told & TOLD_PEER)) {
    put_new(text, record, log->icid);
    put_access(text, record, log->icid);
    log->told |= TOLD_PEER;
  }
}

static void put_tls_once(shako__text *text, const shako_record *record,
                         shako_asyncos *log) {
  if (!(log->told & TOLD_TLS)) {
    put_tls(text, record, log->icid);
    log->told |= TOLD_TLS;
  }
}

static void put_mail(shako__text *text, const shako_event *event,
                     shako_asyncos *log) {
  log->recipients = 0;
  put_count(text, "Start MID ", log->mid);
  put_count(text, " ICID ", log->icid);
  put_count(text, "\nMID ", log->mid);
  put_count(text, " ICID ", log->icid);
  put_path(text, " From: ", event->u.mail.path);
}

static void put_rcpt(shako__text *text, const shako_event *event,
                     shako_asyncos *log) {
  put_count(text, "MID ", log->mid);
  put_count(text, " ICID ", log->icid);
  put_count(text, " RID ", log->recipients++);
  put_path(text, " To: ", event->u.rcpt.path);
}

static void put_message(shako__text *text, const shako_event *event,
                        const shako_asyncos *log) {
  put_count(text, "MID ", log->mid);
  put_count(text, " ready ", event->u.message.size);
  put_path(text, " bytes from ", log->from);
}

static void put_reset(shako__text *text, const shako_event *event,
                      const shako_asyncos *log) {
  put_count(text, "Message aborted MID ", log->mid);
  put_name(text, " Receiving aborted: ", event->u.reset.reason);
  shako__text_put(text, "\n");
}

static void put_event(shako__text *text, const shako_event *event,
                      const shako_record *record, shako_asyncos *log) {
  switch (event->type) {
  case SHAKO_EVENT_TLS:
    put_tls_once(text, record, log);
    break;
  case SHAKO_EVENT_MAIL:
    put_mail(text, event, log);
    break;
  case SHAKO_EVENT_RCPT:
    put_rcpt(text, event, log);
    break;
  case SHAKO_EVENT_MESSAGE:
    put_message(text, event, log);
    break;
  case SHAKO_EVENT_RESET:
    put_reset(text, event, log);
    break;
  case SHAKO_EVENT_CLOSED:
    put_tls_once(text, record, log);
    put_close(text, record, log->icid);
    break;
  case SHAKO_EVENT_AUTH:
  case SHAKO_EVENT_COMMAND:
  case SHAKO_EVENT_LOOKUP:
  case SHAKO_EVENT_CONNECT:
  case SHAKO_EVENT_HELLO:
  case SHAKO_EVENT_STARTTLS:
  case SHAKO_EVENT_HANDSHAKE:
  case SHAKO_EVENT_CERTIFICATE:
  case SHAKO_EVENT_DATA:
  case SHAKO_EVENT_BODY:
  case SHAKO_EVENT_VIOLATION:
  case SHAKO_EVENT_OBSERVED:
    break;
  }
}

size_t shako_event_asyncos(const shako_event *event, const shako_record *given,
                           shako_asyncos *log, char *buf, size_t size) {
  shako_asyncos next = *log;
  shako_record record;
  shako_tls_info tls;
  shako__text text;

  shako__log_record(&record, &tls, given);
  shako__text_init(&text, buf, size);
  if (event->type != SHAKO_EVENT_LOOKUP) {
    put_peer(&text, &record, &next);
    put_event(&text, event, &record, &next);
  }
  if (text.len < size) {
    *log = next;
  }
  return text.len;
}
