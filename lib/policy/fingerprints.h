#ifndef SHAKO_POLICY_FINGERPRINTS_H
#define SHAKO_POLICY_FINGERPRINTS_H

#include <stdbool.h>

#include <shako/common.h>

/* A list of SHA-256 digests as policy.h describes it. */

/* Returns NULL where |text| is such a list, or what is wrong with it. */
const char *shako__fingerprints_judge(shako_span text);

/* Whether |text|, such a list or NULL, has |digest|, of 32 octets. */
bool shako__fingerprints_hold(const char *text, const uint8_t *digest);

#endif /* SHAKO_POLICY_FINGERPRINTS_H */
