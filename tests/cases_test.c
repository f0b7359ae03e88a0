#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <shako/shako.h>

/* Faults that were found and mended, so that they stay so. */

static shako_listener *listen_with(const shako_policy *policy, int external,
                                   int implicit) {
  shako_listener_config config;
  shako_listener *listener = NULL;
  const char *reason;

  shako_listener_config_default(&config);
  config.hostname = "mx.example";
  config.policy = policy;
  config.external_tls = (uint8_t)external;
  config.implicit_tls = (uint8_t)implicit;
  if (shako_listener_new(&listener, &config, NULL, &reason) != 0) {
    return NULL;
  }
  return listener;
}

static shako_session *connect_to(shako_listener *listener) {
  shako_session *session = NULL;
  shako_peer peer;

  shako_peer_default(&peer);
  assert_int_equal(shako_session_new(&session, listener, &peer, NULL, 1), 0);
  shako_listener_unref(listener);
  return session;
}

static void push(shako_session *session, const char *text) {
  size_t n;

  shako_session_push(session, (const uint8_t *)text, strlen(text), &n);
  assert_int_equal(n, strlen(text));
}

static void send_all(shako_session *session) {
  size_t len;

  while (shako_session_want(session) & SHAKO_WANT_SEND) {
    shako_session_send_buf(session, &len);
    shako_session_send_ack(session, len);
  }
}

/* Polls, demands |type| and says yes. */
static void accept_next(shako_session *session, shako_event_type type) {
  const shako_event *event = shako_session_poll(session, 1);

  assert_non_null(event);
  assert_int_equal(event->type, type);
  assert_int_equal(shako_session_accept(session, event->question), 0);
}

/* Its TLS setting would be lost, and Required with it. */
static void a_policy_without_its_size_is_refused(void **state) {
  shako_policy policy = {0};

  (void)state;
  policy.tls = SHAKO_TLS_SETTING_REQUIRED;
  assert_null(listen_with(&policy, 1, 0));
}

static void a_provider_without_its_size_is_refused(void **state) {
  shako_certificate_provider provider;
  shako_listener_config config;
  shako_listener *listener = NULL;
  const char *reason = NULL;

  (void)state;
  shako_certificate_provider_single(&provider, NULL);
  provider.struct_size = 0;
  shako_listener_config_default(&config);
  config.hostname = "mx.example";
  config.certificates = &provider;
  assert_int_equal(shako_listener_new(&listener, &config, NULL, &reason),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_non_null(strstr(reason, "certificates"));
}

/* What a loan from before STARTTLS brings is not from inside the
   application's TLS. */
static void end_an_old_loan(size_t n) {
  const shako_tls_info info = {
      .struct_size = sizeof(info), .version = 0x0304, .alert = -1};
  shako_policy policy;
  shako_session *session;
  const shako_event *event;
  uint8_t *loan;
  size_t len;

  shako_policy_default(&policy);
  policy.tls = SHAKO_TLS_SETTING_REQUIRED;
  session = connect_to(listen_with(&policy, 1, 0));
  accept_next(session, SHAKO_EVENT_CONNECT);
  assert_null(shako_session_poll(session, 1));
  send_all(session);
  push(session, "EHLO c.example\r\n");
  accept_next(session, SHAKO_EVENT_HELLO);
  assert_null(shako_session_poll(session, 1));
  send_all(session);
  push(session, "STARTTLS\r\n");
  loan = shako_session_recv_buf(session, &len);
  assert_non_null(loan);
  accept_next(session, SHAKO_EVENT_STARTTLS);
  assert_null(shako_session_poll(session, 1));
  send_all(session);
  event = shako_session_poll(session, 1);
  assert_int_equal(event->type, SHAKO_EVENT_HANDSHAKE);
  assert_int_equal(shako_session_tls_external(session, event->question, &info),
                   SHAKO_ERR_INVALID_STATE);
  memcpy(loan, "MAIL FROM:<a@b.example>\r\n", n);
  assert_int_equal(shako_session_recv_ack(session, n), 0);
  assert_int_equal(shako_session_tls_external(session, event->question, &info),
                   0);
  event = shako_session_poll(session, 1);
  assert_int_equal(event->type, SHAKO_EVENT_CLOSED);
  assert_int_equal(shako_session_tls(session)->failure,
                   SHAKO_TLS_FAILURE_NOT_TLS);
  shako_session_free(session);
}

static void
t03_an_old_loan_is_ended_before_an_external_handshake(void **state) {
  (void)state;
  end_an_old_loan(1);
  end_an_old_loan(25);
}

static void what_an_application_says_of_its_tls_has_a_size(void **state) {
  const shako_tls_info info = {.version = 0x0304};
  shako_session *session = connect_to(listen_with(NULL, 1, 1));
  const shako_event *event = shako_session_poll(session, 1);

  (void)state;
  assert_int_equal(event->type, SHAKO_EVENT_HANDSHAKE);
  assert_int_equal(shako_session_want(session) & SHAKO_WANT_RECV, 0);
  assert_int_equal(shako_session_tls_external(session, event->question, &info),
                   SHAKO_ERR_INVALID_ARGUMENT);
  shako_session_free(session);
}

/* Of a port that is always the application's TLS, whose client has |faults| and
   says of itself that it is verified: returns whether it is greeted. */
static int greets(uint32_t faults, int shown) {
  const shako_client_certificate client = {
      .struct_size = sizeof(client), .faults = faults, .verified = 1};
  const shako_tls_info info = {.struct_size = sizeof(info),
                               .version = 0x0304,
                               .alert = -1,
                               .client = shown ? &client : NULL};
  shako_policy policy;
  shako_session *session;
  const shako_event *event;
  int is;

  shako_policy_default(&policy);
  policy.tls_verify = 1;
  session = connect_to(listen_with(&policy, 1, 1));
  event = shako_session_poll(session, 1);
  assert_int_equal(event->type, SHAKO_EVENT_HANDSHAKE);
  assert_int_equal(shako_session_tls_external(session, event->question, &info),
                   0);
  event = shako_session_poll(session, 1);
  assert_int_equal(event->type, SHAKO_EVENT_TLS);
  assert_ptr_not_equal(event->u.tls->client, &client);
  event = shako_session_poll(session, 1);
  is = event->type == SHAKO_EVENT_CONNECT;
  if (!is) {
    assert_int_equal(event->type, SHAKO_EVENT_VIOLATION);
    assert_string_equal(event->u.violation.verdict->reason,
                        "client-certificate");
  }
  shako_session_free(session);
  return is;
}

static void a_client_of_an_application_s_tls_is_judged_here(void **state) {
  (void)state;
  assert_true(greets(0, 1));
  assert_false(greets(SHAKO_CLIENT_FAULT_UNTRUSTED, 1));
  assert_false(greets(SHAKO_CLIENT_FAULT_ABSENT, 1));
  assert_false(greets(0, 0));
}

static void tcprefuse_never_says_a_word(void **state) {
  shako_policy policy;
  shako_session *session;

  (void)state;
  shako_policy_default(&policy);
  policy.access = SHAKO_ACCESS_TCPREFUSE;
  session = connect_to(listen_with(&policy, 0, 0));
  assert_int_equal(shako_session_shutdown(session, NULL), 0);
  assert_int_equal(shako_session_want(session) & SHAKO_WANT_SEND, 0);
  assert_int_equal(shako_session_poll(session, 1)->type, SHAKO_EVENT_CLOSED);
  shako_session_free(session);
}

static void one_421_is_enough(void **state) {
  shako_session *session = connect_to(listen_with(NULL, 0, 0));
  const shako_event *event = shako_session_poll(session, 1);
  const uint8_t *out;
  size_t len;

  (void)state;
  shako_session_answer(session, event->question, 421, NULL, "no");
  assert_int_equal(shako_session_shutdown(session, NULL), 0);
  out = shako_session_send_buf(session, &len);
  assert_memory_equal(out, "421 mx.example no\r\n", len);
  shako_session_free(session);
}

static void time_does_not_wrap(void **state) {
  shako_listener *listener = listen_with(NULL, 0, 0);
  shako_session *session = NULL;
  shako_peer peer;

  (void)state;
  shako_peer_default(&peer);
  assert_int_equal(shako_session_new(&session, listener, &peer, NULL,
                                     SHAKO_TIME_NEVER - 1000),
                   0);
  shako_listener_unref(listener);
  assert_int_equal(shako_session_poll(session, SHAKO_TIME_NEVER - 1000)->type,
                   SHAKO_EVENT_CONNECT);
  assert_true(shako_session_expiry(session) == SHAKO_TIME_NEVER);
  shako_session_free(session);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_policy_without_its_size_is_refused),
      cmocka_unit_test(a_provider_without_its_size_is_refused),
      cmocka_unit_test(t03_an_old_loan_is_ended_before_an_external_handshake),
      cmocka_unit_test(what_an_application_says_of_its_tls_has_a_size),
      cmocka_unit_test(a_client_of_an_application_s_tls_is_judged_here),
      cmocka_unit_test(tcprefuse_never_says_a_word),
      cmocka_unit_test(one_421_is_enough),
      cmocka_unit_test(time_does_not_wrap),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
