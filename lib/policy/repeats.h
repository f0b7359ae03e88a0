#ifndef SHAKO_POLICY_REPEATS_H
#define SHAKO_POLICY_REPEATS_H

#include "policy/hat.h"

/* Drops the members of |hat| that their group has already, in whatever case,
   and notes them in its |repeats|.

   Returns 0, or
     SHAKO_ERR_NOMEM  |hat| is to be unreferenced and nothing else */
int shako__repeats_drop(shako_hat *hat);

#endif /* SHAKO_POLICY_REPEATS_H */
