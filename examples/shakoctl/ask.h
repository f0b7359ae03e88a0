#ifndef SHAKOCTL_ASK_H
#define SHAKOCTL_ASK_H

#include "terminal.h"

/* Questions as the appliances ask them.  Each returns false where no answer
   comes any more: whoever asked gives up what it was about. */

/* An answer, as it was typed. */
typedef struct answer {
  char text[TERMINAL_LINE_MAX];
} answer;

/* Asks |question|; an empty answer is |preset|, which may be NULL. */
bool ask_text(terminal *t, const char *question, const char *preset,
              answer *given);

/* Asks for what is not to be seen. */
bool ask_hidden(terminal *t, const char *question, answer *given);

/* Asks for one of |count| |choices|, by number or word; |*chosen| is the one
   of before, from 0. */
bool ask_choice(terminal *t, const char *question, const char *const *choices,
                size_t count, size_t *chosen);

/* Asks for one or more of |count| |choices|, at most 16, or for all of
   them; |*set| has a bit for each, and is never empty. */
bool ask_choices(terminal *t, const char *question, const char *const *choices,
                 size_t count, unsigned *set);

/* Asks for yes or no; |*yes| is what an empty answer means. */
bool ask_yes(terminal *t, const char *question, bool *yes);

/* Something that can be done.  The last of a table has no name. */
typedef struct operation {
  const char *name;
  const char *text;
  bool (*run)(void *ctx);
} operation;

/* Says what can be done, and has it done, until an empty answer.  |show|, or
   NULL, says what there is, before each question. */
bool ask_operations(terminal *t, const operation *table,
                    void (*show)(void *ctx), void *ctx);

#endif /* SHAKOCTL_ASK_H */
