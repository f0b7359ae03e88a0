#ifndef SHAKO_POLICY_WORDS_H
#define SHAKO_POLICY_WORDS_H

#include <stdbool.h>

#include "base/text.h"

/* The longest name of a sender group, a policy or an address list. */
#define SHAKO__GROUP_NAME_MAX 63

/* What stands for the variables of a policy's text. */
typedef struct shako__words {
  const char *group;     /* $Group; NULL is "" */
  const char *hostname;  /* $Hostname */
  const char *remote_ip; /* $RemoteIP */
} shako__words;

/* Returns what is wrong with |text|, a policy's banner or reject text, in
   static storage, or NULL: then it is the text of a reply, whatever stands for
   its variables. */
const char *shako__words_judge(const char *text);

/* Adds |template|, which is judged right, to |text| with |words| for its
   variables. */
void shako__words_put(shako__text *text, const char *template,
                      const shako__words *words);

#endif /* SHAKO_POLICY_WORDS_H */
