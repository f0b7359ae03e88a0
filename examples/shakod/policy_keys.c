#include "policy_keys.h"

const policy_key policy_keys[] = {
    {"tls", true},
    {"tls_observe", true},
    {"tls_min_version", true},
    {"tls_ciphers", true},
    {"tls_verify", true},
    {"tls_request_certificate", true},
    {"client_fingerprints", true},
    {"client_purpose", true},
    {"smtp_auth", true},
    {"smtp_auth_requires_tls", true},
    {"max_auth_failures", false},
    {"max_message_size", false},
    {"max_msgs_per_session", false},
    {"max_rcpts_per_msg", false},
    {"max_concurrency", false},
    {"max_rcpts_per_hour", false},
    {"max_handshakes_per_minute", false},
    {"banner_code", false},
    {"banner_text", true},
    {"reject_code", false},
    {"reject_text", true},
    {"override_hostname", true},
    {"idle_timeout", false},
    {"handshake_timeout", false},
    {"session_timeout", false},
    {"data_timeout", false},
    {"min_data_rate", false},
    {"max_commands", false},
    {"max_chunks_per_msg", false},
    {"max_errors", false},
    {"pipelining_early", true},
    {"bare_line_ends", true},
};

const size_t policy_key_count = sizeof(policy_keys) / sizeof(policy_keys[0]);

/* Adds |value| as a string, in which quotes and backslashes are escaped. */
static void add_string(buffer *block, const char *value) {
  buffer_add(block, "\"");
  for (; *value != '\0'; value++) {
    buffer_add(block, *value == '"' || *value == '\\' ? "\\" : "");
    buffer_add_span(block, (shako_span){(const uint8_t *)value, 1});
  }

  buffer_add(block, "\"");
}

void policy_keys_add(buffer *block, const policy_key *key, const char *value) {
  buffer_add(block, key->name);
  buffer_add(block, " = ");
  if (key->quoted) {
    add_string(block, value);
  } else {
    buffer_add(block, value);
  }

  buffer_add(block, "\n");
}

/* Reads the table that |text| is; its one group has the policy. */
static const char *read_table(listener_settings *l, const buffer *text) {
  shako_span span = {(const uint8_t *)text->ptr, text->len};
  shako_place place = {0, 0, NULL};
  shako_hat *hat = NULL;
  shako_hat_group group;
  int error = text->failed
                  ? SHAKO_ERR_NOMEM
                  : shako_hat_read(&hat, span, &l->policy, NULL, &place);

  if (error != 0) {
    return place.what != NULL && error != SHAKO_ERR_NOMEM
               ? place.what
               : shako_strerror(error);
  }

  shako_hat_group_at(hat, 0, &group);
  l->policy = *group.policy;
  l->policy.name = NULL;
  shako_hat_unref(l->policy_hat);
  l->policy_hat = hat;

  return NULL;
}

const char *policy_keys_apply(listener_settings *l, const buffer *block) {
  buffer text = {0};
  const char *wrong;

  buffer_add(&text, "$DEFAULT ACCEPT {\n");
  buffer_add_span(&text, (shako_span){(const uint8_t *)block->ptr, block->len});
  buffer_add(&text, "}\nALL $DEFAULT\n");
  text.failed = text.failed || block->failed;
  wrong = read_table(l, &text);
  buffer_free(&text);

  return wrong;
}
