#include "alert_relay.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "alert_attempt.h"
#include "file.h"
#include "log.h"

#define PROGRAM "deliver"

#define LETTERS_MAX 64
#define TRIES_MAX   5
#define STOP_TIME   5000 /* milliseconds */

/* Its attempts are at most three, each of the settings' time. */
#define ATTEMPTS 3

/* Options and their values, addresses, and what else a command has. */
#define WORDS_MAX (2 * (ALERT_RECIPIENTS_MAX + 6) + 3)

/* A message that waits. */
typedef struct letter {
  alert_message message;
  unsigned tries; /* so far */
  uint64_t due;   /* when it is tried next */
} letter;

struct alert_relay {
  alert_sender *sender;
  char program[PATH_MAX];
  uv_loop_t *loop;
  uv_timer_t timer; /* until the next is due; or the stop is over */
  alert_attempt attempt;
  bool running; /* |attempt|, with the letter number |at| */
  bool stopping;
  bool over; /* nothing is tried any more */
  size_t at;
  size_t count; /* of: */
  letter letters[LETTERS_MAX];
};

/* Finds the program beside our own. */
static bool find_program(alert_relay *r) {
  size_t len = sizeof(r->program) - sizeof(PROGRAM);
  bool found = uv_exepath(r->program, &len) == 0;
  char *slash = found ? strrchr(r->program, '/') : NULL;

  if (slash != NULL) {
    memcpy(slash + 1, PROGRAM, sizeof(PROGRAM));
  }

  if (slash == NULL || access(r->program, X_OK) != 0) {
    log_line("alert_relay: needs the program %s",
             slash != NULL ? r->program : PROGRAM);
    return false;
  }

  return true;
}

bool alert_relay_check(const settings *s) {
  const char *path = s->alerts.relay.destinations;
  shako_destinations *read = NULL;
  shako_place place = {0, 0, "out of memory"};
  buffer text = {0};
  int error;

  if (path == NULL || s->alerts.relay.next_hop == NULL) {
    return true;
  }

  if (!file_read(&text, path)) {
    buffer_free(&text);
    return false;
  }

  error = shako_destinations_read(
      &read, (shako_span){(const uint8_t *)text.ptr, text.len}, NULL, &place);
  if (error != 0) {
    log_line("%s:%u:%u: %s", path, (unsigned)place.line, (unsigned)place.column,
             place.what);
  }

  shako_destinations_unref(read);
  buffer_free(&text);

  return error == 0;
}

bool alert_relay_open(alert_relay **to, alert_sender *sender) {
  alert_relay *r = calloc(1, sizeof(*r));

  *to = r;
  if (r == NULL) {
    log_line("alerts: out of memory");
    return false;
  }

  r->sender = sender;

  return find_program(r) && alert_relay_check(sender->settings);
}

void alert_relay_close(alert_relay *r) {
  size_t i;

  for (i = 0; r != NULL && i < r->count; i++) {
    alert_message_free(&r->letters[i].message);
  }

  free(r);
}

/* |m| is not relayed, and |why|: what is left is the folder. */
static void give_up(alert_relay *r, alert_message *m, const char *why) {
  int error = ENOENT; /* there is no folder */

  log_line("alert not relayed: %s: %s", m->what, why);
  if (r->sender->settings->alerts.maildir != NULL) {
    error = alert_message_store(m, r->sender);
  }

  if (error == 0) {
    log_line("alert stored instead: %s", m->what);
  } else {
    log_line("alert lost (%s): %s", strerror(error), m->what);
  }

  alert_message_free(m);
}

static void drop(alert_relay *r, size_t i) {
  r->count--;
  memmove(&r->letters[i], &r->letters[i + 1],
          (r->count - i) * sizeof(r->letters[0]));
}

static char **add(char **word, const char *text) {
  *word = (char *)(uintptr_t)text;

  return word + 1;
}

/* Adds the option |name|, unless it has no |value|. */
static char **add_option(char **word, const char *name, const char *value) {
  return value != NULL ? add(add(word, name), value) : word;
}

/* Makes the command that hands |m| on; |seconds| are digits. */
static void make_words(char **word, const alert_relay *r,
                       const alert_message *m, const char *seconds) {
  const alert_relay_settings *s = &r->sender->settings->alerts.relay;
  const char *address = m->addresses;
  size_t i;

  word = add(word, r->program);
  word = add_option(word, "--host", s->next_hop);
  word = add_option(word, "--destinations", s->destinations);
  word = add_option(word, "--ca", s->authorities);
  word = add_option(word, "--hostname", r->sender->hostname);
  word = add_option(word, "--timeout", seconds);
  word = add_option(word, "--from", address);
  for (i = 0; i < m->recipients; i++) {
    address += strlen(address) + 1;
    word = add_option(word, "--rcpt", address);
  }

  add(add(word, "-"), NULL);
}

static void on_done(alert_attempt *a);

static void begin(alert_relay *r, size_t i) {
  const alert_message *m = &r->letters[i].message;
  unsigned timeout = r->sender->settings->alerts.relay.timeout;
  char *words[WORDS_MAX];
  char seconds[16];

  snprintf(seconds, sizeof(seconds), "%u", timeout);
  make_words(words, r, m, seconds);
  r->at = i;
  r->running = true;
  r->letters[i].tries++;
  r->attempt.data = r;
  r->attempt.done = on_done;
  alert_attempt_start(&r->attempt, r->loop, words,
                      uv_buf_init(m->text, (unsigned)m->len),
                      ATTEMPTS * timeout + 1);
}

static size_t find_first(const alert_relay *r) {
  size_t first = 0;
  size_t i;

  for (i = 1; i < r->count; i++) {
    if (r->letters[i].due < r->letters[first].due) {
      first = i;
    }
  }

  return first;
}

static void on_timer(uv_timer_t *timer);

/* Goes on with what is due, unless an attempt runs, which comes back here. */
static void go_on(alert_relay *r) {
  size_t first = find_first(r);
  uint64_t now = uv_now(r->loop);

  if (r->running) {
    return;
  }

  while (r->over && r->count > 0) {
    give_up(r, &r->letters[0].message, "shakod ends");
    drop(r, 0);
  }

  if (r->count > 0 && !r->stopping && r->letters[first].due > now) {
    uv_timer_start(&r->timer, on_timer, r->letters[first].due - now, 0);
  } else if (r->count > 0) {
    begin(r, first);
  } else if (r->stopping) {
    uv_close((uv_handle_t *)&r->timer, NULL);
  }
}

static void on_timer(uv_timer_t *timer) {
  alert_relay *r = timer->data;

  if (r->stopping) {
    r->over = true;
    alert_attempt_kill(&r->attempt);
  } else {
    go_on(r);
  }
}

/* Whether another attempt may end otherwise than one with |status|. */
static bool is_passing(int status) {
  return status == -1 || status == EX_TEMPFAIL || status == EX_OSERR;
}

static void on_done(alert_attempt *a) {
  alert_relay *r = a->data;
  letter *l = &r->letters[r->at];
  unsigned wait = r->sender->settings->alerts.relay.retry << (l->tries - 1);

  r->running = false;
  if (a->status != EX_OK && is_passing(a->status) && l->tries < TRIES_MAX &&
      !r->stopping) {
    log_line("alert not relayed yet: %s: %s; again in %u s", l->message.what,
             a->line, wait);
    l->due = uv_now(r->loop) + wait * (uint64_t)1000;
  } else if (a->status != EX_OK) {
    give_up(r, &l->message, a->line);
    drop(r, r->at);
  } else {
    log_line("alert relayed: %s: %s", l->message.what, a->line);
    alert_message_free(&l->message);
    drop(r, r->at);
  }

  go_on(r);
}

void alert_relay_start(alert_relay *r, uv_loop_t *loop) {
  r->loop = loop;
  uv_timer_init(loop, &r->timer);
  r->timer.data = r;
}

void alert_relay_add(alert_relay *r, alert_message *m) {
  if (r->count == LETTERS_MAX) {
    give_up(r, m, "too many wait");
    return;
  }

  r->letters[r->count++] = (letter){.message = *m, .due = uv_now(r->loop)};
  go_on(r);
}

void alert_relay_stop(alert_relay *r) {
  r->stopping = true;
  uv_timer_start(&r->timer, on_timer, STOP_TIME, 0);
  go_on(r);
}
