#include "policy/keys.h"

#include <stddef.h>
#include <string.h>

#include "base/ascii.h"
#include "policy/key.h"

static const shako__choice off_on = {(const char *const[]){"off", "on", NULL},
                                     0, "neither \"off\" nor \"on\""};
static const shako__choice settings = {
    (const char *const[]){"off", "preferred", "required", NULL},
    SHAKO_TLS_SETTING_NO, "neither \"off\", \"preferred\" nor \"required\""};
static const shako__choice versions = {
    (const char *const[]){"1.2", "1.3", NULL}, 0x0303,
    "neither \"1.2\" nor \"1.3\""};
static const shako__choice levels = {
    (const char *const[]){"intermediate", "modern", "legacy", NULL},
    SHAKO_TLS_CIPHERS_INTERMEDIATE,
    "neither \"intermediate\", \"modern\" nor \"legacy\""};
static const shako__choice purposes = {
    (const char *const[]){"client", "any", NULL}, 0,
    "neither \"client\" nor \"any\""};
static const shako__choice auth_settings = {
    (const char *const[]){"off", "preferred", "required", NULL},
    SHAKO_AUTH_SETTING_OFF, "neither \"off\", \"preferred\" nor \"required\""};
static const shako__choice on_off = {(const char *const[]){"on", "off", NULL},
                                     0, "neither \"on\" nor \"off\""};
static const shako__choice early = {
    (const char *const[]){"refuse", "allow", NULL}, 0,
    "neither \"refuse\" nor \"allow\""};
static const shako__choice bare = {
    (const char *const[]){"refuse", "keep", NULL}, 0,
    "neither \"refuse\" nor \"keep\""};

#define FIELD(NAME)                                                            \
  .offset = offsetof(shako_policy, NAME),                                      \
  .size = sizeof(((shako_policy *)NULL)->NAME)
#define CHOICE(KEY, NAME, CHOICE)                                              \
  { .name = KEY, .kind = SHAKO__KEY_CHOICE, FIELD(NAME), .choice = &(CHOICE) }
#define LIMIT(KEY, NAME)                                                       \
  { .name = KEY, .kind = SHAKO__KEY_LIMIT, FIELD(NAME) }
#define SECONDS(KEY, NAME)                                                     \
  { .name = KEY, .kind = SHAKO__KEY_SECONDS, FIELD(NAME) }
#define CODE(KEY, NAME, MIN, MAX, WRONG)                                       \
  {                                                                            \
    .name = KEY, .kind = SHAKO__KEY_CODE, FIELD(NAME), .min = (MIN),           \
    .max = (MAX), .wrong = (WRONG)                                             \
  }
#define TEXT(KEY, NAME)                                                        \
  { .name = KEY, .kind = SHAKO__KEY_TEXT, FIELD(NAME) }
#define KEPT(KEY)                                                              \
  { .name = KEY, .kind = SHAKO__KEY_KEPT }

static const shako__key keys[] = {
    CHOICE("tls", tls, settings),
    CHOICE("tls_observe", tls_observed, off_on),
    CHOICE("tls_min_version", tls_min_version, versions),
    CHOICE("tls_ciphers", tls_ciphers, levels),
    CHOICE("tls_verify", tls_verify, off_on),
    CHOICE("tls_request_certificate", tls_request_certificate, off_on),
    {.name = "client_fingerprints",
     .kind = SHAKO__KEY_PINS,
     FIELD(client_fingerprints)},
    CHOICE("client_purpose", client_any_purpose, purposes),
    {.name = "tls_mandatory_senders",
     .kind = SHAKO__KEY_SENDERS,
     FIELD(tls_mandatory_senders)},
    CHOICE("smtp_auth", auth, auth_settings),
    CHOICE("smtp_auth_requires_tls", auth_in_clear, on_off),
    LIMIT("max_auth_failures", max_auth_failures),
    LIMIT("max_message_size", max_message_size),
    LIMIT("max_msgs_per_session", max_messages),
    LIMIT("max_rcpts_per_msg", max_recipients),
    LIMIT("max_concurrency", max_concurrency),
    LIMIT("max_rcpts_per_hour", max_recipients_per_hour),
    LIMIT("max_handshakes_per_minute", max_handshakes_per_minute),
    CODE("banner_code", banner_code, 220, 220, "not 220"),
    TEXT("banner_text", banner_text),
    CODE("reject_code", reject_code, 400, 599, "not from 400 to 599"),
    TEXT("reject_text", reject_text),
    {.name = "override_hostname", .kind = SHAKO__KEY_HOST, FIELD(hostname)},
    SECONDS("idle_timeout", idle_timeout),
    SECONDS("handshake_timeout", handshake_timeout),
    SECONDS("session_timeout", session_timeout),
    SECONDS("data_timeout", data_timeout),
    LIMIT("min_data_rate", min_data_rate),
    LIMIT("max_commands", max_commands),
    LIMIT("max_chunks_per_msg", max_chunks),
    LIMIT("max_errors", max_errors),
    CHOICE("pipelining_early", pipelining_early, early),
    CHOICE("bare_line_ends", bare_line_ends, bare),
    KEPT("spam_check"),
    KEPT("virus_check"),
    KEPT("use_sb"),
    KEPT("dhap_limit"),
    KEPT("significant_bits"),
};

#define COUNT (sizeof(keys) / sizeof(keys[0]))

_Static_assert(COUNT <= 64, "a set of keys has a bit for each");

size_t shako__key_count(void) {
  return COUNT;
}

const shako__key *shako__key_at(size_t i) {
  return &keys[i];
}

const char *shako__key_name(size_t i) {
  return keys[i].name;
}

size_t shako__key_find(shako_span name) {
  size_t i = 0;

  while (i < COUNT && !shako__equals(name, keys[i].name)) {
    i++;
  }
  return i;
}

bool shako__key_is_kept(size_t i) {
  return keys[i].kind == SHAKO__KEY_KEPT;
}

uint64_t shako__key_number(const shako_policy *policy, const shako__key *key) {
  const void *field = (const char *)policy + key->offset;

  if (key->size == sizeof(uint8_t)) {
    return *(const uint8_t *)field;
  }
  if (key->size == sizeof(uint16_t)) {
    return *(const uint16_t *)field;
  }
  if (key->size == sizeof(uint32_t)) {
    return *(const uint32_t *)field;
  }
  return *(const uint64_t *)field;
}

static void put_limit(shako__text *text, uint64_t number, unsigned unit) {
  if (number == 0) {
    shako__text_put(text, "-1");
  } else {
    shako__text_put_number(text, (number - 1) / unit + 1);
  }
}

static void put_quoted(shako__text *text, const char *string) {
  shako__text_put(text, "\"");
  shako__text_put(text, string != NULL ? string : "");
  shako__text_put(text, "\"");
}

/* |string| has neither octets that are not printable nor any but LF. */
static void put_escaped(shako__text *text, const char *string) {
  shako__text_put(text, "\"");
  while (string != NULL && *string != '\0') {
    size_t plain = strcspn(string, "\"\\\n");
    shako_span span = {(const uint8_t *)string, plain};

    shako__text_put_span(text, span);
    string += plain;
    if (*string != '\0') {
      shako__text_put(text, *string == '"'    ? "\\\""
                            : *string == '\\' ? "\\\\"
                                              : "\\n");
      string++;
    }
  }
  shako__text_put(text, "\"");
}

/* A list that is not of the file has no name. */
static void put_senders(shako__text *text, const shako_hat *hat,
                        const shako_address_list *list) {
  const shako__hat_senders *senders = hat->senders.items;
  size_t i;

  for (i = 0; i < hat->senders.count; i++) {
    if (senders[i].list == list) {
      put_quoted(text, senders[i].name);
      return;
    }
  }
  shako__text_put(text, list != NULL ? "(a list of the listener's)" : "\"\"");
}

static void put_kept(shako__text *text, const shako_hat *hat,
                     const shako_policy *policy, size_t key) {
  const shako__hat_policy *policies = hat->policies.items;
  const shako__hat_kept *kept = hat->kept.items;
  size_t i;

  for (i = 0; i < hat->kept.count; i++) {
    if (kept[i].key == key && &policies[kept[i].policy].policy == policy) {
      shako__text_put(text, kept[i].quoted ? "\"" : "");
      shako__text_put(text, kept[i].value);
      shako__text_put(text, kept[i].quoted ? "\"" : "");
    }
  }
}

void shako__key_put(shako__text *text, const shako_hat *hat,
                    const shako_policy *policy, size_t i) {
  const shako__key *key = &keys[i];
  const void *field = (const char *)policy + key->offset;

  switch (key->kind) {
  case SHAKO__KEY_CHOICE:
    put_quoted(text, key->choice->words[shako__key_number(policy, key) -
                                        key->choice->first]);
    return;
  case SHAKO__KEY_LIMIT:
    put_limit(text, shako__key_number(policy, key), 1);
    return;
  case SHAKO__KEY_SECONDS:
    put_limit(text, shako__key_number(policy, key), 1000);
    return;
  case SHAKO__KEY_CODE:
    shako__text_put_number(text, shako__key_number(policy, key));
    return;
  case SHAKO__KEY_TEXT:
    put_escaped(text, *(const char *const *)field);
    return;
  case SHAKO__KEY_HOST:
  case SHAKO__KEY_PINS:
    put_quoted(text, *(const char *const *)field);
    return;
  case SHAKO__KEY_SENDERS:
    put_senders(text, hat, *(shako_address_list *const *)field);
    return;
  case SHAKO__KEY_KEPT:
    put_kept(text, hat, policy, i);
    return;
  }
}
