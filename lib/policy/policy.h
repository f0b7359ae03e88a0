#ifndef SHAKO_POLICY_POLICY_H
#define SHAKO_POLICY_POLICY_H

#include <shako/policy.h>

/* Returns the name of an access rule ("ACCEPT"), in static storage. */
const char *shako__access_name(shako_access access);

/* Returns why |policy|, all of whose fields are known, is not usable, in words
   that begin with its field ("policy.tls: no such setting"), or NULL. */
const char *shako__policy_judge(const shako_policy *policy);

/* ... nor as the one of a listener, which decides for a peer. */
const char *shako__policy_judge_default(const shako_policy *policy);

#endif /* SHAKO_POLICY_POLICY_H */
