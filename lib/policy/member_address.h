#ifndef SHAKO_POLICY_MEMBER_ADDRESS_H
#define SHAKO_POLICY_MEMBER_ADDRESS_H

#include <stdbool.h>

#include "policy/member.h"

/* Whether |text| is to be read as addresses: all of it is digits and what
   stands between them, or there is a colon in it. */
bool shako__member_is_addresses(shako_span text);

/* Reads all of |*text|, for which shako__member_is_addresses() holds, into
   |member->first| and |member->last|.  Returns NULL, or what is wrong, and then
   |*text| begins where it is. */
const char *shako__member_addresses_read(shako__member *member,
                                         shako_span *text);

#endif /* SHAKO_POLICY_MEMBER_ADDRESS_H */
