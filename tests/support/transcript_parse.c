#include "transcript_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns |array| of |count| elements with room for one more, zeroed. */
static void *one_more(transcript *script, void *array, size_t count,
                      size_t size) {
  if (count != 0 && (count & (count - 1)) != 0) {
    return array;
  }
  char *grown = transcript_keep(script, (count == 0 ? 1 : count * 2) * size);
  if (count > 0) {
    memcpy(grown, array, count * size);
  }
  return grown;
}

/* Steps and what is expected of them. */

static void new_outcome(parser *p, transcript_step *step, const char *words) {
  step->outcomes = one_more(p->script, step->outcomes, step->outcome_count,
                            sizeof(transcript_outcome));
  transcript_outcome *outcome = &step->outcomes[step->outcome_count++];
  outcome->line = p->number;
  outcome->words = transcript_keep_text(p->script, words, strlen(words));
}

static transcript_step *new_step(parser *p, transcript_step_kind kind) {
  transcript *script = p->script;
  script->steps =
      one_more(script, script->steps, script->count, sizeof(transcript_step));
  transcript_step *step = &script->steps[script->count++];
  step->kind = kind;
  step->line = p->number;
  new_outcome(p, step, "");
  return step;
}

static transcript_step *last_step(parser *p) {
  return &p->script->steps[p->script->count - 1];
}

static transcript_outcome *last_outcome(parser *p) {
  transcript_step *step = last_step(p);
  return &step->outcomes[step->outcome_count - 1];
}

static transcript_item *last_item(parser *p) {
  transcript_outcome *outcome = last_outcome(p);
  return outcome->count > 0 ? &outcome->items[outcome->count - 1] : NULL;
}

static transcript_item *new_item(parser *p) {
  transcript_outcome *outcome = last_outcome(p);
  outcome->items = one_more(p->script, outcome->items, outcome->count,
                            sizeof(transcript_item));
  transcript_item *item = &outcome->items[outcome->count++];
  item->line = p->number;
  return item;
}

static bool ends_open(const char *text) {
  size_t len = strlen(text);
  return len >= 3 && strcmp(text + len - 3, "...") == 0;
}

static void read_reply(parser *p, const char *text) {
  transcript_item *item = new_item(p);
  item->open_end = ends_open(text);
  item->text = transcript_unescaped_text(p, text);
  if (item->open_end) {
    item->text[strlen(item->text) - 3] = 0;
  }
}

static void read_body(parser *p, const char *text) {
  size_t len = strlen(text);
  transcript_item *item = last_item(p);
  bool open = strcmp(text, "...") == 0;
  if (!open && (len < 2 || text[0] != '"' || text[len - 1] != '"')) {
    transcript_fail(p, "a BODY is ... or stands in quotation marks", text);
  }
  if (item == NULL || !item->is_body || item->open_end || open) {
    item = new_item(p);
    item->is_event = item->is_body = true;
    item->open_end = open;
    item->text = transcript_keep_text(p->script, "BODY", 4);
  }
  if (!open) {
    transcript_unescape(p, text + 1, len - 2, &item->body);
  }
}

static void read_event(parser *p, const char *text) {
  const char *body = transcript_behind(text, "BODY");
  if (body != NULL) {
    read_body(p, body);
    return;
  }
  transcript_item *item = new_item(p);
  item->is_event = true;
  item->text = transcript_keep_text(p->script, text, strlen(text));
}

static shako_tls_failure failure_of(parser *p, const char *name) {
  for (int i = 1; i < SHAKO_TLS_FAILURE_COUNT; i++) {
    if (strcmp(shako_tls_failure_name((shako_tls_failure)i), name) == 0) {
      return (shako_tls_failure)i;
    }
  }
  transcript_fail(p, "unknown failure", name);
}

static void read_answer_tls(parser *p, transcript_answer *answer,
                            const char *text) {
  char word[16];
  answer->kind = TRANSCRIPT_ANSWER_TLS;
  if (!transcript_word(&text, word, sizeof(word))) {
    transcript_fail(p, "tls VERSION CIPHER, or tls failed NAME", text);
  }
  if (strcmp(word, "failed") == 0) {
    answer->failure = failure_of(p, text);
    return;
  }
  answer->version = (uint16_t)transcript_choose(
      p, transcript_versions,
      transcript_begins(word, "TLSv") ? word + 4 : word);
  answer->text = transcript_keep_text(p->script, text, strlen(text));
}

static void read_answer_reply(parser *p, transcript_answer *answer,
                              const char *text) {
  char word[16] = "";
  answer->kind = TRANSCRIPT_ANSWER_REPLY;
  transcript_word(&text, word, sizeof(word));
  answer->code = (int)transcript_number(p, word);
  if (!transcript_word(&text, word, sizeof(word))) {
    transcript_fail(p, "an answer is CODE ENHANCED TEXT", text);
  }
  if (strcmp(word, "-") != 0) {
    answer->enhanced = transcript_keep_text(p->script, word, strlen(word));
  }
  answer->text = transcript_unescaped_text(p, text);
}

/* "any octets", which are the challenge. */
static void read_answer_challenge(parser *p, transcript_answer *answer,
                                  const char *text) {
  size_t len = strlen(text);
  answer->kind = TRANSCRIPT_ANSWER_CHALLENGE;
  if (len < 2 || text[0] != '"' || text[len - 1] != '"') {
    transcript_fail(p, "a challenge stands in quotation marks", text);
  }
  transcript_unescape(p, text + 1, len - 2, &answer->data);
}

static transcript_answer read_answer(parser *p, const char *text) {
  transcript_answer answer = {0};
  if (strcmp(text, "accept") == 0) {
    answer.kind = TRANSCRIPT_ANSWER_ACCEPT;
  } else if (strcmp(text, "none") == 0) {
    answer.kind = TRANSCRIPT_ANSWER_NONE;
  } else if (strcmp(text, "stale") == 0) {
    answer.kind = TRANSCRIPT_ANSWER_STALE;
  } else if (transcript_behind(text, "inform") != NULL) {
    answer.kind = TRANSCRIPT_ANSWER_INFORM;
    shako_peer_default(&answer.facts);
    transcript_facts(p, transcript_behind(text, "inform"), &answer.facts);
  } else if (transcript_begins(text, "challenge ")) {
    read_answer_challenge(p, &answer, text + 10);
  } else if (transcript_begins(text, "authenticate ")) {
    answer.kind = TRANSCRIPT_ANSWER_AUTHENTICATE;
    answer.text = transcript_unescaped_text(p, text + 13);
  } else if (transcript_begins(text, "tls ")) {
    read_answer_tls(p, &answer, text + 4);
  } else {
    read_answer_reply(p, &answer, text);
  }
  return answer;
}

static bool is_question(const char *text) {
  static const char *const questions[] = {
      "LOOKUP", "CONNECT", "HELLO", "STARTTLS", "HANDSHAKE", "CERTIFICATE",
      "MAIL",   "RCPT",    "DATA",  "MESSAGE",  "AUTH",      "COMMAND"};
  for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
    if (transcript_begins(text, questions[i])) {
      return true;
    }
  }
  return false;
}

/* |previous| is the line before: right behind a question stands its
   answer. */
static void read_answer_line(parser *p, const char *text,
                             const char *previous) {
  transcript_answer answer = read_answer(p, text);
  const char *event = transcript_behind(previous, "E:");
  if (event != NULL && is_question(event) &&
      answer.kind != TRANSCRIPT_ANSWER_STALE) {
    last_item(p)->answer = answer;
    return;
  }
  new_step(p, TRANSCRIPT_STEP_ANSWER)->answer = answer;
}

static void read_client(parser *p, const char *text, bool raw, bool crlf) {
  transcript_step *step = last_step(p);
  if (step->kind != TRANSCRIPT_STEP_CLIENT || last_item(p) != NULL) {
    step = new_step(p, TRANSCRIPT_STEP_CLIENT);
  }
  if (step->piece_count == 0 ||
      step->pieces[step->piece_count - 1].raw != raw) {
    step->pieces = one_more(p->script, step->pieces, step->piece_count,
                            sizeof(transcript_piece));
    step->pieces[step->piece_count++].raw = raw;
  }
  octets *to = &step->pieces[step->piece_count - 1].octets;
  transcript_unescape(p, text, strlen(text), to);
  octets_add(to, "\r\n", crlf ? 2 : 0);
}

static void read_tls(parser *p, const char *text) {
  transcript_step *step = new_step(p, TRANSCRIPT_STEP_TLS);
  octets record = {0};
  p->script->has_tls = true;
  if (transcript_begins(text, "fail ")) {
    step->fails = step->alerted = true;
    octets_print(&record, "FAIL %s",
                 shako_tls_failure_name(failure_of(p, text + 5)));
  } else if (transcript_begins(text, "alert ")) {
    step->fails = true;
    octets_print(&record, "ALERT %s",
                 shako_tls_failure_name(failure_of(p, text + 6)));
  } else if (*text == 0) {
    octets_add_text(&record, "HELLO");
  } else {
    transcript_fail(p, "TLS: takes nothing, fail NAME or alert NAME", text);
  }
  step->text =
      transcript_keep_text(p->script, octets_text(&record), record.len);
  octets_free(&record);
}

/* Reads the lines that are one word and perhaps something behind it. */
static void read_happening(parser *p, const char *text) {
  if (strcmp(text, "CLOSE_NOTIFY") == 0) {
    new_step(p, TRANSCRIPT_STEP_CLOSE_NOTIFY);
  } else if (strcmp(text, "EOF") == 0) {
    new_step(p, TRANSCRIPT_STEP_EOF);
  } else if (strcmp(text, "LOST") == 0) {
    new_step(p, TRANSCRIPT_STEP_LOST);
  } else if (transcript_begins(text, "SHUTDOWN")) {
    transcript_step *step = new_step(p, TRANSCRIPT_STEP_SHUTDOWN);
    const char *words = transcript_behind(text, "SHUTDOWN");
    step->text = *words != 0 ? transcript_unescaped_text(p, words) : NULL;
  } else {
    transcript_fail(p, "what is this", text);
  }
}

static void read_outcome(parser *p, const char *words) {
  transcript_step *step = last_step(p);
  bool first = step->outcome_count == 1 && step->outcomes[0].words[0] == 0;
  if (!p->script->head.timing || *words == 0 ||
      (first && last_item(p) != NULL)) {
    transcript_fail(
        p,
        "an outcome has words, and stands behind a block of a file with"
        " timing: yes",
        words);
  }
  if (first) {
    step->outcome_count = 0;
  }
  new_outcome(p, step, words);
}

static void read_line(parser *p, const char *text, const char *previous) {
  const char *rest;
  if ((rest = transcript_behind(text, "C~:")) != NULL) {
    read_client(p, rest, false, false);
  } else if ((rest = transcript_behind(text, "C:")) != NULL) {
    read_client(p, rest, false, true);
  } else if ((rest = transcript_behind(text, "W:")) != NULL) {
    read_client(p, rest, true, false);
  } else if ((rest = transcript_behind(text, "S:")) != NULL) {
    read_reply(p, rest);
  } else if ((rest = transcript_behind(text, "E:")) != NULL) {
    read_event(p, rest);
  } else if ((rest = transcript_behind(text, "A:")) != NULL) {
    read_answer_line(p, rest, previous);
  } else if ((rest = transcript_behind(text, "TLS:")) != NULL) {
    read_tls(p, rest);
  } else if ((rest = transcript_behind(text, "T:")) != NULL) {
    new_step(p, TRANSCRIPT_STEP_TIME)->milliseconds =
        transcript_number(p, rest);
  } else if ((rest = transcript_behind(text, "outcome:")) != NULL) {
    read_outcome(p, rest);
  } else {
    read_happening(p, text);
  }
}

/* Lines. */

static void add_line(parser *p, unsigned number, const char *text) {
  p->lines = one_more(p->script, p->lines, p->count, sizeof(line));
  p->lines[p->count].number = number;
  p->lines[p->count++].text = text;
}

/* Adds |text| unless it says nothing, or is of the other side. */
static void take_line(parser *p, unsigned number, const char *text) {
  bool clear = transcript_begins(text, "clear|");
  bool tls = transcript_begins(text, "tls|");
  if (*text == 0 || *text == '#' ||
      (clear && p->script->side != TRANSCRIPT_SIDE_CLEAR) ||
      (tls && p->script->side != TRANSCRIPT_SIDE_TLS)) {
    return;
  }
  add_line(p, number, clear || tls ? strchr(text, '|') + 1 : text);
}

static void split_lines(parser *p) {
  size_t from = 0;
  unsigned long times = 0;
  unsigned number = 0;
  for (char *text = p->file; *text != 0;) {
    char *end = strchr(text, '\n');
    p->number = ++number;
    if (end == NULL) {
      transcript_fail(p, "the file does not end with a line end", text);
    }
    *end = 0;
    if (transcript_begins(text, "REPEAT ")) {
      times = (unsigned long)transcript_number(p, text + 7);
      from = p->count;
    } else if (strcmp(text, "END") == 0) {
      size_t to = p->count;
      for (size_t i = from; times > 1 && i < to + (times - 2) * (to - from);
           i++) {
        /* Lines that were added are copied again: the block, over and over. */
        add_line(p, p->lines[i].number, p->lines[i].text);
      }
      times = 0;
    } else {
      take_line(p, number, text);
    }
    text = end + 1;
  }
}

static char *read_file(const char *path) {
  FILE *in = fopen(path, "rb");
  octets all = {0};
  char buf[4096];
  size_t n;
  while (in != NULL && (n = fread(buf, 1, sizeof(buf), in)) > 0) {
    octets_add(&all, buf, n);
  }
  if (in != NULL) {
    fclose(in);
  }
  return (char *)all.ptr;
}

static void read_all(parser *p) {
  const char *previous = "";
  split_lines(p);
  new_step(p, TRANSCRIPT_STEP_START);
  for (size_t i = transcript_read_head(p); i < p->count; i++) {
    p->number = p->lines[i].number;
    read_line(p, p->lines[i].text, previous);
    previous = p->lines[i].text;
  }
}

transcript *transcript_read(const char *path, transcript_side side,
                            octets *message) {
  parser p = {0};
  p.script = must_alloc(sizeof(transcript));
  p.script->path = transcript_keep_text(p.script, path, strlen(path));
  p.script->side = side;
  p.script->head.hostname = transcript_keep_text(p.script, "mx.example", 10);
  p.message = message;
  p.file = read_file(path);
  shako_policy_default(&p.script->head.policy);
  shako_peer_default(&p.script->head.peer);
  p.script->head.peer.port = 4711;
  shako_address_parse(&p.script->head.peer.address,
                      (shako_span){(const uint8_t *)"192.0.2.7", 9});
  if (setjmp(p.failed) != 0) {
    transcript_free(p.script);
    free(p.file);
    return NULL;
  }
  if (p.file == NULL) {
    transcript_fail(&p, "cannot be read, or is empty", path);
  }
  read_all(&p);
  free(p.file);
  return p.script;
}

static void free_step(transcript_step *step) {
  octets_free(&step->answer.data);
  for (size_t i = 0; i < step->piece_count; i++) {
    octets_free(&step->pieces[i].octets);
  }
  for (size_t i = 0; i < step->outcome_count; i++) {
    for (size_t k = 0; k < step->outcomes[i].count; k++) {
      octets_free(&step->outcomes[i].items[k].body);
      octets_free(&step->outcomes[i].items[k].answer.data);
    }
  }
}

void transcript_free(transcript *script) {
  for (size_t i = 0; i < script->count; i++) {
    free_step(&script->steps[i]);
  }
  octets_free(&script->head.hat);
  transcript_free_kept(script);
  free(script);
}

bool transcript_is_wrapped(const transcript *script) {
  const transcript_head *head = &script->head;
  return !head->only_clear && !head->timing && !head->implicit_tls &&
         !script->has_tls && head->engine == TRANSCRIPT_ENGINE_FAKE;
}
