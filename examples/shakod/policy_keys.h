#ifndef SHAKOD_POLICY_KEYS_H
#define SHAKOD_POLICY_KEYS_H

#include "buffer.h"
#include "settings.h"

/*
 * The default policy of a listener, by the keys of a Host Access Table: they
 * are put into a small one, so that the library judges and reads them.
 */

/* A key that a default policy may have. */
typedef struct policy_key {
  const char *name;
  bool quoted; /* its value is a string; else a number */
} policy_key;

extern const policy_key policy_keys[];
extern const size_t policy_key_count;

/* Adds |key| with |value|, as text, to |block|. */
void policy_keys_add(buffer *block, const policy_key *key, const char *value);

/**
 * Changes the policy of |l| as |block| says.  Returns NULL, or what is wrong,
 * in static storage.
 */
const char *policy_keys_apply(listener_settings *l, const buffer *block);

#endif /* SHAKOD_POLICY_KEYS_H */
