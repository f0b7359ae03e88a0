/* The summary of a listener, octet for octet. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <shako/shako.h>

#include "base/ascii.h"
#include "failing_memory.h"
#include "paper_certificate.h"

static void *test_alloc(size_t size, void *user_data) {
  void *ptr = failing_now() ? NULL : malloc(size);

  (void)user_data;
  failing.live += ptr != NULL;
  return ptr;
}

static void test_release(void *ptr, size_t size, void *user_data) {
  (void)size;
  (void)user_data;
  failing.live--;
  free(ptr);
}

static const shako_mem mem = {NULL, test_alloc, test_release};

static const shako_tls_engine engine = {.version = SHAKO_TLS_ENGINE_VERSION};

static shako_provider_status ready(void *ctx) {
  return *(const shako_provider_status *)ctx;
}

static shako_provider_status select_none(void *ctx,
                                         const shako_client_hello *hello,
                                         shako_certificate **certificates,
                                         size_t *count) {
  (void)ctx;
  (void)hello;
  (void)certificates;
  *count = 0;
  return SHAKO_PROVIDER_NONE;
}

/* A listener of the defaults with a table, unless that is NULL. */
static void prepare(shako_listener_config *config, const char *table) {
  shako_place place;

  shako_listener_config_default(config);
  config->hostname = "mx.example";
  config->external_tls = 1;
  if (table && shako_hat_read(&config->hat, shako__span(table), NULL, &mem,
                              &place) != 0) {
    fail_msg("%u:%u: %s", place.line, place.column, place.what);
  }
}

static shako_listener *make(const shako_listener_config *config) {
  shako_listener *listener;
  const char *reason;

  if (shako_listener_new(&listener, config, &mem, &reason) != 0) {
    fail_msg("%s", reason);
  }
  shako_hat_unref(config->hat);
  return listener;
}

static void expect(const shako_listener_config *config, const char *want) {
  shako_listener *listener = make(config);
  char text[4096];

  assert_int_equal(shako_listener_summary(listener, text, sizeof(text)),
                   strlen(want));
  assert_string_equal(text, want);
  shako_listener_unref(listener);
  assert_int_equal(failing.live, 0);
}

static void a_listener_is_summed_up_in_eight_lines(void **state) {
  shako_listener_config config;
  shako_policy policy;

  (void)state;

  prepare(&config, NULL);
  shako_policy_default(&policy);
  policy.tls = SHAKO_TLS_SETTING_REQUIRED;
  config.policy = &policy;
  config.name = "Inboundmail";
  config.interface_label = "PublicNet (192.168.2.1/24)";
  expect(&config, "Name: Inboundmail\n"
                  "Type: Public\n"
                  "Interface: PublicNet (192.168.2.1/24) TCP Port 25\n"
                  "Protocol: SMTP\n"
                  "Default Domain:\n"
                  "Max Concurrency: 1000 (TCP Queue: 50)\n"
                  "Domain map: disabled\n"
                  "TLS: Required\n");
}

static void what_is_not_set_leaves_no_blank(void **state) {
  shako_listener_config config;

  (void)state;

  prepare(&config, NULL);
  config.max_concurrency = 0;
  config.tcp_queue = 0;
  expect(&config, "Name:\n"
                  "Type: Public\n"
                  "Interface: TCP Port 25\n"
                  "Protocol: SMTP\n"
                  "Default Domain:\n"
                  "Max Concurrency: no limit (TCP Queue: 0)\n"
                  "Domain map: disabled\n"
                  "TLS: No\n");
}

static void what_is_set_is_told(void **state) {
  static const shako_domain_map_row map[] = {{"a.example", "b.example"}};
  shako_listener_config config;
  shako_policy policy;

  (void)state;

  prepare(&config, NULL);
  shako_policy_default(&policy);
  policy.tls = SHAKO_TLS_SETTING_PREFERRED;
  config.policy = &policy;
  config.name = "Out";
  config.type = SHAKO_LISTENER_TYPE_PRIVATE;
  config.port = 65535;
  config.implicit_tls = 1;
  config.default_domain = "example.com";
  config.max_concurrency = UINT32_MAX;
  config.tcp_queue = 7;
  config.domain_map = map;
  config.domain_map_rows = 1;
  expect(&config, "Name: Out\n"
                  "Type: Private\n"
                  "Interface: TCP Port 65535\n"
                  "Protocol: SMTP in TLS\n"
                  "Default Domain: example.com\n"
                  "Max Concurrency: 4294967295 (TCP Queue: 7)\n"
                  "Domain map: enabled\n"
                  "TLS: Preferred\n");
}

static void expect_protocol(bool lmtp, bool implicit_tls, const char *want) {
  shako_listener_config config;
  shako_listener *listener;
  char text[4096];

  prepare(&config, NULL);
  config.port = 24;
  config.lmtp = lmtp;
  config.implicit_tls = implicit_tls;
  listener = make(&config);
  shako_listener_summary(listener, text, sizeof(text));
  assert_non_null(strstr(text, want));
  shako_listener_unref(listener);
}

static void the_protocol_is_told(void **state) {
  (void)state;

  expect_protocol(false, false, "\nProtocol: SMTP\n");
  expect_protocol(false, true, "\nProtocol: SMTP in TLS\n");
  expect_protocol(true, false, "\nProtocol: LMTP\n");
  expect_protocol(true, true, "\nProtocol: LMTP in TLS\n");
}

#define HEAD(TYPE, TLS)                                                        \
  "Name:\n"                                                                    \
  "Type: " TYPE "\n"                                                           \
  "Interface: TCP Port 25\n"                                                   \
  "Protocol: SMTP\n"                                                           \
  "Default Domain:\n"                                                          \
  "Max Concurrency: 1000 (TCP Queue: 50)\n"                                    \
  "Domain map: disabled\n"                                                     \
  "TLS: " TLS "\n"

static void the_setting_of_a_policy_is_told_whole(void **state) {
  static const struct row {
    shako_tls_setting tls;
    uint16_t min_version;
    bool observed;
    bool senders;
    const char *want;
  } rows[] = {
      {SHAKO_TLS_SETTING_NO, 0x0304, false, false, HEAD("Public", "No")},
      {SHAKO_TLS_SETTING_PREFERRED, 0x0304, true, false,
       HEAD("Public", "Preferred, 1.3 or later")},
      {SHAKO_TLS_SETTING_PREFERRED, 0x0303, false, true,
       HEAD("Public", "Preferred, Required of mandatory senders")},
      {SHAKO_TLS_SETTING_REQUIRED, 0x0303, false, true,
       HEAD("Public", "Required")},
      {SHAKO_TLS_SETTING_REQUIRED, 0x0303, true, false,
       HEAD("Public", "Required (observed)")},
      {SHAKO_TLS_SETTING_REQUIRED, 0x0304, true, true,
       HEAD("Public", "Required (observed), 1.3 or later, "
                      "Required of mandatory senders")},
  };
  shako_address_list *list;
  shako_place place;
  size_t i;

  (void)state;

  assert_int_equal(
      shako_address_list_read(&list, shako__span("@a.example"), NULL, &place),
      0);
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    shako_listener_config config;
    shako_policy policy;

    prepare(&config, NULL);
    shako_policy_default(&policy);
    policy.tls = rows[i].tls;
    policy.tls_min_version = rows[i].min_version;
    policy.tls_observed = rows[i].observed;
    policy.tls_mandatory_senders = rows[i].senders ? list : NULL;
    config.policy = &policy;
    expect(&config, rows[i].want);
  }
  shako_address_list_unref(list);
}

static void each_sender_group_is_told_with_its_policy(void **state) {
  shako_listener_config config;

  (void)state;

  prepare(&config,
          "$PARTNERS ACCEPT { tls = \"required\" }\n"
          "$TRIAL ACCEPT { tls = \"required\" tls_observe = \"on\" }\n"
          "$NEW RELAY { tls = \"preferred\" tls_min_version = \"1.3\" }"
          "\n"
          "$BLOCKED REJECT { tls = \"required\" }\n"
          "PARTNERS: 192.0.2.0/24 192.0.3.1 $PARTNERS (ours)\n"
          "TRIAL: 192.0.4.1 $TRIAL\n"
          "NEW: 192.0.5.1 $NEW\n"
          "EMPTY: $PARTNERS\n"
          "BAD: 192.0.6.1 $BLOCKED\n"
          "251.192.1. TCPREFUSE\n"
          "192.0.7.1 CONTINUE\n"
          "192.0.8.1 $NEW\n"
          "ALL ACCEPT\n");
  expect(&config,
         HEAD("Public",
              "No") "\n"
                    "Sender groups:\n"
                    "  PARTNERS: $PARTNERS (ACCEPT), TLS Required\n"
                    "  TRIAL: $TRIAL (ACCEPT), TLS Required (observed)\n"
                    "  NEW: $NEW (RELAY), TLS Preferred, 1.3 or later\n"
                    "  EMPTY: $PARTNERS (ACCEPT), TLS Required\n"
                    "  BAD: $BLOCKED (REJECT)\n"
                    "  251.192.1.: TCPREFUSE\n"
                    "  192.0.7.1: CONTINUE\n"
                    "  192.0.8.1: $NEW (RELAY), TLS Preferred, 1.3 or later\n"
                    "  ALL: ACCEPT, TLS No\n");
}

/* The default policy is told where it can decide. */
static void hosts_that_match_nothing_get_the_default_policy(void **state) {
  shako_listener_config config;

  (void)state;

  prepare(&config, "192.0.2.1 RELAY\n");
  config.type = SHAKO_LISTENER_TYPE_PRIVATE;
  expect(
      &config,
      HEAD("Private",
           "No") "\n"
                 "Sender groups:\n"
                 "  192.0.2.1: RELAY, TLS No\n"
                 "  no entry matches: the default policy (ACCEPT), TLS No\n");
}

/* Where lint has something to say of |table| at such a listener, it is told
   as lint tells it. */
static void expect_warnings(const shako_listener_config *config,
                            const shako_hat_surroundings *around) {
  shako_listener *listener = make(config);
  shako_hat_warnings *warnings;
  char want[2048];
  char text[4096];
  const char *at;

  assert_int_equal(
      shako_hat_lint(&warnings, shako_listener_hat(listener), around), 0);
  assert_true(warnings->count > 0);
  assert_in_range(shako_hat_warnings_text(warnings, want, sizeof(want)), 1,
                  sizeof(want) - 1);
  shako_hat_warnings_free(warnings);
  assert_in_range(shako_listener_summary(listener, text, sizeof(text)), 1,
                  sizeof(text) - 1);
  at = strstr(text, "\n\nWarnings:\n");
  assert_non_null(at);
  assert_string_equal(at + strlen("\n\nWarnings:\n"), want);
  shako_listener_unref(listener);
  assert_int_equal(failing.live, 0);
}

#define REQUIRED_OF_ALL                                                        \
  "$R ACCEPT { tls = \"required\" }\n"                                         \
  "$UNUSED ACCEPT\n"                                                           \
  "ALL $R\n"

static void the_warnings_follow(void **state) {
  shako_hat_surroundings around = {
      .struct_size = sizeof(around), .has_tls = 1, .has_certificate = 1};
  shako_listener_config config;

  (void)state;

  prepare(&config, REQUIRED_OF_ALL);
  around.is_public = 1;
  expect_warnings(&config, &around);
  prepare(&config, REQUIRED_OF_ALL);
  config.type = SHAKO_LISTENER_TYPE_PRIVATE;
  around.is_public = 0;
  expect_warnings(&config, &around);
}

/* A provider that waits will have a certificate. */
static void a_listener_without_a_certificate_is_warned_of(void **state) {
  static const shako_provider_status statuses[] = {
      SHAKO_PROVIDER_OK, SHAKO_PROVIDER_WAIT, SHAKO_PROVIDER_NONE};
  size_t i;

  (void)state;

  for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
    shako_provider_status status = statuses[i];
    shako_certificate_provider provider = {.struct_size = sizeof(provider),
                                           .ctx = &status,
                                           .ready = ready,
                                           .select = select_none};
    shako_hat_surroundings around = {.struct_size = sizeof(around),
                                     .has_tls = 1,
                                     .has_certificate =
                                         status != SHAKO_PROVIDER_NONE};
    shako_listener_config config;

    prepare(&config, REQUIRED_OF_ALL);
    config.type = SHAKO_LISTENER_TYPE_PRIVATE;
    config.external_tls = 0;
    config.engine = &engine;
    config.certificates = &provider;
    expect_warnings(&config, &around);
  }
}

static paper_certificate shown[2];
static int inspections; /* to go, before memory runs out; negative: enough */

static shako_provider_status select_shown(void *ctx,
                                          const shako_client_hello *hello,
                                          shako_certificate **certificates,
                                          size_t *count) {
  size_t i;

  (void)ctx;
  assert_int_equal(hello->server_name.len, 0);
  *count = 2;
  for (i = 0; i < 2; i++) {
    certificates[i] = shako_certificate_ref(&shown[i].base);
  }
  return SHAKO_PROVIDER_OK;
}

static int inspect(const shako_certificate *certificate, size_t index,
                   shako_certificate_facts *facts) {
  return inspections-- == 0 ? SHAKO_ERR_NOMEM
                            : paper_engine.inspect(certificate, index, facts);
}

/* Lists what is wrong with |shown|, of an |engine| that is read. */
static void expect_of_certificates(const shako_tls_engine *of,
                                   const char *hostname, const char *table,
                                   const char *want) {
  shako_provider_status status = SHAKO_PROVIDER_OK;
  shako_certificate_provider provider = {.struct_size = sizeof(provider),
                                         .ctx = &status,
                                         .ready = ready,
                                         .select = select_shown};
  shako_listener_config config;
  shako_listener *listener;
  char text[4096];
  const char *at;
  size_t i;

  for (i = 0; i < 2; i++) {
    paper_init(&shown[i]);
    shown[i].base.engine = of;
  }
  prepare(&config, table);
  config.hostname = hostname;
  config.type = SHAKO_LISTENER_TYPE_PRIVATE;
  config.external_tls = 0;
  config.engine = of;
  config.certificates = &provider;
  listener = make(&config);
  (void)shako_listener_summary(listener, text, sizeof(text));
  at = strstr(text, "\n\nWarnings:\n");
  assert_string_equal(at ? at + strlen("\n\nWarnings:\n") : "", want);
  for (i = 0; i < 2; i++) {
    assert_int_equal(shown[i].base.references, 1);
  }
  shako_listener_unref(listener);
  assert_int_equal(failing.live, 0);
}

/* ... of whatever time, and once behind what is wrong with the table. */
static void the_certificates_are_warned_of(void **state) {
  static const char no_name[] =
      "name-mismatch: none of its names stands for the host\n";
  shako_tls_engine failing_engine = paper_engine;
  char want[256];

  (void)state;
  shown[0] = (paper_certificate){.names = {"mx.example"},
                                 .members = {{"a", "b", 5, 2000000, NULL, 0},
                                             {"b", "b", 5, 2000000, NULL, 0}}};
  shown[1] = shown[0];
  shown[1].key = "RSA";
  shown[1].names[0] = "other.example";
  snprintf(want, sizeof(want), "certificate (RSA): %s", no_name);
  expect_of_certificates(&paper_engine, "mx.example", NULL, want);
  expect_of_certificates(&blind_engine, "mx.example", NULL, "");
  shown[0].names[0] = "other.example";
  snprintf(want, sizeof(want), "certificate (ECDSA): %scertificate (RSA): %s",
           no_name, no_name);
  expect_of_certificates(&paper_engine, "mx.example", NULL, want);
  expect_of_certificates(&paper_engine, "mx.example", "$A ACCEPT\nALL $A\n",
                         want);

  failing_engine.inspect = inspect;
  for (inspections = 0; inspections < 6;) {
    int before = inspections;

    expect_of_certificates(&failing_engine, "mx.example", NULL, "");
    inspections = before + 1;
  }
  inspections = -1;
  expect_of_certificates(&failing_engine, "mx.example", NULL, want);
}

static void what_does_not_fit_is_left_out(void **state) {
  shako_listener_config config;
  shako_listener *listener;
  char whole[4096];
  size_t len;
  size_t size;

  (void)state;

  prepare(&config, REQUIRED_OF_ALL);
  listener = make(&config);
  len = shako_listener_summary(listener, whole, sizeof(whole));
  assert_in_range(len, 300, sizeof(whole) - 1);
  assert_int_equal(strlen(whole), len);
  assert_int_equal(shako_listener_summary(listener, NULL, 0), len);
  for (size = 1; size <= len + 1; size++) {
    char *text = malloc(size);

    assert_non_null(text);
    assert_int_equal(shako_listener_summary(listener, text, size), len);
    assert_int_equal(strlen(text), size - 1);
    assert_memory_equal(text, whole, size - 1);
    free(text);
  }
  shako_listener_unref(listener);
}

static shako_listener *told;

static void sum_up(bool refused) {
  char text[4096] = "before";
  size_t len;

  failing.armed = true;
  len = shako_listener_summary(told, text, sizeof(text));
  failing.armed = false;
  if (refused && failing.calls >= failing.at) {
    assert_int_equal(len, 0);
  }
  assert_true(refused || len > 0);
  assert_int_equal(strlen(text), len);
}

static void without_memory_nothing_is_told(void **state) {
  shako_listener_config config;

  (void)state;

  prepare(&config, REQUIRED_OF_ALL);
  told = make(&config);
  assert_true(failing_for_each(sum_up, 1) > 2);
  shako_listener_unref(told);
  assert_int_equal(failing.live, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_listener_is_summed_up_in_eight_lines),
      cmocka_unit_test(what_is_not_set_leaves_no_blank),
      cmocka_unit_test(what_is_set_is_told),
      cmocka_unit_test(the_protocol_is_told),
      cmocka_unit_test(the_setting_of_a_policy_is_told_whole),
      cmocka_unit_test(each_sender_group_is_told_with_its_policy),
      cmocka_unit_test(hosts_that_match_nothing_get_the_default_policy),
      cmocka_unit_test(the_warnings_follow),
      cmocka_unit_test(a_listener_without_a_certificate_is_warned_of),
      cmocka_unit_test(the_certificates_are_warned_of),
      cmocka_unit_test(what_does_not_fit_is_left_out),
      cmocka_unit_test(without_memory_nothing_is_told),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
