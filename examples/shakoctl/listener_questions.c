#include "listener_questions.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../shakod/log.h"
#include "edit.h"

typedef enum question_kind {
  QUESTION_TEXT,    /* a string; "none" takes it out */
  QUESTION_NUMBER,  /* 32 bits */
  QUESTION_LIMIT,   /* the same of a policy: 0 there is -1 to whoever asks */
  QUESTION_LIMIT_64 /* the same in 64 bits */
} question_kind;

/* A question about one value of a listener. */
typedef struct question {
  const char *section; /* as listener_set() has it, and: */
  const char *key;
  question_kind kind;
  size_t offset; /* in listener_settings */
  const char *text;
} question;

#define IN_LISTENER(FIELD) offsetof(listener_settings, FIELD)
#define IN_POLICY(FIELD)   offsetof(listener_settings, policy.FIELD)

static const question interface_label = {
    NULL, "interface", QUESTION_TEXT, IN_LISTENER(interface_label),
    "Enter the name of the interface, for the summary (or none)."};

static const question limits[] = {
    {NULL, "max_concurrency", QUESTION_NUMBER, IN_LISTENER(max_concurrency),
     "Enter the maximum number of concurrent connections of all hosts (0: no "
     "limit)."},
    {NULL, "tcp_queue", QUESTION_NUMBER, IN_LISTENER(tcp_queue),
     "Enter the number of connections that may wait in the TCP queue."},
    {"policy", "max_concurrency", QUESTION_LIMIT, IN_POLICY(max_concurrency),
     "Enter the maximum number of concurrent connections of one host (-1: no "
     "limit)."},
    {"policy", "max_message_size", QUESTION_LIMIT_64,
     IN_POLICY(max_message_size),
     "Enter the maximum message size, in octets (-1: no limit)."},
    {"policy", "max_msgs_per_session", QUESTION_LIMIT, IN_POLICY(max_messages),
     "Enter the maximum number of messages per connection (-1: no limit)."},
    {"policy", "max_rcpts_per_msg", QUESTION_LIMIT, IN_POLICY(max_recipients),
     "Enter the maximum number of recipients per message (-1: no limit)."},
    {"policy", "max_rcpts_per_hour", QUESTION_LIMIT,
     IN_POLICY(max_recipients_per_hour),
     "Enter the maximum number of recipients per hour of one host (-1: no "
     "limit)."},
};

static const question names[] = {
    {NULL, "hostname", QUESTION_TEXT, IN_LISTENER(hostname),
     "Enter the host name for the greeting (or none: the server's)."},
    {NULL, "default_domain", QUESTION_TEXT, IN_LISTENER(default_domain),
     "Enter the default domain of addresses without one (or none: they are "
     "refused)."},
};

/* Says in |now| what the answer to |q| would be if nothing changed. */
static void tell(answer *now, const question *q, const listener_settings *l) {
  const char *at = (const char *)l + q->offset;
  const char *text = NULL;
  uint64_t number = 0;
  uint32_t small = 0;

  switch (q->kind) {
  case QUESTION_TEXT:
    memcpy(&text, at, sizeof(text));
    snprintf(now->text, sizeof(now->text), "%s", text != NULL ? text : "");
    return;
  case QUESTION_NUMBER:
  case QUESTION_LIMIT:
    memcpy(&small, at, sizeof(small));
    number = small;
    break;
  case QUESTION_LIMIT_64:
    memcpy(&number, at, sizeof(number));
    break;
  }

  if (number == 0 && q->kind != QUESTION_NUMBER) {
    snprintf(now->text, sizeof(now->text), "-1");
  } else {
    snprintf(now->text, sizeof(now->text), "%llu", (unsigned long long)number);
  }
}

/* Whether |text| is a number as the configuration and we read it alike. */
static bool is_number(const char *text) {
  const char *digits = text + (*text == '-');
  size_t len = strspn(digits, "0123456789");

  return len > 0 && len < 19 && digits[len] == '\0' &&
         (digits[0] != '0' || len == 1);
}

static bool put(const listener_edit *e, const question *q, const char *given) {
  if (q->kind == QUESTION_TEXT) {
    return strcasecmp(given, "none") == 0
               ? listener_set(e, q->section, q->key, NULL)
               : listener_set_text(e, q->section, q->key, given);
  }

  if (!is_number(given)) {
    puts("The value must be a number.");
    return false;
  }

  return listener_set(e, q->section, q->key, given);
}

/* Asks |q| until the answer can be taken. */
static bool pose(listener_edit *e, const question *q) {
  answer now;
  answer given;

  tell(&now, q, listener_now(e));
  do {
    if (!ask_text(&e->c->terminal, q->text, now.text, &given)) {
      return false;
    }
  } while (strcmp(given.text, now.text) != 0 && !put(e, q, given.text));

  return true;
}

static bool pose_all(listener_edit *e, const question *table, size_t count) {
  size_t i;

  for (i = 0; i < count; i++) {
    if (!pose(e, &table[i])) {
      return false;
    }
  }

  return true;
}

bool listener_ask_limits(void *ctx) {
  return pose_all(ctx, limits, sizeof(limits) / sizeof(limits[0]));
}

static bool ask_type(listener_edit *e) {
  static const char *const choices[] = {"Public", "Private"};
  static const char *const values[] = {"public", "private"};
  size_t before = listener_now(e)->type == SHAKO_LISTENER_TYPE_PRIVATE;
  size_t chosen = before;

  return ask_choice(&e->c->terminal, "Select the type of the listener.",
                    choices, 2, &chosen) &&
         (chosen == before ||
          listener_set_text(e, NULL, "type", values[chosen]));
}

bool listener_ask_setup(void *ctx) {
  return ask_type(ctx) &&
         pose_all(ctx, names, sizeof(names) / sizeof(names[0]));
}

/* Puts |given| into the place of the title. */
static bool rename_listener(const listener_edit *e, const char *given) {
  shako_span text = draft_text(&e->c->draft);
  buffer quoted = {0};
  buffer to = {0};
  conf_item item;

  edit_quote(&quoted, given);
  buffer_add_span(&quoted, (shako_span){(const uint8_t *)"", 1});
  if (quoted.failed || !listener_find(e, &item)) {
    to.failed = true;
  } else {
    edit_replace(&to, text, item.title, quoted.ptr);
  }

  buffer_free(&quoted);

  return draft_change(&e->c->draft, &to);
}

bool listener_ask_name(void *ctx) {
  listener_edit *e = ctx;
  answer now;
  answer given;

  snprintf(now.text, sizeof(now.text), "%s", listener_now(e)->name);
  do {
    if (!ask_text(&e->c->terminal, "Enter the name of the listener.", now.text,
                  &given)) {
      return false;
    }
  } while (strcmp(given.text, now.text) != 0 &&
           !rename_listener(e, given.text));

  return true;
}

void listener_add_list(buffer *to, const char *text) {
  const char *separator = "{";

  while (*(text += strspn(text, " ,")) != '\0') {
    char one[TERMINAL_LINE_MAX];
    size_t len = strcspn(text, " ,");

    snprintf(one, sizeof(one), "%.*s", (int)len, text);
    buffer_add(to, separator);
    edit_quote(to, one);
    separator = ", ";
    text += len;
  }

  buffer_add(to, separator[0] == '{' ? "{}" : "}");
}

static bool set_addresses(const listener_edit *e, const char *given) {
  buffer list = {0};
  bool done;

  listener_add_list(&list, given);
  buffer_add_span(&list, (shako_span){(const uint8_t *)"", 1});
  done = !list.failed && listener_set(e, NULL, "listen", list.ptr);
  buffer_free(&list);

  return done;
}

bool listener_ask_interface(void *ctx) {
  listener_edit *e = ctx;
  const listener_settings *l = listener_now(e);
  size_t len = 0;
  size_t i;
  answer now = {""};
  answer given;

  for (i = 0; i < l->address_count && len < sizeof(now.text); i++) {
    len += (size_t)snprintf(now.text + len, sizeof(now.text) - len, "%s%s",
                            i > 0 ? " " : "", l->addresses[i].text);
  }

  do {
    if (!ask_text(&e->c->terminal,
                  "Enter the addresses to listen on, ADDRESS:PORT, with blanks "
                  "between them.",
                  now.text, &given)) {
      return false;
    }
  } while (strcmp(given.text, now.text) != 0 && !set_addresses(e, given.text));

  return pose(e, &interface_label);
}

bool listener_ask_tls(void *ctx) {
  static const char *const choices[] = {"No", "Preferred", "Required"};
  static const char *const values[] = {"off", "preferred", "required"};
  listener_edit *e = ctx;
  size_t before = listener_now(e)->policy.tls;
  size_t chosen = before;

  if (!ask_choice(&e->c->terminal,
                  "Do you want to allow encrypted TLS connections?", choices, 3,
                  &chosen)) {
    return false;
  }

  if (chosen != before &&
      !listener_set_text(e, "policy", "tls", values[chosen])) {
    return true; /* it was said why */
  }

  if (chosen > 0) {
    puts("You have chosen to enable TLS. Please use the 'certconfig' command "
         "to\nensure that there is a valid certificate configured.");
  }

  return true;
}
