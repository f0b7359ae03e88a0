#include "report/columns.h"

const shako__kind_facts *shako__kind_facts_of(shako__kind kind) {
  static const shako__kind_facts facts[SHAKO__KIND_COUNT] = {
      [SHAKO__KIND_GROUP] = {"group", 2, SHAKO__COLUMNS_OF_GROUP, false},
      [SHAKO__KIND_CIPHER] = {"cipher", 2, 1, false},
      [SHAKO__KIND_CLOSED] = {"closed", 1, 1, false},
      [SHAKO__KIND_PEER] = {"peer", 1, SHAKO__COLUMNS_OF_HEAVIEST, true},
      [SHAKO__KIND_DOMAIN] = {"domain", 1, SHAKO__COLUMNS_OF_HEAVIEST, true},
  };

  return &facts[kind];
}

/* The columns from MESSAGES on that have a name of their own. */
static const char *single_name(uint32_t column) {
  static const char *const names[] = {
      "messages",        "messages-tls",
      "refusals",        "recipients",
      "commands",        "transactions",
      "observed",        "observed-connections",
      "octets-received", "octets-sent",
      "octets-messages", "duration-ms",
      "handshake-ms",
  };

  return names[column - SHAKO__COLUMN_MESSAGES];
}

shako__column_name shako__column_name_of(shako__kind kind, uint32_t column) {
  shako__column_name name = {"", "connections"};

  if (shako__kind_facts_of(kind)->columns == 1) {
    return name;
  }
  if (column < SHAKO__COLUMN_MESSAGES) {
    name.name = shako_tls_outcome_name((shako_tls_outcome)column);
  } else if (column < SHAKO__COLUMN_FAILURES) {
    name.name = single_name(column);
  } else if (column < SHAKO__COLUMN_REASONS) {
    name.family = "failure.";
    name.name = shako_tls_failure_name(
        (shako_tls_failure)(column - SHAKO__COLUMN_FAILURES));
  } else {
    const char *text = shako_reason_text(column - SHAKO__COLUMN_REASONS);

    name.family = "refused.";
    name.name = text ? text : "unknown";
  }
  return name;
}
