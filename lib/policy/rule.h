#ifndef SHAKO_POLICY_RULE_H
#define SHAKO_POLICY_RULE_H

/* A rule's number is its place in the table: the lowest that matches decides.
   This one is of no rule, and behind all of them. */
#define SHAKO__NO_RULE UINT32_MAX

#endif /* SHAKO_POLICY_RULE_H */
