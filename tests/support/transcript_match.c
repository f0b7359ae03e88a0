#include "transcript_run.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Failure. */

static void print_variant(octets *to, const run *r) {
  static const char *const acks[] = {"acked whole", "acked by octet",
                                     "acked late",
                                     "acked late with an open loan"};
  const run_variant *variant = r->variant;
  octets_print(to, "[%s, ",
               r->script->side == TRANSCRIPT_SIDE_TLS ? "in TLS" : "clear");
  if (variant->delivery == RUN_DELIVERY_SPLIT) {
    octets_print(to, "split at %zu", variant->split);
  } else {
    octets_add_text(to, variant->delivery == RUN_DELIVERY_WHOLE
                            ? "whole"
                            : "octet by octet");
  }
  octets_print(to, " %s, answers %s, %s]",
               variant->framing == RUN_FRAMING_WIRE ? "on the wire"
                                                    : "into records",
               variant->withheld ? "withheld" : "at once", acks[variant->acks]);
}

static void print_expected(octets *to, const run *r) {
  for (size_t i = 0; r->step != NULL && i < r->step->outcome_count; i++) {
    const transcript_outcome *outcome = &r->step->outcomes[i];
    const run_cursor *cursor = &r->cursors[i];
    if (cursor->dead && r->step->outcome_count > 1) {
      continue;
    }
    if (cursor->event < outcome->count) {
      const transcript_item *item = &outcome->items[cursor->event];
      octets_print(to, "\n  expected, line %u: E: %s", item->line, item->text);
      if (item->is_body) {
        octets_add_text(to, " \"");
        octets_add_escaped(to, item->body.ptr, item->body.len);
        octets_add_text(to, item->open_end ? "..." : "\"");
      }
    }
    if (cursor->reply < outcome->count) {
      const transcript_item *item = &outcome->items[cursor->reply];
      octets_print(to, "\n  expected, line %u: S: %s%s", item->line, item->text,
                   item->open_end ? "..." : "");
    }
  }
}

/* The line of the first thing that an outcome still misses. */
static unsigned line_of(const run *r) {
  if (r->line_at != 0 || r->step == NULL) {
    return r->line_at;
  }
  const transcript_outcome *outcome = &r->step->outcomes[0];
  size_t at = r->cursors[0].event < r->cursors[0].reply ? r->cursors[0].event
                                                        : r->cursors[0].reply;
  return at < outcome->count ? outcome->items[at].line : r->step->line;
}

/* From here on a failure is about the item |at| of the first outcome. */
static void blame(run *r, size_t at) {
  const transcript_outcome *outcome = &r->step->outcomes[0];
  r->line_at = at < outcome->count  ? outcome->items[at].line
               : outcome->count > 0 ? outcome->items[outcome->count - 1].line
                                    : r->step->line;
}

void run_fail(run *r, const char *format, ...) {
  char why[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(why, sizeof(why), format, args);
  va_end(args);
  octets_print(r->message, "%s:%u: %s\n  ", r->script->path, line_of(r), why);
  print_variant(r->message, r);
  print_expected(r->message, r);
  size_t from = r->log.len > 3000 ? r->log.len - 3000 : 0;
  octets_print(r->message, "\n  came%s:\n%s",
               from > 0 ? " (the end of it)" : "",
               octets_text(&r->log) + (r->log.len > 0 ? from : 0));
  if (r->line.len > 0) {
    octets_add_text(r->message, "  and of a line: ");
    octets_add_escaped(r->message, r->line.ptr, r->line.len);
    octets_add_text(r->message, "\n");
  }
  longjmp(r->failed, 1);
}

static void log_came(run *r, const char *kind, const char *text) {
  octets_print(&r->log, "    %s: %.300s%s\n", kind, text,
               strlen(text) > 300 ? " ..." : "");
}

/* Cursors. */

/* Moves |at| to the next item that is or is no event. */
static size_t next_item(const transcript_outcome *outcome, size_t at,
                        bool is_event) {
  while (at < outcome->count && outcome->items[at].is_event != is_event) {
    at++;
  }
  return at;
}

void run_begin_step(run *r, const transcript_step *step) {
  if (step->outcome_count > RUN_OUTCOMES_MAX) {
    run_fail(r, "too many outcomes");
  }
  r->step = step;
  for (size_t i = 0; i < step->outcome_count; i++) {
    /* Whole, the octets are in hand at once: that is the first outcome. */
    r->cursors[i].dead = i > 0 && r->variant->delivery == RUN_DELIVERY_WHOLE;
    r->cursors[i].event = next_item(&step->outcomes[i], 0, true);
    r->cursors[i].reply = next_item(&step->outcomes[i], 0, false);
  }
}

static bool any_alive(const run *r) {
  for (size_t i = 0; i < r->step->outcome_count; i++) {
    if (!r->cursors[i].dead) {
      return true;
    }
  }
  return false;
}

/* Returns whether |body| is what |item| says. */
static bool is_body(const transcript_item *item, const octets *body) {
  return item->open_end || (item->body.len == body->len &&
                            (body->len == 0 || memcmp(item->body.ptr, body->ptr,
                                                      body->len) == 0));
}

/* Compares the BODY events that have come in a row. */
static void end_body(run *r) {
  for (size_t i = 0; i < r->step->outcome_count; i++) {
    const transcript_outcome *outcome = &r->step->outcomes[i];
    run_cursor *cursor = &r->cursors[i];
    const transcript_item *item =
        cursor->event < outcome->count ? &outcome->items[cursor->event] : NULL;
    if (item == NULL || !item->is_body) {
      cursor->dead = cursor->dead || r->has_body;
    } else if (is_body(item, &r->body)) {
      cursor->event = next_item(outcome, cursor->event + 1, true);
    } else {
      cursor->dead = true;
    }
  }
  if (!any_alive(r)) {
    blame(r, r->cursors[0].event);
    run_fail(r, r->has_body ? "another BODY" : "no BODY");
  }
  octets_clear(&r->body);
  r->has_body = false;
}

/* Returns whether |outcome| is complete but for a BODY that may be there. */
static bool outcome_is_complete(const run *r, size_t i) {
  const transcript_outcome *outcome = &r->step->outcomes[i];
  const run_cursor *cursor = &r->cursors[i];
  size_t event = cursor->event;
  if (event < outcome->count && outcome->items[event].is_body) {
    if (!is_body(&outcome->items[event], &r->body)) {
      return false;
    }
    event = next_item(outcome, event + 1, true);
  }
  return !cursor->dead && event == outcome->count &&
         cursor->reply == outcome->count;
}

static bool need_is_met(const run *r) {
  switch (r->need) {
  case RUN_NEED_NOTHING:
    return true;
  case RUN_NEED_MORE:
    return r->more_seen;
  case RUN_NEED_DONE:
    return r->done_seen;
  case RUN_NEED_FATAL:
    return r->fatal_seen;
  }
  return false;
}

bool run_is_complete(const run *r) {
  if (!need_is_met(r) || r->line.len > 0 || r->code[0] != 0) {
    return false;
  }
  for (size_t i = 0; i < r->step->outcome_count; i++) {
    if (outcome_is_complete(r, i)) {
      return true;
    }
  }
  return false;
}

void run_end_step(run *r) {
  if (!run_is_complete(r)) {
    run_fail(r, need_is_met(r) ? "not all came that should"
                               : "the engine's record did not come");
  }
  end_body(r);
}

/* Events. */

/* Returns whether |extras| (each behind a blank) holds |field|; "octets=*" is
   any number. */
static bool has_extra(const char *extras, const char *field, size_t len) {
  size_t compared = len;
  if (len > 0 && field[len - 1] == '*') {
    compared--;
  }
  for (const char *at = strchr(extras, ' '); at != NULL;
       at = strchr(at + 1, ' ')) {
    size_t here = strcspn(at + 1, " ");
    if (here >= compared && strncmp(at + 1, field, compared) == 0 &&
        (compared < len || here == len)) {
      return true;
    }
  }
  return false;
}

static bool event_matches(const transcript_item *item, const char *text,
                          const char *extras) {
  size_t len = strlen(text);
  if (strncmp(item->text, text, len) != 0 ||
      (strstr(extras, " octets=") != NULL &&
       strstr(item->text, " octets=") == NULL)) {
    return false;
  }
  const char *at = item->text + len;
  while (*at == ' ') {
    size_t field = strcspn(at + 1, " ");
    if (!has_extra(extras, at + 1, field)) {
      return false;
    }
    at += 1 + field;
  }
  return *at == 0;
}

/* A reply that stands behind a question must not come before it. */
static void check_order(run *r, const transcript_outcome *outcome,
                        const run_cursor *cursor) {
  size_t replies_before = 0;
  size_t replies_had = 0;
  for (size_t i = 0; i < outcome->count; i++) {
    bool reply = !outcome->items[i].is_event;
    replies_before += reply && i < cursor->event;
    replies_had += reply && i < cursor->reply;
  }
  /* A line of which a part has come counts as had. */
  if (replies_had + (r->line.len > 0) > replies_before) {
    run_fail(r, "a reply came before its question: %s",
             octets_text(&r->live_text));
  }
}

/* Takes the event in |text| on the cursor of outcome |i|. */
static void match_outcome(run *r, size_t i, const shako_event *event,
                          const char *text, const char *extras,
                          bool *answered) {
  const transcript_outcome *outcome = &r->step->outcomes[i];
  run_cursor *cursor = &r->cursors[i];
  if (cursor->dead || cursor->event == outcome->count ||
      !event_matches(&outcome->items[cursor->event], text, extras)) {
    cursor->dead = true;
    return;
  }
  if (event->question != 0 && r->step->outcome_count == 1) {
    check_order(r, outcome, cursor);
  }
  if (!*answered) {
    r->answer = outcome->items[cursor->event].answer;
    *answered = true;
  }
  cursor->event = next_item(outcome, cursor->event + 1, true);
}

static bool is_hidden(run *r, const shako_event *event) {
  if (r->script->side == TRANSCRIPT_SIDE_TLS &&
      event->type == SHAKO_EVENT_TLS && !r->tls_hidden) {
    r->tls_hidden = true;
    return true;
  }
  return false;
}

void run_match_event(run *r, const shako_event *event) {
  bool answered = false;
  if (is_hidden(r, event)) {
    return;
  }
  log_came(r, "E", octets_text(&r->live_text));
  if (event->type == SHAKO_EVENT_BODY) {
    octets_add(&r->body, event->u.body.ptr, event->u.body.len);
    r->has_body = true;
    return;
  }
  end_body(r);
  for (size_t i = 0; i < r->step->outcome_count; i++) {
    match_outcome(r, i, event, octets_text(&r->live_text),
                  octets_text(&r->live_extras), &answered);
  }
  if (!any_alive(r)) {
    blame(r, r->cursors[0].event);
    run_fail(r, "another event: %s%s", octets_text(&r->live_text),
             octets_text(&r->live_extras));
  }
}

/* Replies. */

/* Returns what is wrong with a reply line (without CRLF), or NULL. */
static const char *malformed(const char *line, size_t len, const char *code) {
  bool challenge = strncmp(line, "334 ", 4) == 0; /* RFC 4954 4.3 */
  if (len + 2 > (challenge ? 12294 : 512)) {
    return "longer than 512 octets";
  }
  if (len < 4 || line[0] < '2' || line[0] > '5' || line[1] < '0' ||
      line[1] > '5' || line[2] < '0' || line[2] > '9' ||
      (line[3] != ' ' && line[3] != '-')) {
    return "no reply line";
  }
  if (code[0] != 0 && strncmp(line, code, 3) != 0) {
    return "another code than the line before";
  }
  for (size_t i = 0; i < len; i++) {
    if (line[i] < 0x20 || line[i] > 0x7e) {
      return "not printable ASCII";
    }
  }
  if (len > 6 && line[5] == '.' && line[6] >= '0' && line[6] <= '9' &&
      line[4] != line[0]) {
    return "an enhanced code of another class";
  }
  return NULL;
}

static bool reply_matches(const transcript_item *item, const octets *line) {
  size_t len = strlen(item->text);
  return line->len >= len && (item->open_end || line->len == len) &&
         memcmp(octets_text(line), item->text, len) == 0;
}

static void end_line(run *r) {
  const char *line = octets_text(&r->line);
  log_came(r, "S", line);
  const char *why = malformed(line, r->line.len, r->code);
  if (why != NULL) {
    run_fail(r, "the reply is %s: %.600s", why, line);
  }
  for (size_t i = 0; i < r->step->outcome_count; i++) {
    const transcript_outcome *outcome = &r->step->outcomes[i];
    run_cursor *cursor = &r->cursors[i];
    if (cursor->reply == outcome->count ||
        !reply_matches(&outcome->items[cursor->reply], &r->line)) {
      cursor->dead = true;
    } else {
      cursor->reply = next_item(outcome, cursor->reply + 1, false);
    }
  }
  if (!any_alive(r)) {
    octets_clear(&r->line);
    blame(r, r->cursors[0].reply);
    run_fail(r, "another reply");
  }
  r->said_220 |= strncmp(line, "220 ", 4) == 0;
  memcpy(r->code, line[3] == '-' ? line : "", line[3] == '-' ? 3 : 1);
  octets_clear(&r->line);
}

/* Takes octets of the server in the clear. */
static void take_text(run *r, const uint8_t *octet, size_t len) {
  octets_add(&r->text, octet, len);
  for (size_t i = 0; i < len; i++) {
    bool cr = r->line.len > 0 && r->line.ptr[r->line.len - 1] == '\r';
    if (cr != (octet[i] == '\n')) {
      run_fail(r, "a bare CR or LF in a reply");
    }
    if (cr) {
      r->line.ptr[--r->line.len] = 0;
      end_line(r);
    } else {
      octets_add(&r->line, octet + i, 1);
    }
  }
}

static bool payload_is(const fake_view *view, const char *word) {
  return view->len == strlen(word) &&
         memcmp(view->payload, word, view->len) == 0;
}

static void take_record(run *r, const fake_view *view) {
  if (r->close_seen || r->fatal_seen) {
    run_fail(r, "a record behind an alert");
  }
  if (view->type == FAKE_DATA) {
    if (!r->done_seen) {
      run_fail(r, "data before the end of the handshake");
    }
    take_text(r, view->payload, view->len);
    return;
  }
  bool *seen = payload_is(view, "MORE")    ? &r->more_seen
               : payload_is(view, "DONE")  ? &r->done_seen
               : payload_is(view, "CLOSE") ? &r->close_seen
               : payload_is(view, "FATAL") ? &r->fatal_seen
                                           : NULL;
  if (seen == NULL || *seen) {
    run_fail(r, "a record that nobody should send");
  }
  *seen = true;
  log_came(r, "S",
           seen == &r->more_seen    ? "[record MORE]"
           : seen == &r->done_seen  ? "[record DONE]"
           : seen == &r->close_seen ? "[close_notify]"
                                    : "[fatal alert]");
}

static bool is_record(uint8_t octet) {
  return octet == FAKE_HANDSHAKE || octet == FAKE_DATA || octet == FAKE_ALERT;
}

/* Reads text up to the first record. */
static void decode_text(run *r) {
  size_t from = r->decoded;
  while (r->decoded < r->wire.len && !r->records) {
    r->records = is_record(r->wire.ptr[r->decoded]);
    r->decoded += !r->records;
  }
  take_text(r, r->wire.ptr + from, r->decoded - from);
  if (r->records && r->line.len > 0) {
    run_fail(r, "a record in the midst of a line");
  }
}

void run_decode(run *r) {
  if (!r->records && r->decoded < r->wire.len) {
    decode_text(r);
  }
  static fake_view view;
  fake_decoded decoded = FAKE_DECODED_NOTHING;
  size_t text = r->text.len;
  unsigned data = 0;
  while (r->records && (decoded = fake_decode(&view, r->wire.ptr + r->decoded,
                                              r->wire.len - r->decoded)) ==
                           FAKE_DECODED_RECORD) {
    r->decoded += view.used;
    data += view.type == FAKE_DATA;
    take_record(r, &view);
  }
  if (decoded == FAKE_DECODED_BAD) {
    run_fail(r, "clear text where TLS is");
  }
  if (r->variant->acks == RUN_ACKS_WHOLE && data > 1 &&
      r->text.len - text < FAKE_WRITE_MAX) {
    run_fail(r, "%u records for one flight of %zu octets", data,
             r->text.len - text);
  }
}
