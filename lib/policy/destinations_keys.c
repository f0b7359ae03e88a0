#include "base/ascii.h"
#include "policy/destinations.h"

/* As the appliances name them; tls_min_version is ours. */

typedef struct destination_key {
  const char *name;
  const char *const *words; /* up to NULL; NULL: any value is kept */
  uint16_t first;           /* the value of the first */
  bool numbered;            /* the place of a word stands for it too */
  bool is_global;
  const char *wrong; /* what a value is that is none of them */
} destination_key;

static const destination_key keys[] = {
    [SHAKO__DESTINATION_TLS] =
        {"table_tls",
         (const char *const[]){"off", "on", "required", "on_verify",
                               "require_verify", NULL},
         SHAKO_DESTINATION_TLS_NO, true, false,
         "neither off, on, required, on_verify nor require_verify"},
    [SHAKO__DESTINATION_MIN_VERSION] =
        {"tls_min_version", (const char *const[]){"1.2", "1.3", NULL}, 0x0303,
         false, false, "neither 1.2 nor 1.3"},
    [SHAKO__DESTINATION_ALERT] = {"send_tls_req_alert",
                                  (const char *const[]){"off", "on", NULL}, 0,
                                  true, true, "neither off nor on"},
    {.name = "certificate", .is_global = true},
    {.name = "ip_sort_pref"},
    {.name = "max_host_concurrency"},
    {.name = "max_messages_per_connection"},
    {.name = "recipient_minutes"},
    {.name = "recipient_limit"},
    {.name = "limit_type"},
    {.name = "limit_apply"},
    {.name = "bounce_validation"},
    {.name = "bounce_profile"},
};

#define COUNT (sizeof(keys) / sizeof(keys[0]))

_Static_assert(COUNT <= 32, "a set of keys has a bit for each");

size_t shako__destination_key_count(void) {
  return COUNT;
}

const char *shako__destination_key_name(size_t key) {
  return keys[key].name;
}

size_t shako__destination_key_find(shako_span name) {
  size_t i = 0;

  while (i < COUNT && !shako__equals(name, keys[i].name)) {
    i++;
  }
  return i;
}

bool shako__destination_key_is_global(size_t key) {
  return keys[key].is_global;
}

const char *shako__destination_key_read(size_t key, shako_span text,
                                        uint16_t *value) {
  const destination_key *row = &keys[key];
  uint64_t number = UINT64_MAX;
  uint16_t i;

  if (row->numbered && text.len == 1) {
    shako__number(text, &number);
  }
  for (i = 0; row->words[i] != NULL; i++) {
    if (shako__equals(text, row->words[i]) || number == i) {
      *value = (uint16_t)(row->first + i);
      return NULL;
    }
  }
  return row->wrong;
}

const char *shako__destination_key_word(size_t key, uint16_t value) {
  return keys[key].words[value - keys[key].first];
}
