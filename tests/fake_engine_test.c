/* The engine that the other tests trust. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_engine.h"
#include "octets.h"

typedef struct pair {
  octets to_engine;
  octets to_client;
  bool hung_up;
  size_t at_once; /* octets for one recv(); 0: all */
  fake_counters counters;
  fake_context context;
  fake_certificate certificate;
  shako_policy policy;
  void *conn;
} pair;

static shako_tls_status wire_recv(void *ctx, uint8_t *buf, size_t len,
                                  size_t *n) {
  pair *p = ctx;
  size_t have = p->to_engine.len;
  if (have == 0) {
    return p->hung_up ? SHAKO_TLS_STATUS_CLOSED : SHAKO_TLS_STATUS_WANT_RECV;
  }
  have = p->at_once != 0 && p->at_once < have ? p->at_once : have;
  *n = len < have ? len : have;
  memcpy(buf, p->to_engine.ptr, *n);
  octets_drop(&p->to_engine, *n);
  return SHAKO_TLS_STATUS_OK;
}

static shako_tls_status wire_send(void *ctx, const uint8_t *buf, size_t len) {
  pair *p = ctx;
  octets_add(&p->to_client, buf, len);
  return SHAKO_TLS_STATUS_OK;
}

static void open_pair(pair *p, const fake_context *context) {
  const shako_tls_wire wire = {p, wire_recv, wire_send};
  shako_tls_conn_config config = {
      .struct_size = sizeof(config), .wire = &wire, .policy = &p->policy};
  memset(p, 0, sizeof(*p));
  p->context = *context;
  p->context.counters = &p->counters;
  shako_policy_default(&p->policy);
  fake_certificate_init(&p->certificate);
  p->conn = must_alloc(fake_engine.conn_size);
  assert_int_equal(fake_engine.conn_init(p->conn, &p->context, &config),
                   SHAKO_TLS_STATUS_OK);
  assert_int_equal(fake_engine.set_certificate(p->conn, &p->certificate.base),
                   SHAKO_TLS_STATUS_OK);
}

static void close_pair(pair *p) {
  fake_engine.conn_free(p->conn);
  free(p->conn);
  octets_free(&p->to_engine);
  octets_free(&p->to_client);
  assert_int_equal(p->counters.misuses, 0);
  assert_int_equal(p->counters.inits, p->counters.frees);
}

static void give(pair *p, unsigned type, const char *text) {
  uint8_t record[FAKE_HEADER + FAKE_RECORD_MAX];
  octets_add(&p->to_engine, record,
             fake_record(record, type, text, strlen(text)));
}

/* Demands the next record to the client. */
static void expect(pair *p, unsigned type, const char *text) {
  static fake_view view;
  assert_int_equal(fake_decode(&view, p->to_client.ptr, p->to_client.len),
                   FAKE_DECODED_RECORD);
  assert_int_equal(view.type, type);
  assert_int_equal(view.len, strlen(text));
  assert_memory_equal(view.payload, text, view.len);
  octets_drop(&p->to_client, view.used);
}

static shako_tls_info info_of(const pair *p) {
  shako_tls_info info = {.struct_size = sizeof(info)};
  fake_engine.info(p->conn, &info);
  return info;
}

static void shake_hands(pair *p) {
  give(p, FAKE_HANDSHAKE, "HELLO");
  assert_int_equal(fake_engine.handshake(p->conn), SHAKO_TLS_STATUS_OK);
  expect(p, FAKE_HANDSHAKE, "DONE");
}

static void hello_is_answered_by_done(void **state) {
  const fake_context plain = {0};
  pair p;
  (void)state;
  open_pair(&p, &plain);
  assert_int_equal(fake_engine.handshake(p.conn), SHAKO_TLS_STATUS_WANT_RECV);
  assert_int_equal(info_of(&p).version, 0);
  p.at_once = 1;
  shake_hands(&p);
  assert_int_equal(info_of(&p).version, 0x0304);
  assert_string_equal(info_of(&p).cipher, "TLS_AES_128_GCM_SHA256");
  close_pair(&p);
}

static void two_flights_are_finished_by_finish(void **state) {
  const fake_context two = {.two_flights = 1, .version = 0x0303};
  pair p;
  (void)state;
  open_pair(&p, &two);
  give(&p, FAKE_HANDSHAKE, "HELLO");
  assert_int_equal(fake_engine.handshake(p.conn), SHAKO_TLS_STATUS_WANT_RECV);
  expect(&p, FAKE_HANDSHAKE, "MORE");
  give(&p, FAKE_HANDSHAKE, "FINISH");
  assert_int_equal(fake_engine.handshake(p.conn), SHAKO_TLS_STATUS_OK);
  expect(&p, FAKE_HANDSHAKE, "DONE");
  assert_int_equal(info_of(&p).version, 0x0303);
  close_pair(&p);
}

/* What a client sends instead of a handshake, and why that fails. */
typedef struct failing {
  unsigned type; /* 0: clear text */
  const char *text;
  shako_tls_failure failure;
  bool alerts;
} failing;

static void handshakes_fail_as_they_are_told(void **state) {
  static const failing rows[] = {
      {FAKE_HANDSHAKE, "FAIL no-shared-version",
       SHAKO_TLS_FAILURE_NO_SHARED_VERSION, true},
      {FAKE_HANDSHAKE, "FAIL what", SHAKO_TLS_FAILURE_PROTOCOL, true},
      {FAKE_HANDSHAKE, "ALERT certificate-refused",
       SHAKO_TLS_FAILURE_CERTIFICATE_REFUSED, false},
      {FAKE_HANDSHAKE, "ALERT ", SHAKO_TLS_FAILURE_PEER_ALERT, false},
      {FAKE_HANDSHAKE, "HELLO?", SHAKO_TLS_FAILURE_PROTOCOL, true},
      {FAKE_DATA, "HELLO", SHAKO_TLS_FAILURE_NOT_TLS, false},
      {0, "EHLO client.example\r\n", SHAKO_TLS_FAILURE_NOT_TLS, false},
  };
  const fake_context plain = {0};
  (void)state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    pair p;
    open_pair(&p, &plain);
    if (rows[i].type != 0) {
      give(&p, rows[i].type, rows[i].text);
    } else {
      octets_add_text(&p.to_engine, rows[i].text);
    }
    assert_int_equal(fake_engine.handshake(p.conn), SHAKO_TLS_STATUS_FAILED);
    assert_int_equal(info_of(&p).failure, rows[i].failure);
    if (rows[i].alerts) {
      expect(&p, FAKE_ALERT, "FATAL");
    }
    assert_int_equal(p.to_client.len, 0);
    close_pair(&p);
  }
}

static void a_handshake_may_be_cut_off(void **state) {
  const fake_context plain = {0};
  pair p;
  (void)state;
  open_pair(&p, &plain);
  octets_add_text(&p.to_engine, "\x16");
  p.hung_up = true;
  assert_int_equal(fake_engine.handshake(p.conn), SHAKO_TLS_STATUS_FAILED);
  assert_int_equal(info_of(&p).failure, SHAKO_TLS_FAILURE_CUT_OFF);
  close_pair(&p);
}

static void reading_keeps_what_was_not_asked_for(void **state) {
  const fake_context plain = {0};
  uint8_t buf[8];
  size_t n = 0;
  pair p;
  (void)state;
  open_pair(&p, &plain);
  shake_hands(&p);
  give(&p, FAKE_DATA, "");
  give(&p, FAKE_DATA, "NOOP\r\n");
  assert_null(strstr(octets_text(&p.to_engine), "NOOP"));
  assert_int_equal(fake_engine.read(p.conn, buf, 4, &n), SHAKO_TLS_STATUS_OK);
  assert_int_equal(n, 4);
  assert_memory_equal(buf, "NOOP", 4);
  assert_int_equal(fake_engine.read(p.conn, buf, 8, &n), SHAKO_TLS_STATUS_OK);
  assert_int_equal(n, 2);
  assert_int_equal(fake_engine.read(p.conn, buf, 8, &n),
                   SHAKO_TLS_STATUS_WANT_RECV);
  give(&p, FAKE_ALERT, "CLOSE");
  assert_int_equal(fake_engine.read(p.conn, buf, 8, &n),
                   SHAKO_TLS_STATUS_CLOSED);
  assert_int_equal(fake_engine.close(p.conn), SHAKO_TLS_STATUS_OK);
  expect(&p, FAKE_ALERT, "CLOSE");
  close_pair(&p);
}

/* Ends of an open TLS other than close_notify; |type| 0 is clear text. */
static void an_open_tls_fails(void **state) {
  static const failing rows[] = {
      {FAKE_HANDSHAKE, "HELLO", SHAKO_TLS_FAILURE_PROTOCOL, true},
      {FAKE_ALERT, "FATAL", SHAKO_TLS_FAILURE_PEER_ALERT, false},
      {0, "NOOP\r\n", SHAKO_TLS_FAILURE_PROTOCOL, true},
      {0, "\x17\x10\x01", SHAKO_TLS_FAILURE_PROTOCOL, true},
      {0, "", SHAKO_TLS_FAILURE_CUT_OFF, false},
  };
  const fake_context plain = {0};
  (void)state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    uint8_t buf[8];
    size_t n = 0;
    pair p;
    open_pair(&p, &plain);
    shake_hands(&p);
    if (rows[i].type != 0) {
      give(&p, rows[i].type, rows[i].text);
    } else {
      octets_add_text(&p.to_engine, rows[i].text);
    }
    p.hung_up = true;
    assert_int_equal(fake_engine.read(p.conn, buf, sizeof(buf), &n),
                     SHAKO_TLS_STATUS_FAILED);
    assert_int_equal(info_of(&p).failure, rows[i].failure);
    assert_int_equal(info_of(&p).version, 0x0304);
    if (rows[i].alerts) {
      expect(&p, FAKE_ALERT, "FATAL");
    }
    assert_int_equal(p.to_client.len, 0);
    close_pair(&p);
  }
}

static void writing_takes_one_record_at_a_time(void **state) {
  static uint8_t much[FAKE_WRITE_MAX + 1];
  const fake_context plain = {0};
  size_t n = 0;
  pair p;
  (void)state;
  open_pair(&p, &plain);
  shake_hands(&p);
  assert_int_equal(fake_engine.write(p.conn, much, sizeof(much), &n),
                   SHAKO_TLS_STATUS_OK);
  assert_int_equal(n, FAKE_WRITE_MAX);
  assert_int_equal(p.to_client.len, FAKE_HEADER + FAKE_WRITE_MAX);
  close_pair(&p);
}

static void what_the_session_promises_not_to_do_is_counted(void **state) {
  const fake_context plain = {0};
  uint8_t buf[8];
  size_t n = 0;
  pair p;
  (void)state;
  open_pair(&p, &plain);
  fake_engine.read(p.conn, buf, sizeof(buf), &n);
  fake_engine.write(p.conn, buf, sizeof(buf), &n);
  fake_engine.close(p.conn);
  assert_int_equal(p.counters.misuses, 3);
  shake_hands(&p);
  fake_engine.handshake(p.conn);
  fake_engine.read(p.conn, buf, 0, &n);
  fake_engine.write(p.conn, buf, 0, &n);
  fake_engine.set_certificate(p.conn, &p.certificate.base);
  fake_engine.close(p.conn);
  fake_engine.close(p.conn);
  assert_int_equal(p.counters.misuses, 8);
  p.counters.misuses = 0;
  close_pair(&p);
}

static void a_provider_follows_its_script(void **state) {
  fake_certificate certificate;
  fake_provider provider = {.certificate = &certificate};
  shako_certificate_provider filled;
  shako_client_hello hello = {.struct_size = sizeof(hello)};
  shako_certificate *given[SHAKO_CERTIFICATES_MAX] = {NULL};
  size_t count = SHAKO_CERTIFICATES_MAX;
  (void)state;
  fake_certificate_init(&certificate);
  fake_script_add(&provider.ready, SHAKO_PROVIDER_WAIT);
  fake_script_add(&provider.ready, SHAKO_PROVIDER_NONE);
  fake_provider_fill(&provider, &filled);
  assert_int_equal(filled.ready(filled.ctx), SHAKO_PROVIDER_WAIT);
  assert_int_equal(filled.ready(filled.ctx), SHAKO_PROVIDER_NONE);
  assert_int_equal(filled.ready(filled.ctx), SHAKO_PROVIDER_NONE);
  assert_int_equal(filled.select(filled.ctx, &hello, given, &count),
                   SHAKO_PROVIDER_OK);
  assert_int_equal(count, 1);
  assert_int_equal(certificate.base.references, 2);
  shako_certificate_unref(given[0]);
  shako_certificate_unref(&certificate.base);
  assert_int_equal(certificate.released, 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hello_is_answered_by_done),
      cmocka_unit_test(two_flights_are_finished_by_finish),
      cmocka_unit_test(handshakes_fail_as_they_are_told),
      cmocka_unit_test(a_handshake_may_be_cut_off),
      cmocka_unit_test(reading_keeps_what_was_not_asked_for),
      cmocka_unit_test(an_open_tls_fails),
      cmocka_unit_test(writing_takes_one_record_at_a_time),
      cmocka_unit_test(what_the_session_promises_not_to_do_is_counted),
      cmocka_unit_test(a_provider_follows_its_script),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
