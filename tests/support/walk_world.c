#include "walk_world.h"

#include <string.h>

#include "server/verbs.h"
#include "smtp/line.h"

/* Which world a command that is taken belongs to. */
static walk_world *current;

static void wrong(walk_world *world, const char *what) {
  if (!world->wrong) {
    world->wrong = what;
  }
}

/* --- what the peer may expect ------------------------------------------- */

static void owe(walk_world *world, shako_verb verb) {
  if (world->owed_count == WALK_OWED_MAX) {
    wrong(world, "more commands are taken than can be kept in mind");
    return;
  }
  world->owed[world->owed_count++] = verb;
}

/* The linker puts these in the place of the library's, so that the world
   knows which commands were taken without believing the replies. */
void __real_shako__command_take(shako_session *, shako_span, bool);
void __wrap_shako__command_take(shako_session *, shako_span, bool);

void __wrap_shako__command_take(shako_session *session, shako_span line,
                                bool too_long) {
  const uint8_t *blank = memchr(line.ptr, ' ', line.len);
  const shako_span verb = {line.ptr,
                           blank ? (size_t)(blank - line.ptr) : line.len};

  owe(current, shako__verb_find(verb)->verb);
  __real_shako__command_take(session, line, too_long);
}

/* One reply is complete. */
static void hear_reply(walk_world *world, int code) {
  shako_verb verb = SHAKO_VERB_UNKNOWN;

  if (world->last) {
    wrong(world, "a reply behind a 421");
  }
  world->last = code == 421;
  if (world->owed_count > 0) {
    verb = world->owed[0];
    world->owed_count--;
    memmove(world->owed, world->owed + 1,
            world->owed_count * sizeof(world->owed[0]));
  } else if (code != 421) {
    wrong(world, "a reply without a command");
  }
  if (verb == SHAKO_VERB_STARTTLS && code == 220) {
    if (world->ear != WALK_EAR_CLEAR) {
      wrong(world, "a second 220 to STARTTLS");
    }
    world->ear = WALK_EAR_HANDSHAKE;
  }
}

static bool is_digit(uint8_t octet) {
  return octet >= '0' && octet <= '9';
}

/* Takes one line of a reply off |from|.  Returns false where there is none. */
static bool hear_line(walk_world *world, octets *from) {
  const uint8_t *end = memchr(from->ptr, '\n', from->len);
  const uint8_t *at = from->ptr;

  if (!end) {
    return false;
  }
  if (end - at < 5 || !is_digit(at[0]) || !is_digit(at[1]) ||
      !is_digit(at[2]) || (at[3] != ' ' && at[3] != '-') || end[-1] != '\r') {
    wrong(world, "what was sent is no reply");
  } else if (at[3] == ' ') {
    hear_reply(world, (at[0] - '0') * 100 + (at[1] - '0') * 10 + (at[2] - '0'));
  }
  octets_drop(from, (size_t)(end - at) + 1);
  return true;
}

/* Takes one record of the fake engine off the wire. */
static bool hear_record(walk_world *world) {
  static fake_view view;
  bool inside = world->ear == WALK_EAR_INSIDE;

  switch (fake_decode(&view, world->wire.ptr, world->wire.len)) {
  case FAKE_DECODED_NOTHING:
    return false;
  case FAKE_DECODED_BAD:
    wrong(world, inside ? "a clear octet inside TLS"
                        : "a clear octet after a 220 to STARTTLS");
    return false;
  case FAKE_DECODED_RECORD:
    break;
  }
  if (view.type == FAKE_DATA && !inside) {
    wrong(world, "data before the end of the handshake");
  } else if (view.type == FAKE_DATA) {
    octets_add(&world->speech, view.payload, view.len);
  } else if (view.type == FAKE_HANDSHAKE && view.len == 4 &&
             memcmp(view.payload, "DONE", 4) == 0) {
    world->ear = WALK_EAR_INSIDE;
  }
  octets_drop(&world->wire, view.used);
  return true;
}

/* Understands one thing more of what was heard. */
static bool understand(walk_world *world) {
  if (world->speech.len > 0 && hear_line(world, &world->speech)) {
    return true;
  }
  if (world->wire.len == 0) {
    return false;
  }
  if (world->ear == WALK_EAR_CLEAR ||
      (world->ear == WALK_EAR_INSIDE && world->setting->external)) {
    return hear_line(world, &world->wire);
  }
  if (world->setting->external) {
    wrong(world, "an octet while the application shakes hands");
    return false;
  }
  return hear_record(world);
}

static bool hear(walk_world *world, size_t most) {
  size_t len;
  const uint8_t *buf = shako_session_send_buf(world->session, &len);

  if (!buf) {
    return false;
  }
  len = len < most ? len : most;
  octets_add(&world->wire, buf, len);
  if (shako_session_send_ack(world->session, len)) {
    wrong(world, "send_ack() is refused");
  }
  while (!world->wrong && understand(world)) {
  }
  return true;
}

/* --- events -------------------------------------------------------------- */

/* What needs TLS where TLS is required. */
static bool is_mail(shako_event_type type) {
  return type == SHAKO_EVENT_MAIL || type == SHAKO_EVENT_RCPT ||
         type == SHAKO_EVENT_DATA || type == SHAKO_EVENT_BODY ||
         type == SHAKO_EVENT_MESSAGE;
}

static void judge_mail(walk_world *world, shako_event_type type) {
  const walk_setting *setting = world->setting;

  if ((setting->tls == SHAKO_TLS_SETTING_REQUIRED || setting->implicit) &&
      !world->tls) {
    wrong(world, "mail before TLS");
  }
  if (setting->access != SHAKO_ACCESS_ACCEPT) {
    wrong(world, "mail of a host that is turned away");
  }
  if ((type == SHAKO_EVENT_MAIL) == world->transaction) {
    wrong(world, "MAIL in a transaction, or anything else outside");
  }
}

static void judge_tls(walk_world *world) {
  if (!world->handshaken || world->tls) {
    wrong(world, "TLS without a handshake");
  }
  if (world->setting->tls == SHAKO_TLS_SETTING_NO &&
      !world->setting->implicit) {
    wrong(world, "TLS where it is not offered");
  }
  world->tls = true;
}

static bool is_end_of_message(const shako_verdict *verdict) {
  return strcmp(verdict->reason, "bare-line-end") == 0 ||
         strcmp(verdict->reason, "message-too-big") == 0;
}

/* A violation that no command line stands behind is answered too. */
static void note_violation(walk_world *world) {
  const shako_verdict *verdict = &world->session->refused;

  if (!world->session->owed_violation || world->violation) {
    return;
  }
  world->violation = true;
  if (is_end_of_message(verdict)) {
    owe(world, SHAKO_VERB_DATA);
  } else if (strcmp(verdict->reason, "tls-on-clear-port") == 0) {
    owe(world, SHAKO_VERB_UNKNOWN);
  }
}

static void judge(walk_world *world, const shako_event *event) {
  world->question = event->question;
  if (world->closed) {
    wrong(world, "an event behind CLOSED");
  }
  if (is_mail(event->type)) {
    judge_mail(world, event->type);
  }
  switch (event->type) {
  case SHAKO_EVENT_CONNECT:
    if (world->setting->implicit && !world->tls) {
      wrong(world, "a greeting outside TLS");
    }
    owe(world, SHAKO_VERB_UNKNOWN);
    break;
  case SHAKO_EVENT_TLS:
    judge_tls(world);
    break;
  case SHAKO_EVENT_MESSAGE:
    owe(world, SHAKO_VERB_DATA);
    break;
  case SHAKO_EVENT_VIOLATION:
    world->violation = false;
    break;
  case SHAKO_EVENT_RESET:
    if (!world->transaction) {
      wrong(world, "RESET outside a transaction");
    }
    world->transaction = false;
    break;
  case SHAKO_EVENT_CLOSED:
    if (world->transaction) {
      wrong(world, "CLOSED in a transaction");
    }
    world->closed = true;
    break;
  case SHAKO_EVENT_HELLO:
  case SHAKO_EVENT_STARTTLS:
  case SHAKO_EVENT_HANDSHAKE:
  case SHAKO_EVENT_CERTIFICATE:
  case SHAKO_EVENT_MAIL:
  case SHAKO_EVENT_RCPT:
  case SHAKO_EVENT_DATA:
  case SHAKO_EVENT_BODY:
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

static bool are_records(const shako_session *session) {
  return session->secure || session->phase == SHAKO__PHASE_HANDSHAKE;
}

/* Whether the peer says more: not while a whole line or a record waits, so
   that the walk has an end. */
static bool may_say(const shako_session *session) {
  shako_span text = shako__input_text(session);
  size_t len;

  if (session->eof) {
    return false;
  }
  if (are_records(session)) {
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
    wrong(world, "a loan too small for what is said");
    return false;
  }
  memcpy(buf, what, len);
  if (shako_session_recv_ack(world->session, len)) {
    wrong(world, "recv_ack() is refused");
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
  default: /* no others begin or end one */
    break;
  }
}

static bool answer(walk_world *world, const walk_input *input) {
  bool yes = input->kind == WALK_ACCEPT;
  int error;

  if (world->question == 0) {
    return false;
  }
  error = yes ? shako_session_accept(world->session, world->question)
              : shako_session_answer(world->session, world->question,
                                     input->code, NULL, "No");
  if (error == SHAKO_ERR_INVALID_STATE) {
    return false; /* HANDSHAKE */
  }
  if (error) {
    wrong(world, "the answer to an open question is refused");
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
    wrong(world, "the end of the application's handshake is refused");
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
    return hear(world, SIZE_MAX);
  case WALK_SENT_ONE:
    return hear(world, 1);
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
    wrong(world, "nothing is wanted, and the session is not over");
  }
  if (((want & SHAKO_WANT_ANSWER) != 0) != (world->question != 0)) {
    wrong(world, "ANSWER is wanted, and there is no question, or the reverse");
  }
  if (want == SHAKO_WANT_RECV && session->swallow == 0 && !session->skipping &&
      session->phase != SHAKO__PHASE_HANDSHAKE && world->owed_count > 0) {
    wrong(world, "a command is not answered");
  }
  if (world->counters.misuses > 0) {
    wrong(world, world->counters.misuse);
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
  current = world;
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
  policy->max_errors = 0;
  policy->max_messages = 0;
  policy->max_recipients = 0;
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
  config.policy = &policy;
  config.implicit_tls = setting->implicit;
  config.external_tls = setting->external;
  if (!setting->external) {
    open_provider(world, &provider);
    config.engine = &fake_engine;
    config.context = &world->context;
    config.certificates = &provider;
  }
  if (shako_listener_new(&world->listener, &config, NULL, &reason)) {
    wrong(world, reason);
  }
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
  restart_provider(world);
  shako_peer_default(&peer);
  if (shako_session_new(&world->session, world->listener, &peer, NULL, 0)) {
    wrong(world, "a session cannot be made");
    return;
  }
  current = world;
  poll_until_dry(world);
}

/* --- the digest ---------------------------------------------------------- */

static void put(walk_digest *digest, size_t *at, uint64_t value) {
  for (int i = 0; i < 4 && *at < sizeof(digest->octets); i++) {
    digest->octets[(*at)++] = (uint8_t)(value >> 8 * i);
  }
}

/* FNV-1a. */
static uint64_t hash(const void *what, size_t len) {
  const uint8_t *at = what;
  uint64_t sum = 0xcbf29ce484222325u;

  for (size_t i = 0; i < len; i++) {
    sum = (sum ^ at[i]) * 0x100000001b3u;
  }
  return sum ^ sum >> 32;
}

static uint64_t flags_of(const shako_session *s) {
  const bool flags[] = {s->transaction,
                        s->secure,
                        s->switching,
                        s->eof,
                        s->lost,
                        s->stopping,
                        s->owed_reset != NULL,
                        s->owed_violation,
                        s->owed_tls,
                        s->question != 0,
                        s->input.lent > 0,
                        s->output.clear != NULL,
                        s->output.lent > 0,
                        shako__output_pending(s)};
  uint64_t set = 0;

  for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
    set |= (uint64_t)flags[i] << i;
  }
  return set;
}

/* What is of no more account once a session ends. */
static void put_reading(const shako_session *s, walk_digest *digest,
                        size_t *at) {
  put(digest, at, s->home);
  put(digest, at, s->body.state);
  put(digest, at, s->swallow);
  put(digest, at,
      (uint64_t)s->hello_extended | (uint64_t)s->turned_away << 1 |
          (uint64_t)s->skipping << 2 | (uint64_t)s->skip_close << 3 |
          (uint64_t)s->body.bare << 4);
}

static void put_session(const shako_session *s, walk_digest *digest,
                        size_t *at) {
  put(digest, at, s->phase);
  put(digest, at, flags_of(s));
  put(digest, at, (uint64_t)s->error);
  put(digest, at, s->event.type);
  put(digest, at, s->question != 0 ? s->asked : 0);
  put(digest, at, s->answer != SHAKO__ANSWER_NONE ? s->asked : 0);
  put(digest, at, s->answer);
  if (s->phase < SHAKO__PHASE_ENDING) {
    put_reading(s, digest, at);
  }
}

/* The half lines that something comes of: the rest are one class. */
static bool is_promising(const shako_span text) {
  static const char *const words[] = {"EHL", "START", "STARTTLS", "."};

  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (text.len == strlen(words[i]) &&
        memcmp(text.ptr, words[i], text.len) == 0) {
      return true;
    }
  }
  return false;
}

/* Whole lines as they are; of a half line its class. */
static uint64_t class_of(const shako_span text) {
  size_t len;

  if (text.len == 0) {
    return 0;
  }
  if (shako__line_find(text, &len) || is_promising(text)) {
    return hash(text.ptr, text.len);
  }
  return 1u + (text.ptr[text.len - 1] == '\r') + 2u * (text.ptr[0] == 0x16);
}

static void put_octets(const shako_session *s, walk_digest *digest,
                       size_t *at) {
  const shako_span wire = {s->input.block + s->input.start,
                           shako__input_wire_len(s)};

  put(digest, at, are_records(s) ? hash(wire.ptr, wire.len) : class_of(wire));
  put(digest, at, class_of(shako__input_text(s)));
}

static void put_conn(const shako__conn *conn, walk_digest *digest, size_t *at) {
  put(digest, at,
      (uint64_t)(conn->engine != NULL) | (uint64_t)conn->started << 1 |
          (uint64_t)conn->chosen << 2 | (uint64_t)conn->agreed << 3 |
          (uint64_t)conn->dry << 4 | (uint64_t)conn->over << 5);
  put(digest, at, conn->info.failure);
  put(digest, at, (uint64_t)conn->info.alert);
  put(digest, at, conn->engine ? fake_progress(conn->state) : 0);
}

void walk_world_digest(const walk_world *world, walk_digest *digest) {
  size_t at = 0;

  memset(digest, 0, sizeof(*digest));
  put_session(world->session, digest, &at);
  put_octets(world->session, digest, &at);
  put(digest, &at, world->provider.ready.next);
  put(digest, &at, world->provider.select.next);
  put(digest, &at,
      (uint64_t)world->ear | (uint64_t)world->handshaken << 2 |
          (uint64_t)world->transaction << 3 | (uint64_t)world->last << 4);
  if (world->session->conn) {
    put_conn(world->session->conn, digest, &at);
  }
}
