#include "walk_world.h"

#include <string.h>

#include "policy/refusals.h"
#include "server/session.h"
#include "smtp/line.h"

/* --- events -------------------------------------------------------------- */

/* What needs TLS where TLS is required. */
static bool is_mail(shako_event_type type) {
  return type == SHAKO_EVENT_MAIL || type == SHAKO_EVENT_RCPT ||
         type == SHAKO_EVENT_DATA || type == SHAKO_EVENT_BODY ||
         type == SHAKO_EVENT_MESSAGE;
}

static void judge_mail(walk_world *world, shako_event_type type) {
  const walk_setting *setting = world->setting;

  bool required =
      setting->tls == SHAKO_TLS_SETTING_REQUIRED && !setting->observed;

  if ((required || setting->implicit) && !world->tls) {
    walk_wrong(world, "mail before TLS");
  }
  if (setting->access != SHAKO_ACCESS_ACCEPT) {
    walk_wrong(world, "mail of a host that is turned away");
  }
  if ((type == SHAKO_EVENT_MAIL) == world->transaction) {
    walk_wrong(world, "MAIL in a transaction, or anything else outside");
  }
}

/* Nor is a password shown before TLS, or once it is known who the peer is. */
static void judge_auth(walk_world *world) {
  if (!world->tls || !world->setting->auth) {
    walk_wrong(world, "AUTH where it is not offered");
  }
  if (world->authenticated || world->transaction) {
    walk_wrong(world, "AUTH after AUTH, or in a transaction");
  }
}

static void judge_tls(walk_world *world) {
  if (!world->handshaken || world->tls) {
    walk_wrong(world, "TLS without a handshake");
  }
  if (world->setting->tls == SHAKO_TLS_SETTING_NO &&
      !world->setting->implicit) {
    walk_wrong(world, "TLS where it is not offered");
  }
  world->tls = true;
}

static bool is_end_of_message(const shako_verdict *verdict) {
  return strcmp(verdict->reason, "bare-line-end") == 0 ||
         strcmp(verdict->reason, "message-too-big") == 0;
}

/* A violation that no command line stands behind is answered too. */
static void note_violation(walk_world *world) {
  const shako_verdict *verdict =
      shako__refusal_verdict(world->session->refused);

  if (!world->session->owed_violation || world->violation) {
    return;
  }
  world->violation = true;
  if (is_end_of_message(verdict)) {
    walk_owe(world, SHAKO_VERB_DATA);
  } else if (strcmp(verdict->reason, "tls-on-clear-port") == 0) {
    walk_owe(world, SHAKO_VERB_UNKNOWN);
  }
}

static void judge(walk_world *world, const shako_event *event) {
  world->question = event->question;
  world->lookup = event->type == SHAKO_EVENT_LOOKUP;
  world->login = event->type == SHAKO_EVENT_AUTH;
  if (world->closed) {
    walk_wrong(world, "an event behind CLOSED");
  }
  if (is_mail(event->type)) {
    judge_mail(world, event->type);
  }
  switch (event->type) {
  case SHAKO_EVENT_CONNECT:
    if (world->setting->implicit && !world->tls) {
      walk_wrong(world, "a greeting outside TLS");
    }
    walk_owe(world, SHAKO_VERB_UNKNOWN);
    break;
  case SHAKO_EVENT_TLS:
    judge_tls(world);
    break;
  case SHAKO_EVENT_AUTH:
    judge_auth(world);
    break;
  case SHAKO_EVENT_MESSAGE:
    walk_owe(world, SHAKO_VERB_DATA);
    break;
  case SHAKO_EVENT_VIOLATION:
    world->violation = false;
    break;
  case SHAKO_EVENT_RESET:
    if (!world->transaction) {
      walk_wrong(world, "RESET outside a transaction");
    }
    world->transaction = false;
    break;
  case SHAKO_EVENT_CLOSED:
    if (world->transaction) {
      walk_wrong(world, "CLOSED in a transaction");
    }
    world->closed = true;
    break;
  case SHAKO_EVENT_HELLO:
  case SHAKO_EVENT_STARTTLS:
  case SHAKO_EVENT_HANDSHAKE:
  case SHAKO_EVENT_CERTIFICATE:
  case SHAKO_EVENT_COMMAND:
  case SHAKO_EVENT_MAIL:
  case SHAKO_EVENT_RCPT:
  case SHAKO_EVENT_DATA:
  case SHAKO_EVENT_BODY:
  case SHAKO_EVENT_LOOKUP:
  case SHAKO_EVENT_OBSERVED:
    break;
  }
}

static bool poll_once(walk_world *world) {
  const shako_event *event = shako_session_poll(world->session, world->now);

  if (event) {
    judge(world, event);
  }
  return event;
}

/* --- inputs -------------------------------------------------------------- */

/* Whether the peer says more: not while a whole line or a record waits, so
   that the walk has an end. */
static bool may_say(const shako_session *session) {
  shako_span text = shako__input_text(session);
  size_t len;

  if (session->eof) {
    return false;
  }
  if (walk_are_records(session)) {
    return shako__input_wire_len(session) == 0;
  }
  return !shako__line_find(text, &len);
}

static bool give(walk_world *world, const void *what, size_t len) {
  size_t room;
  uint8_t *buf;

  if (!may_say(world->session)) {
    return false;
  }
  buf = shako_session_recv_buf(world->session, &room);
  if (!buf) {
    return false;
  }
  if (room < len) {
    walk_wrong(world, "a loan too small for what is said");
    return false;
  }
  memcpy(buf, what, len);
  if (shako_session_recv_ack(world->session, len)) {
    walk_wrong(world, "recv_ack() is refused");
  }
  return true;
}

static bool give_record(walk_world *world, unsigned type, const char *what,
                        size_t len) {
  uint8_t record[FAKE_HEADER + FAKE_RECORD_MAX];

  return give(world, record, fake_record(record, type, what, len));
}

static bool say(walk_world *world, const walk_input *input) {
  if (world->question != 0 && !input->early) {
    return false;
  }
  if (input->auth && !world->setting->auth) {
    return false;
  }
  if (world->ear == WALK_EAR_INSIDE && !world->setting->external) {
    return give_record(world, FAKE_DATA, input->octets, input->len);
  }
  return give(world, input->octets, input->len);
}

static bool send_record(walk_world *world, const walk_input *input) {
  const char *last = world->setting->two_flights ? "FINISH" : "HELLO";
  bool shakes =
      world->ear == WALK_EAR_HANDSHAKE && strcmp(input->octets + 1, last) == 0;

  if (world->setting->external ||
      !give_record(world, (uint8_t)input->octets[0], input->octets + 1,
                   input->len - 1)) {
    return false;
  }
  world->handshaken |= shakes;
  return true;
}

/* Notes what an answer means for the transaction. */
static void note_answer(walk_world *world, bool yes) {
  switch (world->session->asked) {
  case SHAKO_EVENT_MAIL:
    world->transaction = yes;
    break;
  case SHAKO_EVENT_MESSAGE:
    world->transaction = false;
    break;
  case SHAKO_EVENT_AUTH:
    world->authenticated = yes;
    break;
  default: /* no others begin or end one */
    break;
  }
}

static int accept(const walk_world *world) {
  const shako_span name = {(const uint8_t *)"joe", 3};

  return world->login
             ? shako_session_authenticate(world->session, world->question, name)
             : shako_session_accept(world->session, world->question);
}

static bool answer(walk_world *world, const walk_input *input) {
  bool yes = input->kind == WALK_ACCEPT;
  int error;

  if (world->question == 0) {
    return false;
  }
  error = yes ? accept(world)
              : shako_session_answer(world->session, world->question,
                                     input->code, NULL, "No");
  if (error == SHAKO_ERR_INVALID_STATE) {
    return false; /* HANDSHAKE */
  }
  if (error == SHAKO_ERR_INVALID_ARGUMENT && world->lookup) {
    return false; /* it takes 421 alone */
  }
  if (error) {
    walk_wrong(world, "the answer to an open question is refused");
  }
  note_answer(world, yes);
  world->question = 0;
  return true;
}

static bool end_handshake(walk_world *world, bool done) {
  shako_tls_info info = {.struct_size = sizeof(info), .alert = -1};
  int error;

  if (world->question == 0) {
    return false;
  }
  info.version = done ? 0x0304 : 0;
  info.failure = done ? SHAKO_TLS_FAILURE_NONE : SHAKO_TLS_FAILURE_PROTOCOL;
  error = shako_session_tls_external(world->session, world->question, &info);
  if (error == SHAKO_ERR_INVALID_STATE) {
    return false; /* another question, or a loan is open */
  }
  if (error) {
    walk_wrong(world, "the end of the application's handshake is refused");
  }
  world->handshaken = done;
  world->ear = done ? WALK_EAR_INSIDE : world->ear;
  world->question = 0;
  return true;
}

static bool lend(walk_world *world) {
  size_t room;

  return world->session->input.lent == 0 &&
         shako_session_recv_buf(world->session, &room);
}

static bool expire(walk_world *world) {
  shako_time expiry = shako_session_expiry(world->session);

  if (expiry == SHAKO_TIME_NEVER) {
    return false;
  }
  world->now = expiry > world->now ? expiry : world->now;
  world->question = 0; /* a question that runs out is stale */
  poll_once(world);
  return true;
}

static bool lose(walk_world *world) {
  if (world->session->lost) {
    return false;
  }
  world->question = 0;
  return shako_session_lost(world->session) == 0;
}

static bool end_stream(walk_world *world) {
  return !world->session->eof && shako_session_recv_eof(world->session) == 0;
}

static bool shut_down(walk_world *world) {
  if (shako_session_shutdown(world->session, NULL)) {
    return false;
  }
  world->question = 0;
  return true;
}

static bool act(walk_world *world, const walk_input *input) {
  switch (input->kind) {
  case WALK_SAY:
    return say(world, input);
  case WALK_RAW:
    return give(world, input->octets, input->len);
  case WALK_RECORD:
    return send_record(world, input);
  case WALK_ACCEPT:
  case WALK_ANSWER:
    return answer(world, input);
  case WALK_TLS_DONE:
    return end_handshake(world, true);
  case WALK_TLS_FAILED:
    return end_handshake(world, false);
  case WALK_SENT:
    return walk_hear(world, SIZE_MAX);
  case WALK_SENT_ONE:
    return walk_hear(world, 1);
  case WALK_LEND:
    return lend(world);
  case WALK_GIVE_BACK:
    return world->session->input.lent > 0 &&
           shako_session_recv_ack(world->session, 0) == 0;
  case WALK_EOF:
    return end_stream(world);
  case WALK_LOST:
    return lose(world);
  case WALK_EXPIRE:
    return expire(world);
  case WALK_SHUTDOWN:
    return shut_down(world);
  }
  return false;
}

/* What must hold between any two inputs. */
static void look_around(walk_world *world) {
  const shako_session *session = world->session;
  unsigned want = shako_session_want(session);

  note_violation(world);
  if (want == 0 && !world->closed && session->input.lent == 0 &&
      !session->eof) {
    walk_wrong(world, "nothing is wanted, and the session is not over");
  }
  if (((want & SHAKO_WANT_ANSWER) != 0) != (world->question != 0)) {
    walk_wrong(world,
               "ANSWER is wanted, and there is no question, or the reverse");
  }
  if (want == SHAKO_WANT_RECV && session->swallow == 0 && !session->skipping &&
      session->phase != SHAKO__PHASE_HANDSHAKE && world->owed_count > 0) {
    walk_wrong(world, "a command is not answered");
  }
  if (world->setting->external && world->ear == WALK_EAR_HANDSHAKE &&
      (want & SHAKO_WANT_RECV)) {
    walk_wrong(world, "octets are wanted that are the application's TLS");
  }
  if (world->counters.misuses > 0) {
    walk_wrong(world, world->counters.misuse);
  }
}

static void poll_until_dry(walk_world *world) {
  while (!world->wrong &&
         shako_session_want(world->session) & SHAKO_WANT_POLL) {
    poll_once(world);
    look_around(world);
  }
}

bool walk_world_do(walk_world *world, const walk_input *input) {
  walk_begin(world);
  if (!act(world, input)) {
    return false;
  }
  look_around(world);
  poll_until_dry(world);
  return true;
}

/* --- a world ------------------------------------------------------------- */

static void open_provider(walk_world *world, shako_certificate_provider *out) {
  fake_certificate_init(&world->certificate);
  world->provider.certificate = &world->certificate;
  world->context.two_flights = world->setting->two_flights;
  world->context.counters = &world->counters;
  fake_provider_fill(&world->provider, out);
}

/* Errors, messages and recipients without a limit: counters are no state. */
static void set_policy(const walk_setting *setting, shako_policy *policy) {
  shako_policy_default(policy);
  policy->tls = setting->tls;
  policy->access = setting->access;
  policy->pipelining_early = setting->early;
  policy->tls_observed = setting->observed;
  policy->auth =
      setting->auth ? SHAKO_AUTH_SETTING_PREFERRED : SHAKO_AUTH_SETTING_OFF;
  policy->max_auth_failures = 0;
  policy->max_errors = 0;
  policy->max_messages = 0;
  policy->max_recipients = 0;
}

/* A table that asks for the peer's name, and comes to |policy| without. */
static shako_hat *read_table(walk_world *world, const shako_policy *policy) {
  static const char table[] = ".partner.example REJECT\nALL ACCEPT\n";
  const shako_span text = {(const uint8_t *)table, sizeof(table) - 1};
  shako_hat *hat = NULL;
  shako_place place;

  if (shako_hat_read(&hat, text, policy, NULL, &place)) {
    walk_wrong(world, place.what);
  }
  return hat;
}

void walk_world_open(walk_world *world, const walk_setting *setting) {
  shako_listener_config config;
  shako_certificate_provider provider;
  shako_policy policy;
  const char *reason;

  memset(world, 0, sizeof(*world));
  world->setting = setting;
  set_policy(setting, &policy);
  shako_listener_config_default(&config);
  config.hostname = "mx.example";
  if (setting->asks) {
    config.hat = read_table(world, &policy);
  } else {
    config.policy = &policy;
  }
  config.implicit_tls = setting->implicit;
  config.proxies = setting->proxied ? "::/0" : NULL;
  config.external_tls = setting->external;
  config.auth_mechanisms = setting->auth ? "PLAIN LOGIN" : NULL;
  if (!setting->external) {
    open_provider(world, &provider);
    config.engine = &fake_engine;
    config.context = &world->context;
    config.certificates = &provider;
  }
  if (shako_listener_new(&world->listener, &config, NULL, &reason)) {
    walk_wrong(world, reason);
  }
  shako_hat_unref(config.hat);
}

void walk_world_close(walk_world *world) {
  shako_session_free(world->session);
  shako_listener_unref(world->listener);
  octets_free(&world->wire);
  octets_free(&world->speech);
  world->session = NULL;
  world->listener = NULL;
}

/* The provider waits once before it is ready, and once before it selects. */
static void restart_provider(walk_world *world) {
  memset(&world->provider.ready, 0, sizeof(world->provider.ready));
  memset(&world->provider.select, 0, sizeof(world->provider.select));
  if (world->setting->slow) {
    fake_script_add(&world->provider.ready, SHAKO_PROVIDER_WAIT);
    fake_script_add(&world->provider.ready, SHAKO_PROVIDER_OK);
    fake_script_add(&world->provider.select, SHAKO_PROVIDER_WAIT);
    fake_script_add(&world->provider.select, SHAKO_PROVIDER_OK);
  }
}

void walk_world_restart(walk_world *world) {
  shako_peer peer;

  shako_session_free(world->session);
  world->session = NULL;
  world->now = 0;
  world->question = 0;
  world->ear = world->setting->implicit ? WALK_EAR_HANDSHAKE : WALK_EAR_CLEAR;
  world->owed_count = 0;
  world->last = false;
  octets_clear(&world->wire);
  octets_clear(&world->speech);
  world->handshaken = world->tls = false;
  world->transaction = world->closed = world->violation = false;
  world->authenticated = false;
  restart_provider(world);
  shako_peer_default(&peer);
  peer.address.known = world->setting->asks || world->setting->proxied;
  if (shako_session_new(&world->session, world->listener, &peer, NULL, 0)) {
    walk_wrong(world, "a session cannot be made");
    return;
  }
  walk_begin(world);
  poll_until_dry(world);
}
