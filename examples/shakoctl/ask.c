#include "ask.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../shakod/number.h"

#define CHOICES_MAX 16

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

/* Writes the numbers of |set| to |to|; that of all is 1. */
static void write_set(char *to, size_t size, size_t count, unsigned set) {
  size_t len = 0;
  size_t i;

  if (set == (1u << count) - 1) {
    snprintf(to, size, "1");
    return;
  }

  for (i = 0; i < count; i++) {
    if (set >> i & 1) {
      len += (size_t)snprintf(to + len, size - len, "%s%zu", len > 0 ? "," : "",
                              i + 2);
    }
  }
}

/* Reads numbers or words with commas between them; |choices| begin with that
   of all.  Returns 0 where one is none. */
static unsigned read_set(char *text, const char *const *choices, size_t count) {
  unsigned set = 0;
  char *rest;
  char *word;

  for (word = strtok_r(text, ",", &rest); word != NULL;
       word = strtok_r(NULL, ",", &rest)) {
    size_t i;

    word += strspn(word, " ");
    while (*word != '\0' && word[strlen(word) - 1] == ' ') {
      word[strlen(word) - 1] = '\0';
    }

    i = find_choice(word, choices, count);
    if (i == count) {
      return 0;
    }

    set |= i == 0 ? (1u << (count - 1)) - 1 : 1u << (i - 1);
  }

  return set;
}

bool ask_choices(terminal *t, const char *question, const char *const *choices,
                 size_t count, unsigned *set) {
  const char *all[CHOICES_MAX + 1] = {"All"};
  char preset[64];
  answer given;
  unsigned found;
  size_t i;

  write_set(preset, sizeof(preset), count, *set);
  puts(question);
  for (i = 0; i <= count; i++) {
    all[i] = i == 0 ? all[0] : choices[i - 1];
    printf("%zu. %s\n", i + 1, all[i]);
  }

  do {
    if (!read_answer(t, preset, &given)) {
      return false;
    }

    found = read_set(given.text, all, count + 1);
    if (found == 0) {
      printf("The values must be numbers from 1 to %zu.\n", count + 1);
    }
  } while (found == 0);

  *set = found;

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
