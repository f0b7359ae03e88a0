#include "transcript_run.h"

#include <stdlib.h>
#include <string.h>

/* The smallest that a listener takes; in the other variants it is the
   default. */
#define SMALL_BUFFER 4096u

/* The world of a run. */

static void *counted_alloc(size_t size, void *user_data) {
  size_t *memory = user_data;
  *memory += size;
  return malloc(size);
}

static void counted_release(void *ptr, size_t size, void *user_data) {
  size_t *memory = user_data;
  *memory -= size;
  free(ptr);
}

/* Reads the table of the head on top of its policy. */
static shako_hat *read_hat(run *r, const shako_mem *mem) {
  const transcript_head *head = &r->script->head;
  shako_span text = {head->hat.ptr, head->hat.len};
  shako_place place;
  shako_hat *hat = NULL;
  if (shako_hat_read(&hat, text, &head->policy, mem, &place) != 0) {
    run_fail(r, "the table: %u:%u: %s", place.line, place.column, place.what);
  }
  return hat;
}

static void make_world(run *r) {
  const transcript_head *head = &r->script->head;
  shako_mem mem = {&r->memory, counted_alloc, counted_release};
  shako_certificate_provider certificates;
  shako_listener_config config;
  const char *reason = NULL;
  fake_certificate_init(&r->certificate);
  r->provider =
      (fake_provider){head->ready, head->select, &r->certificate, &r->counters};
  fake_provider_fill(&r->provider, &certificates);
  r->context = head->context;
  r->context.counters = &r->counters;
  shako_listener_config_default(&config);
  config.hostname = head->hostname;
  if (head->hat.len > 0) {
    config.hat = read_hat(r, &mem);
  } else {
    config.policy = &head->policy;
  }
  config.default_domain = head->default_domain;
  config.domain_map = head->map;
  config.domain_map_rows = head->map_rows;
  config.offers = head->offers.offers;
  config.lmtp = head->offers.lmtp;
  config.delayed_rejection = head->offers.delayed_rejection;
  config.auth_mechanisms = head->offers.auth_mechanisms;
  config.commands = head->offers.commands;
  config.keywords = head->offers.keywords;
  config.mail_params = head->offers.mail_params;
  config.rcpt_params = head->offers.rcpt_params;
  config.proxies = head->offers.proxies;
  config.port = head->offers.lmtp ? 24 : config.port;
  if (head->engine == TRANSCRIPT_ENGINE_FAKE) {
    config.engine = &fake_engine;
    config.context = &r->context;
    config.certificates = &certificates;
    config.authorities = fake_authorities();
  }
  config.external_tls = head->engine == TRANSCRIPT_ENGINE_EXTERNAL;
  config.implicit_tls =
      head->implicit_tls || r->script->side == TRANSCRIPT_SIDE_TLS;
  if (head->recv_buffer_size != 0) {
    config.recv_buffer_size = (size_t)head->recv_buffer_size;
  } else if (r->variant->acks >= RUN_ACKS_LATE) {
    config.recv_buffer_size = SMALL_BUFFER;
  }
  if (shako_listener_new(&r->listener, &config, &mem, &reason) != 0) {
    run_fail(r, "no listener: %s", reason != NULL ? reason : "why?");
  }
  shako_hat_unref(config.hat);
}

static void make_session(run *r) {
  r->now = 1000000;
  if (shako_session_new(&r->session, r->listener, &r->script->head.peer, r,
                        r->now) != 0) {
    run_fail(r, "no session");
  }
}

static void end_world(run *r) {
  shako_session_free(r->session);
  shako_listener_unref(r->listener);
  r->session = NULL;
  r->listener = NULL;
}

/* What must be so when all is over. */
static void check_world(run *r) {
  const transcript_head *head = &r->script->head;
  if (r->memory != 0) {
    run_fail(r, "%zu octets of memory are left", r->memory);
  }
  if (r->certificate.base.references != 1) {
    run_fail(r, "%u references to the certificate are left",
             r->certificate.base.references - 1);
  }
  if (r->counters.inits != r->counters.frees) {
    run_fail(r, "%u engine connections made and %u freed", r->counters.inits,
             r->counters.frees);
  }
  if (r->counters.misuses != 0) {
    run_fail(r, "the engine was misused: %s", r->counters.misuse);
  }
  if (head->policy.tls == SHAKO_TLS_SETTING_NO && head->hat.len == 0 &&
      r->counters.inits != 0 && !head->implicit_tls &&
      r->script->side == TRANSCRIPT_SIDE_CLEAR) {
    run_fail(r, "the engine was created under No");
  }
}

/* Moving. */

/* Lets poll() do all that it can.  A withheld question stops it. */
static void pump(run *r) {
  bool late = r->variant->acks >= RUN_ACKS_LATE;
  for (;;) {
    if (r->planned && r->variant->withheld) {
      if (late || !(run_want(r) & SHAKO_WANT_SEND)) {
        return;
      }
      run_send(r, r->variant->acks == RUN_ACKS_OCTET);
    } else if (r->planned) {
      transcript_answer answer = r->answer;
      run_answer(r, &answer);
    } else if (run_is_due(r)) {
      run_poll(r);
      if (r->live != NULL && r->variant->withheld) {
        run_receive(r); /* while the event lives */
      }
    } else if (!late && (run_want(r) & SHAKO_WANT_SEND)) {
      run_send(r, r->variant->acks == RUN_ACKS_OCTET);
    } else {
      return;
    }
  }
}

/* Answers the question that was withheld; before that the application asks
   again and again whether there is something to do. */
static void answer_at_last(run *r) {
  transcript_answer answer = r->answer;
  for (int i = 0; i < 3; i++) {
    if (run_is_due(r)) {
      run_poll(r);
    } else {
      r->live = NULL;
      run_check(r);
    }
  }
  run_answer(r, &answer);
}

/* Delivers the input and pumps until all that is expected has come or nothing
   moves any more. */
static void settle(run *r) {
  for (;;) {
    pump(r);
    if (run_receive(r)) {
      continue;
    }
    if (r->planned) {
      answer_at_last(r);
      continue;
    }
    if (!(run_want(r) & SHAKO_WANT_SEND)) {
      break;
    }
    run_look(r);
    if (r->input.len == 0 && run_is_complete(r)) {
      break;
    }
    run_send(r, false);
  }
  if (r->input.len > 0 && !r->left_open) {
    run_fail(r, "%zu octets of input are left, and no room for them",
             r->input.len);
  }
}

/* Acks all that late acks have left. */
static void drain(run *r) {
  settle(r);
  while (run_want(r) & SHAKO_WANT_SEND) {
    run_send(r, r->variant->acks == RUN_ACKS_OCTET);
    settle(r);
  }
}

/* Input. */

static void add_record(run *r, unsigned type, const void *payload, size_t len) {
  uint8_t record[FAKE_HEADER + FAKE_RECORD_MAX];
  size_t n = fake_record(record, type, payload, len);
  octets_add(&r->input, record, n);
}

/* The length of the next record for |len| octets, |done| of |all|. */
static size_t record_len(const run *r, size_t done, size_t all) {
  size_t len = all - done;
  if (r->variant->framing == RUN_FRAMING_RECORDS) {
    size_t cut = r->variant->split % all;
    if (r->variant->delivery == RUN_DELIVERY_OCTETS) {
      len = 1;
    } else if (r->variant->delivery == RUN_DELIVERY_SPLIT && done < cut) {
      len = cut - done;
    }
  }
  return len < FAKE_RECORD_MAX ? len : FAKE_RECORD_MAX;
}

static void add_piece(run *r, const transcript_piece *piece) {
  size_t all = piece->octets.len;
  if (piece->raw || !r->client_in_tls) {
    octets_add(&r->input, piece->octets.ptr, all);
    return;
  }
  for (size_t done = 0; done < all;) {
    size_t n = record_len(r, done, all);
    add_record(r, FAKE_DATA, piece->octets.ptr + done, n);
    done += n;
  }
}

/* Cuts what is in |input|, and delivers it. */
static void deliver(run *r) {
  if (r->variant->delivery == RUN_DELIVERY_SPLIT &&
      r->variant->framing == RUN_FRAMING_WIRE && r->input.len > 0) {
    r->piece = r->variant->split % r->input.len;
  }
  settle(r);
}

/* Steps. */

static void play_client(run *r, const transcript_step *step) {
  for (size_t i = 0; i < step->piece_count; i++) {
    add_piece(r, &step->pieces[i]);
  }
  deliver(r);
}

/* Sends the client's handshake, but for the last flight, which is left in
   |input|. */
static void start_handshake(run *r, const transcript_step *step) {
  add_record(r, FAKE_HANDSHAKE, step->text, strlen(step->text));
  if (r->context.two_flights && !step->fails) {
    r->need = RUN_NEED_MORE;
    deliver(r);
    if (!r->more_seen) {
      run_fail(r, "the engine's first flight did not come");
    }
    add_record(r, FAKE_HANDSHAKE, "FINISH", 6);
  }
  if (!step->fails) {
    r->client_in_tls = true;
    r->need = RUN_NEED_DONE;
  } else {
    r->need = step->alerted ? RUN_NEED_FATAL : RUN_NEED_NOTHING;
  }
}

static void play_time(run *r, uint64_t milliseconds) {
  shako_time target = r->now + milliseconds;
  drain(r);
  while (r->now < target) {
    shako_time expiry = shako_session_expiry(r->session);
    if (expiry <= r->now && !r->closed) {
      run_fail(r, "expiry() has passed, and poll() did not move it");
    }
    if (r->closed || expiry > target) {
      r->now = target;
      run_check(r);
      break;
    }
    if (expiry - 1 > r->now) {
      r->now = expiry - 1;
      run_check(r);
    }
    r->now = expiry;
    drain(r);
  }
}

static void play_eof(run *r) {
  if (r->script->side == TRANSCRIPT_SIDE_TLS) {
    add_record(r, FAKE_ALERT, "CLOSE", 5);
    deliver(r);
  }
  drain(r);
  run_give_back(r);
  if (shako_session_recv_eof(r->session) != 0) {
    run_fail(r, "recv_eof() failed");
  }
  run_check(r);
}

static void play_step(run *r, const transcript_step *step) {
  switch (step->kind) {
  case TRANSCRIPT_STEP_START:
    if (r->script->side == TRANSCRIPT_SIDE_TLS) {
      add_record(r, FAKE_HANDSHAKE, "HELLO", 5);
      r->client_in_tls = true;
      deliver(r);
    }
    break;
  case TRANSCRIPT_STEP_CLIENT:
    play_client(r, step);
    break;
  case TRANSCRIPT_STEP_TLS:
    start_handshake(r, step);
    deliver(r);
    break;
  case TRANSCRIPT_STEP_CLOSE_NOTIFY:
    add_record(r, FAKE_ALERT, "CLOSE", 5);
    deliver(r);
    break;
  case TRANSCRIPT_STEP_EOF:
    play_eof(r);
    break;
  case TRANSCRIPT_STEP_LOST:
    drain(r);
    run_give_back(r);
    r->lost = true;
    if (shako_session_lost(r->session) != 0) {
      run_fail(r, "lost() failed");
    }
    run_check(r);
    break;
  case TRANSCRIPT_STEP_SHUTDOWN:
    drain(r);
    if (shako_session_shutdown(r->session, step->text) != 0) {
      run_fail(r, "shutdown() failed");
    }
    run_check(r);
    break;
  case TRANSCRIPT_STEP_TIME:
    play_time(r, step->milliseconds);
    break;
  case TRANSCRIPT_STEP_ANSWER:
    run_answer(r, &step->answer);
    break;
  }
}

static bool expects_nothing(const transcript_step *step) {
  return step->outcome_count == 1 && step->outcomes[0].count == 0;
}

/* Plays step |at| and returns how many steps that took. */
static size_t play_steps(run *r, size_t at) {
  const transcript_step *step = &r->script->steps[at];
  bool next_is_client =
      at + 1 < r->script->count && step[1].kind == TRANSCRIPT_STEP_CLIENT;
  if (next_is_client && step->kind == TRANSCRIPT_STEP_TLS && !step->fails &&
      expects_nothing(step)) {
    run_begin_step(r, step + 1);
    start_handshake(r, step);
    play_client(r, step + 1);
    run_end_step(r);
    return 2;
  }
  run_begin_step(r, step);
  if (step->kind == TRANSCRIPT_STEP_START && expects_nothing(step) &&
      r->script->side == TRANSCRIPT_SIDE_CLEAR) {
    return 1; /* the client speaks first */
  }
  play_step(r, step);
  settle(r);
  run_end_step(r);
  r->need = RUN_NEED_NOTHING;
  return 1;
}

/* When TLS ends in order, close_notify is the last record. */
static void check_close_notify(run *r) {
  const shako_tls_info *tls = shako_session_tls(r->session);
  bool in_order = r->closed && r->done_seen && !r->lost && tls != NULL &&
                  tls->failure == SHAKO_TLS_FAILURE_NONE;
  if (in_order && !r->close_seen) {
    run_fail(r, "TLS was closed without close_notify");
  }
  if (r->decoded != r->wire.len) {
    run_fail(r, "half a record was sent");
  }
}

static void play_script(run *r) {
  make_world(r);
  make_session(r);
  for (size_t i = 0; i < r->script->count;) {
    i += play_steps(r, i);
  }
  drain(r);
  run_end_step(r);
  check_close_notify(r);
  end_world(r);
  check_world(r);
}

bool transcript_run(const transcript *script, const run_variant *variant,
                    octets *text, octets *message) {
  run *r = must_alloc(sizeof(*r));
  volatile bool ok = false;
  r->script = script;
  r->variant = variant;
  r->message = message;
  if (setjmp(r->failed) == 0) {
    play_script(r);
    ok = true;
  } else {
    end_world(r);
  }
  octets_add(text, r->text.ptr, r->text.len);
  octets *const all[] = {&r->input, &r->wire,      &r->line, &r->text,
                         &r->body,  &r->live_text, &r->log,  &r->live_extras};
  for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
    octets_free(all[i]);
  }
  free(r);
  return ok;
}
