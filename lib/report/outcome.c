#include <shako/record.h>

#include "policy/refusals.h"

const char *shako_tls_outcome_name(shako_tls_outcome outcome) {
  static const char *const names[SHAKO_TLS_OUTCOME_COUNT] = {
      [SHAKO_TLS_OUTCOME_NONE] = "none",
      [SHAKO_TLS_OUTCOME_OFF] = "off",
      [SHAKO_TLS_OUTCOME_CLEAR] = "clear",
      [SHAKO_TLS_OUTCOME_PREFERRED_OK] = "preferred-ok",
      [SHAKO_TLS_OUTCOME_PREFERRED_FAILED] = "preferred-failed",
      [SHAKO_TLS_OUTCOME_REQUIRED_OK] = "required-ok",
      [SHAKO_TLS_OUTCOME_REQUIRED_FAILED] = "required-failed",
      [SHAKO_TLS_OUTCOME_REQUIRED_MISSING] = "required-missing",
  };

  if ((unsigned)outcome >= SHAKO_TLS_OUTCOME_COUNT) {
    return "unknown";
  }
  return names[outcome];
}

/* Whether the peer was told to begin TLS first.  Without memory to count by
   reason any refusal may have been that. */
static int was_told(const shako_record *record) {
  return record->refused ? record->refused[shako__refusal_reason(
                               SHAKO__REFUSAL_TLS_REQUIRED)] > 0
                         : record->refusals > 0;
}

/* What it is where the peer did not ask for TLS.  Who wanted nothing that needs
   it (a health check: a connection, NOOP, QUIT) has failed at nothing. */
static shako_tls_outcome unasked(const shako_record *record) {
  switch (record->tls_setting) {
  case SHAKO_TLS_SETTING_NO:
    break;
  case SHAKO_TLS_SETTING_PREFERRED:
    return SHAKO_TLS_OUTCOME_CLEAR;
  case SHAKO_TLS_SETTING_REQUIRED:
    if (record->tls_observed) {
      return SHAKO_TLS_OUTCOME_CLEAR;
    }
    return was_told(record) ? SHAKO_TLS_OUTCOME_REQUIRED_MISSING
                            : SHAKO_TLS_OUTCOME_NONE;
  }
  return SHAKO_TLS_OUTCOME_OFF;
}

shako_tls_outcome shako_record_outcome(const shako_record *record) {
  int required = record->tls_implicit ||
                 (record->tls_setting == SHAKO_TLS_SETTING_REQUIRED &&
                  !record->tls_observed);

  if (record->tls_completed) {
    return required ? SHAKO_TLS_OUTCOME_REQUIRED_OK
                    : SHAKO_TLS_OUTCOME_PREFERRED_OK;
  }
  if (record->tls_implicit && record->octets_received == 0) {
    return SHAKO_TLS_OUTCOME_NONE;
  }
  if (record->tls_asked || record->tls_implicit) {
    return required ? SHAKO_TLS_OUTCOME_REQUIRED_FAILED
                    : SHAKO_TLS_OUTCOME_PREFERRED_FAILED;
  }
  return record->greeted ? unasked(record) : SHAKO_TLS_OUTCOME_NONE;
}
