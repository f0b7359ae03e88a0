#include "event_text.h"
#include "transcript_run.h"

#include <string.h>

#define CALLS_MAX 3000000ul

/* What poll() may change, as far as it can be seen. */
typedef struct view {
  unsigned want;
  shako_time expiry;
  size_t output;
} view;

unsigned run_want(const run *r) {
  return shako_session_want(r->session);
}

bool run_is_due(const run *r) {
  return (run_want(r) & SHAKO_WANT_POLL) != 0 ||
         (!r->closed && r->now >= shako_session_expiry(r->session));
}

/* Looks at output where that disturbs nothing: sealing replies one by one
   belongs to the variant that acks by octet. */
static view look_around(run *r) {
  view seen;
  if (r->variant->acks == RUN_ACKS_OCTET || r->lent) {
    run_look(r);
  }
  seen.want = run_want(r);
  seen.expiry = shako_session_expiry(r->session);
  seen.output = r->wire.len;
  return seen;
}

static bool is_same(const view *a, const view *b) {
  return a->want == b->want && a->expiry == b->expiry && a->output == b->output;
}

/* Checks. */

/* The event that was polled last must not have changed. */
static void check_event(run *r) {
  octets text = {0};
  octets extras = {0};
  if (r->live == NULL) {
    return;
  }
  event_text(&text, &extras, r->live, r->session);
  bool same = strcmp(octets_text(&text), octets_text(&r->live_text)) == 0 &&
              strcmp(octets_text(&extras), octets_text(&r->live_extras)) == 0;
  octets_free(&text);
  octets_free(&extras);
  if (!same) {
    run_fail(r, "an event changed while it lived: %s",
             octets_text(&r->live_text));
  }
}

static void check_want(run *r) {
  unsigned want = run_want(r);
  if ((want & SHAKO_WANT_CLOSE) && (want & SHAKO_WANT_SEND)) {
    run_fail(r, "SEND together with CLOSE");
  }
  if (r->planned && !(want & SHAKO_WANT_ANSWER)) {
    run_fail(r, "a question is open, and want() has no ANSWER");
  }
  if (!r->planned && !r->left_open && (want & SHAKO_WANT_ANSWER)) {
    run_fail(r, "no question is open, and want() has ANSWER");
  }
  if (r->closed && r->acked == r->wire.len && !(want & SHAKO_WANT_SEND) &&
      want != SHAKO_WANT_CLOSE) {
    run_fail(r, "after CLOSED want() is 0x%x and not CLOSE alone", want);
  }
}

/* There is room exactly where want() has RECV. */
static void check_room(run *r) {
  size_t len = 0;
  if (r->loan != NULL) {
    uint8_t *again = shako_session_recv_buf(r->session, &len);
    if (again != r->loan || len != r->loan_len) {
      run_fail(r, "recv_buf() gave another loan than the open one");
    }
    return;
  }
  unsigned want = run_want(r);
  uint8_t *room = shako_session_recv_buf(r->session, &len);
  if (r->switching && room != NULL) {
    run_fail(r, "room for input before the 220 to STARTTLS was acked");
  }
  if ((room != NULL) != ((want & SHAKO_WANT_RECV) != 0)) {
    run_fail(r, "want() is 0x%x, and recv_buf() gives %s", want,
             room != NULL ? "room" : "none");
  }
  if (room == NULL) {
    return;
  }
  if (len == 0) {
    run_fail(r, "a loan of no octets");
  }
  if (shako_session_recv_ack(r->session, 0) != 0 || run_want(r) != want) {
    run_fail(r, "a loan given back unused changed something");
  }
}

/* Where want() has no POLL, poll() must do nothing. */
static void check_idle(run *r) {
  if (run_is_due(r)) {
    return;
  }
  view before = look_around(r);
  r->live = NULL;
  const shako_event *event = shako_session_poll(r->session, r->now);
  view after = look_around(r);
  if (event != NULL || !is_same(&before, &after)) {
    run_fail(r,
             "poll() did something without POLL: want 0x%x to 0x%x, %zu "
             "octets lent to %zu%s",
             before.want, after.want, before.output, after.output,
             event != NULL                   ? ", and an event"
             : before.expiry != after.expiry ? ", another expiry"
                                             : "");
  }
}

void run_check(run *r) {
  if (++r->calls > CALLS_MAX) {
    run_fail(r, "this does not end");
  }
  check_event(r);
  check_want(r);
  check_room(r);
  if (r->lent) {
    run_look(r);
  }
  /* A withheld question's event lives on while input comes. */
  if (!(r->planned && r->variant->withheld && r->live != NULL)) {
    check_idle(r);
  }
}

/* Events. */

static void check_transaction(run *r, const shako_event *event) {
  switch (event->type) {
  case SHAKO_EVENT_LOOKUP:
  case SHAKO_EVENT_CONNECT:
  case SHAKO_EVENT_STARTTLS:
  case SHAKO_EVENT_HANDSHAKE:
  case SHAKO_EVENT_CERTIFICATE:
  case SHAKO_EVENT_AUTH:
  case SHAKO_EVENT_MAIL:
  case SHAKO_EVENT_CLOSED:
    if (r->in_transaction) {
      run_fail(r, "%s, and the transaction has not ended",
               octets_text(&r->live_text));
    }
    break;
  case SHAKO_EVENT_RCPT:
  case SHAKO_EVENT_DATA:
  case SHAKO_EVENT_RESET:
    if (!r->in_transaction) {
      run_fail(r, "%s outside a transaction", octets_text(&r->live_text));
    }
    break;
  case SHAKO_EVENT_BODY:
  case SHAKO_EVENT_MESSAGE:
    if (!r->in_data) {
      run_fail(r, "%s without an accepted DATA", octets_text(&r->live_text));
    }
    break;
  case SHAKO_EVENT_HELLO: /* RESET comes once it is accepted */
  case SHAKO_EVENT_TLS:
  case SHAKO_EVENT_COMMAND:
  case SHAKO_EVENT_VIOLATION:
  case SHAKO_EVENT_OBSERVED:
    break;
  }
}

static void follow_event(run *r, const shako_event *event) {
  check_transaction(r, event);
  if (r->script->head.policy.tls == SHAKO_TLS_SETTING_REQUIRED &&
      !r->script->head.policy.tls_observed && r->script->head.hat.len == 0 &&
      (event->type == SHAKO_EVENT_MAIL || event->type == SHAKO_EVENT_RCPT) &&
      !r->secure) {
    run_fail(r, "under Required, and without TLS");
  }
  if (event->type == SHAKO_EVENT_TLS) {
    r->secure = true;
  } else if (event->type == SHAKO_EVENT_STARTTLS) {
    r->switching = true;
    r->said_220 = false;
  } else if (event->type == SHAKO_EVENT_BODY) {
    r->body_size += event->u.body.len;
  } else if (event->type == SHAKO_EVENT_MESSAGE &&
             event->u.message.size != r->body_size) {
    run_fail(r, "MESSAGE of another size than its BODY events: %llu",
             (unsigned long long)r->body_size);
  } else if (event->type == SHAKO_EVENT_RESET) {
    r->in_transaction = r->in_data = false;
  } else if (event->type == SHAKO_EVENT_CLOSED) {
    shako_record record;
    shako_session_record(r->session, &record);
    if (record.messages != r->messages) {
      run_fail(r, "the record counts %u messages and not %u", record.messages,
               r->messages);
    }
    r->closed = true;
  }
}

static void take_question(run *r, const shako_event *event) {
  if (event->question == r->question) {
    run_fail(r, "a question's name was used again");
  }
  if (r->planned) {
    run_fail(r, "a second question, and the first has no answer");
  }
  r->question = event->question;
  r->asked = event->type;
  r->left_open = r->answer.kind == TRANSCRIPT_ANSWER_NONE;
  r->planned = !r->left_open;
}

static void take_event(run *r, const shako_event *event) {
  octets_clear(&r->live_text);
  octets_clear(&r->live_extras);
  event_text(&r->live_text, &r->live_extras, event, r->session);
  r->live = event;
  if (r->closed) {
    run_fail(r, "an event after CLOSED: %s", octets_text(&r->live_text));
  }
  const char *wrong = event_contradiction(event);
  if (wrong != NULL) {
    run_fail(r, "%s: %s", wrong, octets_text(&r->live_text));
  }
  follow_event(r, event);
  memset(&r->answer, 0, sizeof(r->answer));
  run_match_event(r, event);
  if (event->question != 0) {
    take_question(r, event);
  }
}

void run_poll(run *r) {
  view before = look_around(r);
  bool by_want = (before.want & SHAKO_WANT_POLL) != 0;
  r->live = NULL;
  const shako_event *event = shako_session_poll(r->session, r->now);
  if (event != NULL) {
    take_event(r, event);
  } else {
    view after = look_around(r);
    if (is_same(&before, &after)) {
      run_fail(r, "poll() did nothing, and %s",
               by_want ? "want() has POLL" : "it was called at expiry()");
    }
  }
  run_check(r);
}

/* Answers. */

static int answer_handshake(run *r, const transcript_answer *answer) {
  shako_tls_info info = {.struct_size = sizeof(info), .alert = -1};
  info.failure = answer->failure;
  if (answer->failure == SHAKO_TLS_FAILURE_NONE) {
    info.version = answer->version != 0 ? answer->version : 0x0304;
    info.cipher =
        answer->text != NULL ? answer->text : fake_cipher(info.version);
  }
  run_give_back(r);
  return shako_session_tls_external(r->session, r->question, &info);
}

static int authenticate(run *r, const char *name) {
  shako_span identity = {(const uint8_t *)name, strlen(name)};
  return shako_session_authenticate(r->session, r->question, identity);
}

static int give_answer(run *r, const transcript_answer *answer) {
  if (r->asked == SHAKO_EVENT_HANDSHAKE &&
      answer->kind != TRANSCRIPT_ANSWER_REPLY) {
    return answer_handshake(r, answer);
  }
  if (answer->kind == TRANSCRIPT_ANSWER_INFORM) {
    return shako_session_inform(r->session, r->question, &answer->facts);
  }
  if (answer->kind == TRANSCRIPT_ANSWER_CHALLENGE) {
    return shako_session_challenge(r->session, r->question, answer->data.ptr,
                                   answer->data.len);
  }
  if (answer->kind == TRANSCRIPT_ANSWER_AUTHENTICATE) {
    return authenticate(r, answer->text);
  }
  if (answer->kind == TRANSCRIPT_ANSWER_REPLY) {
    return shako_session_answer(r->session, r->question, answer->code,
                                answer->enhanced, answer->text);
  }
  return shako_session_accept(r->session, r->question);
}

/* On LMTP each recipient has its own, and the message counts once. */
static void follow_verdict(run *r, bool yes) {
  r->messages += yes && !r->taken;
  r->taken = r->taken || yes;
  if (r->script->head.offers.lmtp && r->verdicts > 1) {
    r->verdicts--;
    return;
  }
  r->in_transaction = r->in_data = false;
}

static void follow_answer(run *r, const transcript_answer *answer) {
  bool yes = answer->kind != TRANSCRIPT_ANSWER_REPLY || answer->code < 400;
  if (r->asked == SHAKO_EVENT_MAIL && yes) {
    r->in_transaction = true;
    r->in_data = false;
    r->body_size = 0;
    r->verdicts = 0;
    r->taken = false;
  } else if (r->asked == SHAKO_EVENT_DATA && yes) {
    r->in_data = true;
  } else if (r->asked == SHAKO_EVENT_STARTTLS && !yes) {
    r->switching = false;
  } else if (r->asked == SHAKO_EVENT_RCPT && yes) {
    r->verdicts++;
  } else if (r->asked == SHAKO_EVENT_MESSAGE) {
    follow_verdict(r, yes);
  }
}

void run_answer(run *r, const transcript_answer *answer) {
  int expected =
      answer->kind == TRANSCRIPT_ANSWER_STALE ? SHAKO_ERR_STALE_QUESTION : 0;
  int error = give_answer(r, answer);
  if (error != expected) {
    run_fail(r, "the answer to question %llu gave %d (%s) and not %d",
             (unsigned long long)r->question, error, shako_strerror(error),
             expected);
  }
  r->planned = r->left_open = false;
  if (r->asked == SHAKO_EVENT_AUTH) {
    r->live = NULL; /* wiped */
  }
  if (expected == 0) {
    follow_answer(r, answer);
  }
  run_check(r);
}

/* Input. */

static bool borrow(run *r) {
  if (r->loan != NULL) {
    return true;
  }
  if (!(run_want(r) & SHAKO_WANT_RECV)) {
    return false;
  }
  r->loan = shako_session_recv_buf(r->session, &r->loan_len);
  if (r->loan == NULL) {
    run_fail(r, "want() has RECV, and recv_buf() gives nothing");
  }
  return true;
}

static void ack_input(run *r, size_t n) {
  int error = shako_session_recv_ack(r->session, n);
  r->loan = NULL;
  if (error != 0) {
    run_fail(r, "recv_ack() gave %d", error);
  }
  run_check(r);
  if (r->variant->acks == RUN_ACKS_LOAN) {
    borrow(r);
  }
}

bool run_receive(run *r) {
  if (r->variant->acks == RUN_ACKS_LOAN) {
    borrow(r);
  }
  if (r->input.len == 0) {
    return false;
  }
  if (r->closed || (run_want(r) & SHAKO_WANT_CLOSE)) {
    octets_clear(&r->input); /* nobody reads it any more */
    r->piece = 0;
    return true;
  }
  if (!borrow(r)) {
    return false;
  }
  size_t n = r->piece > 0 ? r->piece : r->input.len;
  if (r->variant->delivery == RUN_DELIVERY_OCTETS &&
      r->variant->framing == RUN_FRAMING_WIRE) {
    n = 1;
  }
  n = n < r->loan_len ? n : r->loan_len;
  memcpy(r->loan, r->input.ptr, n);
  octets_drop(&r->input, n);
  r->piece -= r->piece > 0 ? n : 0;
  ack_input(r, n);
  return true;
}

void run_give_back(run *r) {
  if (r->loan != NULL) {
    r->loan = NULL;
    if (shako_session_recv_ack(r->session, 0) != 0) {
      run_fail(r, "recv_ack(0) failed");
    }
    run_check(r);
  }
}

/* Output. */

void run_look(run *r) {
  size_t len = 0;
  unsigned want = run_want(r);
  const uint8_t *at = shako_session_send_buf(r->session, &len);
  if ((at != NULL) != ((want & SHAKO_WANT_SEND) != 0) ||
      (at != NULL && len == 0)) {
    run_fail(r, "want() is 0x%x, and send_buf() lends %s", want,
             at == NULL ? "nothing" : "something");
  }
  size_t known = r->wire.len - r->acked;
  size_t compared = known;
  if (r->variant->acks == RUN_ACKS_OCTET && known > 256) {
    compared = 256; /* the others come to the front, too */
  }
  if (len < known ||
      (known > 0 && memcmp(at, r->wire.ptr + r->acked, compared) != 0)) {
    run_fail(r, "octets that were lent before have changed");
  }
  r->lent = at != NULL;
  if (at != NULL && len > known) {
    octets_add(&r->wire, at + known, len - known);
    run_decode(r);
  }
}

void run_send(run *r, bool one_octet) {
  run_look(r);
  size_t n = r->wire.len - r->acked;
  n = one_octet && n > 0 ? 1 : n;
  if (shako_session_send_ack(r->session, n) != 0) {
    run_fail(r, "send_ack() failed");
  }
  r->acked += n;
  r->lent = false;
  if (r->said_220 && !(run_want(r) & SHAKO_WANT_SEND)) {
    r->switching = false;
  }
  run_check(r);
}
