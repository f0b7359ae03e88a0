#include "ask.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../shakod/number.h"

/* Returns what is wrong with an answer, or NULL. */
static const char *judge(const char *text) {
  if (strlen(text) >= TERMINAL_LINE_MAX - 1) {
    return "That is too long.";
  }

  for (; *text != '\0'; text++) {
    if ((unsigned char)*text < 0x20 || *text == 0x7f) {
      return "That has control characters in it.";
    }
  }

  return NULL;
}

/* Reads an answer behind "[preset]>", until one is usable. */
static bool read_answer(terminal *t, const char *preset, answer *given) {
  char prompt[TERMINAL_LINE_MAX + 4];
  const char *wrong = NULL;

  do {
    if (wrong != NULL) {
      puts(wrong);
    }

    snprintf(prompt, sizeof(prompt), "[%s]>", preset != NULL ? preset : "");
    if (!terminal_read(t, prompt, false, given->text)) {
      return false;
    }

    wrong = judge(given->text);
  } while (wrong != NULL);

  if (given->text[0] == '\0' && preset != NULL) {
    snprintf(given->text, sizeof(given->text), "%s", preset);
  }

  return true;
}

bool ask_text(terminal *t, const char *question, const char *preset,
              answer *given) {
  puts(question);

  return read_answer(t, preset, given);
}

bool ask_hidden(terminal *t, const char *question, answer *given) {
  puts(question);

  return terminal_read(t, "[]>", true, given->text);
}

/* Returns which of |choices| |text| is, or |count|. */
static size_t find_choice(const char *text, const char *const *choices,
                          size_t count) {
  uint64_t number;
  size_t i = 0;

  if (number_parse(text, 1, count, &number)) {
    return (size_t)number - 1;
  }

  while (i < count && strcasecmp(text, choices[i]) != 0) {
    i++;
  }

  return i;
}

bool ask_choice(terminal *t, const char *question, const char *const *choices,
                size_t count, size_t *chosen) {
  char preset[32];
  answer given;
  size_t i;

  snprintf(preset, sizeof(preset), "%zu", *chosen + 1);
  puts(question);
  for (i = 0; i < count; i++) {
    printf("%zu. %s\n", i + 1, choices[i]);
  }

  do {
    if (!read_answer(t, preset, &given)) {
      return false;
    }

    i = find_choice(given.text, choices, count);
    if (i == count) {
      printf("The value must be a number from 1 to %zu.\n", count);
    }
  } while (i == count);

  *chosen = i;

  return true;
}

bool ask_yes(terminal *t, const char *question, bool *yes) {
  answer given;

  for (;;) {
    printf("%s ", question);
    if (!read_answer(t, *yes ? "Y" : "N", &given)) {
      return false;
    }

    if (strcasecmp(given.text, "y") == 0 ||
        strcasecmp(given.text, "yes") == 0) {
      *yes = true;
      return true;
    }

    if (strcasecmp(given.text, "n") == 0 || strcasecmp(given.text, "no") == 0) {
      *yes = false;
      return true;
    }

    puts("The value must be Y or N.");
  }
}

static const operation *find_operation(const operation *table,
                                       const char *name) {
  while (table->name != NULL && strcasecmp(table->name, name) != 0) {
    table++;
  }

  return table->name != NULL ? table : NULL;
}

bool ask_operations(terminal *t, const operation *table,
                    void (*show)(void *ctx), void *ctx) {
  const operation *each;
  answer given;

  for (;;) {
    if (show != NULL) {
      show(ctx);
    }

    puts("\nChoose the operation you want to perform:");
    for (each = table; each->name != NULL; each++) {
      printf("- %s - %s\n", each->name, each->text);
    }

    if (!read_answer(t, NULL, &given)) {
      return false;
    }

    if (given.text[0] == '\0') {
      return true;
    }

    each = find_operation(table, given.text);
    if (each == NULL) {
      printf("There is no operation \"%s\".\n", given.text);
    } else if (!each->run(ctx)) {
      return false;
    }
  }
}
