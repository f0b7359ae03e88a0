#ifndef SHAKOCTL_CTL_H
#define SHAKOCTL_CTL_H

#include "ask.h"
#include "draft.h"

/* What all commands work on. */
typedef struct ctl {
  terminal terminal;
  draft draft;
  bool leaving;
  int status; /* that the process ends with */
} ctl;

/* Does a command, with what follows its name.  Returns false where no answer
   came to a question: the draft then goes back to what it was before. */
typedef bool (*command_run)(ctl *c, char *arguments);

#endif /* SHAKOCTL_CTL_H */
