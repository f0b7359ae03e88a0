/* The engine over mbed TLS, against a client of mbed TLS in memory.  The
   first argument is the folder of the certificates. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <mbedtls/error.h>

#include "support/mbedtls_pair.h"

#define TLS_1_2 MBEDTLS_SSL_VERSION_TLS1_2
#define TLS_1_3 MBEDTLS_SSL_VERSION_TLS1_3

#define OK        SHAKO_TLS_STATUS_OK
#define WANT_RECV SHAKO_TLS_STATUS_WANT_RECV
#define CLOSED    SHAKO_TLS_STATUS_CLOSED
#define FAILED    SHAKO_TLS_STATUS_FAILED

static const char *folder = "tests/certificates";

/* What all tests share; made by the group's setup. */
static shako_mbedtls_context *context;
static shako_certificate *both[2]; /* RSA, ECDSA */
static mbedtls_x509_crt authority; /* of none of them */

static const mbedtls_ssl_protocol_version versions[] = {TLS_1_2, TLS_1_3};

static shako_certificate *read_certificate(const char *name) {
  char message[SHAKO_MBEDTLS_MESSAGE_SIZE];
  shako_certificate *certificate = NULL;
  octets pem = {0};
  octets key = {0};

  octets_print(&pem, "%s/%s.pem", folder, name);
  octets_print(&key, "%s/%s.key", folder, name);
  assert_int_equal(
      shako_mbedtls_certificate_read(&certificate, octets_text(&pem),
                                     octets_text(&key), NULL, message),
      0);
  octets_free(&pem);
  octets_free(&key);

  return certificate;
}

static int setup(void **state) {
  char message[SHAKO_MBEDTLS_MESSAGE_SIZE];
  octets path = {0};

  (void)state;
  assert_int_equal(shako_mbedtls_context_new(&context, NULL, message), 0);
  assert_string_equal(message, "");
  both[0] = read_certificate("rsa2048");
  both[1] = read_certificate("ecdsa");
  octets_print(&path, "%s/authority.pem", folder);
  mbedtls_x509_crt_init(&authority);
  assert_int_equal(mbedtls_x509_crt_parse_file(&authority, octets_text(&path)),
                   0);
  octets_free(&path);

  return 0;
}

static int teardown(void **state) {
  (void)state;
  mbedtls_x509_crt_free(&authority);
  shako_certificate_unref(both[0]);
  shako_certificate_unref(both[1]);
  shako_mbedtls_context_free(context);

  return 0;
}

/* Opens a pair with both certificates. */
static void open_pair(tls_pair *pair, const pair_options *options) {
  pair_open(pair, context, both, 2, options);
}

/* Opens a pair whose client speaks |version| alone, after its handshake. */
static void open_done(tls_pair *pair, mbedtls_ssl_protocol_version version) {
  const pair_options options = {.client_min = version, .client_max = version};
  int result = -1;

  open_pair(pair, &options);
  assert_int_equal(pair_handshake(pair, &result), OK);
  assert_int_equal(result, 0);
}

/* Asserts that the connection has failed, for |failure|, and that it stays so
   whatever is called. */
static void assert_failed(tls_pair *pair, shako_tls_failure failure) {
  shako_tls_info info = pair_info(pair);
  uint8_t buf[8] = "EHLO x\r\n";
  size_t sent = pair->to_client.len;
  size_t kept;
  size_t n = 0;
  int i;

  assert_int_equal(info.failure, failure);
  assert_int_not_equal(info.native_error, 0);
  octets_add(&pair->to_engine, buf, sizeof(buf));
  kept = pair->to_engine.len;
  for (i = 0; i < 2; i++) {
    assert_int_equal(pair->engine->handshake(pair->conn), FAILED);
    assert_int_equal(pair->engine->read(pair->conn, buf, sizeof(buf), &n),
                     FAILED);
    assert_int_equal(pair->engine->write(pair->conn, buf, sizeof(buf), &n),
                     FAILED);
    assert_int_equal(pair->engine->close(pair->conn), FAILED);
    pair->engine->alert(pair->conn, MBEDTLS_SSL_ALERT_MSG_USER_CANCELED);
  }
  assert_int_equal(pair->to_engine.len, kept);
  assert_int_equal(pair->to_client.len, sent);
  assert_int_equal(pair_info(pair).failure, failure);
  assert_int_equal(pair_info(pair).alert, info.alert);
  assert_int_equal(pair_info(pair).native_error, info.native_error);
}

/* Asserts that |text| crosses in both directions. */
static void assert_talks(tls_pair *pair, const char *text) {
  octets got = {0};

  pair_client_write(pair, (const uint8_t *)text, strlen(text));
  assert_int_equal(pair_engine_drain(pair, &got), WANT_RECV);
  assert_string_equal(octets_text(&got), text);
  octets_clear(&got);
  pair_engine_write(pair, (const uint8_t *)text, strlen(text));
  assert_int_equal(pair_client_drain(pair, &got), MBEDTLS_ERR_SSL_WANT_READ);
  assert_string_equal(octets_text(&got), text);
  octets_free(&got);
}

/* --- what works ------------------------------------------------------- */

static void versions_are_agreed(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    tls_pair pair;
    shako_tls_info info;

    open_done(&pair, versions[i]);
    info = pair_info(&pair);
    assert_int_equal(info.version, versions[i]);
    assert_string_equal(info.cipher,
                        i == 0 ? "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
                               : "TLS_CHACHA20_POLY1305_SHA256");
    assert_int_equal(info.failure, SHAKO_TLS_FAILURE_NONE);
    assert_int_equal(info.alert, -1);
    assert_int_equal(info.native_error, 0);
    assert_int_equal(pair.engine->handshake(pair.conn), OK);
    assert_talks(&pair, "EHLO client.example\r\n");
    pair_close(&pair);
  }
}

static void the_newest_version_wins(void **state) {
  const pair_options options = {0};
  tls_pair pair;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  assert_int_equal(pair_info(&pair).version, 0x0304);
  pair_close(&pair);
}

static void a_floor_of_1_3_serves_1_3(void **state) {
  const pair_options options = {.floor = 0x0304};
  tls_pair pair;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  assert_int_equal(pair_info(&pair).version, 0x0304);
  pair_close(&pair);
}

static void nothing_is_known_before_the_hello(void **state) {
  const pair_options options = {0};
  struct {
    size_t struct_size;
    uint16_t version;
  } small = {offsetof(shako_tls_info, cipher), 7};
  shako_tls_info info;
  tls_pair pair;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(pair.engine->handshake(pair.conn), WANT_RECV);
  info = pair_info(&pair);
  assert_int_equal(info.version, 0);
  assert_null(info.cipher);
  assert_int_equal(info.failure, SHAKO_TLS_FAILURE_NONE);
  assert_int_equal(info.alert, -1);
  pair.engine->info(pair.conn, (shako_tls_info *)(void *)&small);
  assert_int_equal(small.version, 0);
  pair_close(&pair);
}

static void the_certificate_fits_the_client(void **state) {
  static const int rsa_suites[] = {
      MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, 0};
  static const uint16_t rsa_algorithms[] = {
      MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256, MBEDTLS_TLS1_3_SIG_NONE};
  const pair_options tls_1_2 = {.client_max = TLS_1_2, .suites = rsa_suites};
  const pair_options tls_1_3 = {.client_min = TLS_1_3,
                                .signature_algorithms = rsa_algorithms};
  tls_pair pair;

  (void)state;
  open_pair(&pair, &tls_1_2);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  assert_string_equal(pair_info(&pair).cipher,
                      "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
  pair_close(&pair);

  open_pair(&pair, &tls_1_3);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  pair_close(&pair);
}

static void every_cipher_has_its_name(void **state) {
  static const struct {
    int id;
    const char *name;
  } rows[] = {
      {0x1301, "TLS_AES_128_GCM_SHA256"},
      {0x1302, "TLS_AES_256_GCM_SHA384"},
      {0x1303, "TLS_CHACHA20_POLY1305_SHA256"},
      {0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
      {0xC02C, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
      {0xC02F, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
      {0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
      {0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
      {0xCCA9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    const int suites[] = {rows[i].id, 0};
    const pair_options options = {.client_max = versions[i < 3],
                                  .suites = suites};
    tls_pair pair;

    open_pair(&pair, &options);
    assert_int_equal(pair_handshake(&pair, NULL), OK);
    assert_string_equal(pair_info(&pair).cipher, rows[i].name);
    pair_close(&pair);
  }
}

/* The client's key share is for a group that is not ours: the hello comes
   twice, and the certificates are asked for twice. */
static void a_second_hello_is_no_trouble(void **state) {
  static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1,
                                    MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, 0};
  const pair_options options = {.client_min = TLS_1_3, .groups = groups};
  tls_pair pair;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  assert_talks(&pair, "EHLO client.example\r\n");
  pair_close(&pair);
}

static void much_data_crosses(void **state) {
  const size_t size = 100 * 1024;
  uint8_t *data = must_alloc(size);
  size_t i;

  (void)state;
  for (i = 0; i < size; i++) {
    data[i] = (uint8_t)(i * 7 + (i >> 8));
  }
  for (i = 0; i < 2; i++) {
    octets got = {0};
    tls_pair pair;

    open_done(&pair, versions[i]);
    pair_client_write(&pair, data, size);
    assert_int_equal(pair_engine_drain(&pair, &got), WANT_RECV);
    assert_int_equal(got.len, size);
    assert_memory_equal(got.ptr, data, size);
    octets_clear(&got);
    pair_engine_write(&pair, data, size);
    assert_int_equal(pair_client_drain(&pair, &got), MBEDTLS_ERR_SSL_WANT_READ);
    assert_int_equal(got.len, size);
    assert_memory_equal(got.ptr, data, size);
    octets_free(&got);
    pair_close(&pair);
  }
  free(data);
}

static void write_takes_one_record_at_most(void **state) {
  uint8_t *data = must_alloc(40000);
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    tls_pair pair;
    size_t n = 0;
    size_t length;

    open_done(&pair, versions[i]);
    octets_clear(&pair.to_client);
    assert_int_equal(pair.engine->write(pair.conn, data, 40000, &n), OK);
    assert_in_range(n, 16000, 16384);
    length = (size_t)pair.to_client.ptr[3] << 8 | pair.to_client.ptr[4];
    assert_int_equal(pair.to_client.len, 5 + length);
    pair_close(&pair);
  }
  free(data);
}

/* T32: the client's octets come one by one, in one burst or in one call
   each. */
static void octets_may_come_one_by_one(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 4; i++) {
    const pair_options options = {.client_max = versions[i % 2]};
    tls_pair pair;

    open_pair(&pair, &options);
    pair.at_once = 1;
    pair.trickle = i < 2 ? 1 : 0;
    assert_int_equal(pair_handshake(&pair, NULL), OK);
    assert_int_equal(pair_info(&pair).version, versions[i % 2]);
    assert_talks(&pair, "EHLO client.example\r\n");
    pair_close(&pair);
  }
}

/* Cuts the record in |queue| into records of |size| octets. */
static void fragment(octets *queue, size_t size) {
  octets whole = *queue;
  size_t at;

  memset(queue, 0, sizeof(*queue));
  for (at = 5; at < whole.len; at += size) {
    size_t len = whole.len - at < size ? whole.len - at : size;
    const uint8_t header[5] = {22, 3, 1, (uint8_t)(len >> 8), (uint8_t)len};

    octets_add(queue, header, sizeof(header));
    octets_add(queue, whole.ptr + at, len);
  }
  octets_free(&whole);
}

/* T32 */
static void a_hello_may_come_in_many_records(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 4; i++) {
    const pair_options options = {.client_max = versions[i % 2]};
    tls_pair pair;

    open_pair(&pair, &options);
    pair.trickle = i < 2 ? 0 : 1;
    assert_int_equal(mbedtls_ssl_handshake(&pair.client),
                     MBEDTLS_ERR_SSL_WANT_READ);
    fragment(&pair.to_engine, 20);
    assert_int_equal(pair_handshake(&pair, NULL), OK);
    assert_talks(&pair, "EHLO client.example\r\n");
    pair_close(&pair);
  }
}

/* --- how it ends ------------------------------------------------------ */

static void close_notify_is_an_end(void **state) {
  uint8_t buf[8] = {0};
  octets got = {0};
  size_t i;
  size_t n = 0;

  (void)state;
  for (i = 0; i < 2; i++) {
    tls_pair pair;

    open_done(&pair, versions[i]);
    pair_client_write(&pair, (const uint8_t *)"QUIT\r\n", 6);
    assert_int_equal(mbedtls_ssl_close_notify(&pair.client), 0);
    octets_add(&pair.to_engine, "MAIL FROM:<>\r\n", 14);
    assert_int_equal(pair_engine_drain(&pair, &got), CLOSED);
    assert_string_equal(octets_text(&got), "QUIT\r\n");
    octets_clear(&got);
    assert_int_equal(pair_engine_read(&pair, buf, sizeof(buf), &n), CLOSED);
    assert_int_equal(pair.to_engine.len, 14); /* nobody reads that */

    pair_engine_write(&pair, (const uint8_t *)"221 bye\r\n", 9);
    assert_int_equal(pair.engine->close(pair.conn), OK);
    assert_int_equal(pair_client_drain(&pair, &got),
                     MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
    assert_string_equal(octets_text(&got), "221 bye\r\n");
    octets_clear(&got);
    assert_int_equal(pair_info(&pair).failure, SHAKO_TLS_FAILURE_NONE);
    pair_close(&pair);
  }
  octets_free(&got);
}

static void nothing_is_written_behind_our_close_notify(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    tls_pair pair;
    size_t sent;
    size_t n = 0;

    open_done(&pair, versions[i]);
    assert_int_equal(pair.engine->close(pair.conn), OK);
    sent = pair.to_client.len;
    assert_true(sent > 0);
    assert_int_equal(pair.engine->write(pair.conn, (const uint8_t *)"x", 1, &n),
                     FAILED);
    assert_int_equal(pair.engine->close(pair.conn), FAILED);
    pair.engine->alert(pair.conn, MBEDTLS_SSL_ALERT_MSG_INTERNAL_ERROR);
    assert_int_equal(pair.to_client.len, sent);
    pair_close(&pair);
  }
}

static void an_end_of_stream_is_a_failure(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    octets got = {0};
    tls_pair pair;

    open_done(&pair, versions[i]);
    pair_client_write(&pair, (const uint8_t *)"DATA\r\n", 6);
    pair.hung_up = true;
    assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
    assert_string_equal(octets_text(&got), "DATA\r\n");
    assert_int_equal(pair.to_client.len, 0);
    assert_failed(&pair, SHAKO_TLS_FAILURE_CUT_OFF);
    octets_free(&got);
    pair_close(&pair);
  }
}

/* At every octet of the client's first flight. */
static void a_handshake_may_be_cut_off(void **state) {
  const pair_options options = {0};
  size_t kept;
  size_t len = 1;

  (void)state;
  for (kept = 0; kept < len; kept += 13) {
    tls_pair pair;

    open_pair(&pair, &options);
    assert_int_equal(mbedtls_ssl_handshake(&pair.client),
                     MBEDTLS_ERR_SSL_WANT_READ);
    len = pair.to_engine.len;
    octets_drop(&pair.to_engine, 0);
    pair.to_engine.len = kept;
    pair.hung_up = true;
    assert_int_equal(pair.engine->handshake(pair.conn), FAILED);
    assert_int_equal(pair.to_client.len, 0);
    assert_failed(&pair, SHAKO_TLS_FAILURE_CUT_OFF);
    pair_close(&pair);
  }
}

static void a_client_may_give_up_in_the_handshake(void **state) {
  static const uint8_t close_notify[] = {21, 3, 3, 0, 2, 1, 0};
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    const pair_options options = {.client_max = versions[i]};
    tls_pair pair;

    open_pair(&pair, &options);
    assert_int_equal(mbedtls_ssl_handshake(&pair.client),
                     MBEDTLS_ERR_SSL_WANT_READ);
    octets_add(&pair.to_engine, close_notify, sizeof(close_notify));
    assert_int_equal(pair.engine->handshake(pair.conn), FAILED);
    assert_int_equal(pair_info(&pair).alert, 0);
    assert_failed(&pair, SHAKO_TLS_FAILURE_PEER_ALERT);
    pair_close(&pair);
  }
}

/* T30, T03: not one octet is answered. */
static void clear_text_is_no_tls(void **state) {
  static const char *const texts[] = {
      "EHLO x\r\n",          "E",    "EHLO client.example\r\nMAIL FROM:<>\r\n",
      "GET / HTTP/1.1\r\n",  "\r\n", "QUIT\r\n",
      "\x80\x2e\x01\x03\x01"};
  const pair_options options = {0};
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    tls_pair pair;

    open_pair(&pair, &options);
    octets_add_text(&pair.to_engine, texts[i]);
    assert_int_equal(pair.engine->handshake(pair.conn), FAILED);
    assert_int_equal(pair.to_client.len, 0);
    assert_failed(&pair, SHAKO_TLS_FAILURE_NOT_TLS);
    pair_close(&pair);
  }
}

/* --- nothing in common ------------------------------------------------ */

static void a_floor_of_1_3_refuses_1_2(void **state) {
  const pair_options options = {.client_max = TLS_1_2, .floor = 0x0304};
  int result = 0;
  tls_pair pair;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(pair_handshake(&pair, &result), FAILED);
  assert_int_equal(result, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
  assert_int_equal(pair_info(&pair).version, 0);
  assert_int_equal(pair_info(&pair).alert, 70);
  assert_failed(&pair, SHAKO_TLS_FAILURE_NO_SHARED_VERSION);
  pair_close(&pair);
}

/* A ClientHello as TLS 1.0 and 1.1 know it, without extensions. */
static void old_versions_are_refused(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 6; i++) {
    const uint8_t minor = (uint8_t)(i % 3);
    const pair_options options = {.floor = i < 3 ? 0x0303 : 0x0304};
    uint8_t hello[5 + 4 + 41] = {22, 3, 1, 0, 45, 1, 0, 0, 41, 3, minor};
    static const uint8_t tail[] = {0, 0, 2, 0, 0x2f, 1, 0}; /* RSA, AES */
    static const uint8_t protocol_version[] = {21, 3, 3, 0, 2, 2, 70};
    tls_pair pair;

    memcpy(hello + 5 + 4 + 34, tail, sizeof(tail));
    open_pair(&pair, &options);
    octets_add(&pair.to_engine, hello, sizeof(hello));
    assert_int_equal(pair.engine->handshake(pair.conn), FAILED);
    assert_int_equal(pair.to_client.len, sizeof(protocol_version));
    assert_memory_equal(pair.to_client.ptr, protocol_version,
                        sizeof(protocol_version));
    assert_int_equal(pair_info(&pair).alert, 70);
    assert_failed(&pair, SHAKO_TLS_FAILURE_NO_SHARED_VERSION);
    pair_close(&pair);
  }
}

static void without_a_common_cipher_there_is_no_tls(void **state) {
  static const int old[] = {MBEDTLS_TLS_RSA_WITH_AES_128_CBC_SHA,
                            MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, 0};
  static const int small[] = {MBEDTLS_TLS1_3_AES_128_CCM_SHA256, 0};
  static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP521R1, 0};
  static const pair_options rows[] = {
      {.client_max = TLS_1_2, .suites = old},
      {.client_min = TLS_1_3, .suites = small},
      {.client_max = TLS_1_2, .groups = groups},
      {.client_min = TLS_1_3, .groups = groups},
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    int result = 0;
    tls_pair pair;

    open_pair(&pair, &rows[i]);
    assert_int_equal(pair_handshake(&pair, &result), FAILED);
    assert_int_equal(result, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
    assert_int_equal(pair_info(&pair).alert, 40);
    assert_failed(&pair, SHAKO_TLS_FAILURE_NO_SHARED_CIPHER);
    pair_close(&pair);
  }
}

/* The client takes ECDSA alone, and there is RSA alone. */
static void a_certificate_must_fit_the_client(void **state) {
  static const int suites[] = {MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
                               MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                               0};
  static const uint16_t algorithms[] = {
      MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, 0};
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    const pair_options options = {.client_max = versions[i],
                                  .suites = suites,
                                  .signature_algorithms = algorithms};
    int result = 0;
    tls_pair pair;

    pair_open(&pair, context, both, 1, &options);
    assert_int_equal(pair_handshake(&pair, &result), FAILED);
    assert_int_equal(result, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
    assert_int_equal(pair_info(&pair).alert, 40);
    assert_int_equal(pair_info(&pair).version, versions[i]);
    assert_failed(&pair, SHAKO_TLS_FAILURE_NO_SHARED_CIPHER);
    pair_close(&pair);
  }
}

static void without_a_certificate_there_is_no_tls(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    const pair_options options = {.client_max = versions[i]};
    int result = 0;
    tls_pair pair;

    pair_open(&pair, context, NULL, 0, &options);
    assert_int_equal(pair_handshake(&pair, &result), FAILED);
    assert_int_equal(result, MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
    assert_int_equal(pair_info(&pair).alert, 40);
    assert_failed(&pair, SHAKO_TLS_FAILURE_NO_CERTIFICATE);
    pair_close(&pair);
  }
}

/* --- alerts ----------------------------------------------------------- */

/* Whether one of the records in |records| is an alert. */
static bool has_alert(const octets *records) {
  size_t at = 0;

  while (at + 5 <= records->len) {
    if (records->ptr[at] == MBEDTLS_SSL_MSG_ALERT) {
      return true;
    }
    at += 5 + ((size_t)records->ptr[at + 3] << 8 | records->ptr[at + 4]);
  }

  return false;
}

static void a_client_may_refuse_the_certificate(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 4; i++) {
    const pair_options options = {.client_max = versions[i % 2],
                                  .trusted = &authority};
    tls_pair pair;

    open_pair(&pair, &options);
    pair.trickle = i < 2 ? 0 : 1;
    assert_int_equal(pair_handshake(&pair, NULL), FAILED);
    assert_int_equal(pair_info(&pair).alert, 48);
    assert_int_equal(pair_info(&pair).version, versions[i % 2]);
    assert_int_equal(pair_info(&pair).native_error,
                     MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
    assert_false(has_alert(&pair.to_client)); /* it gets no answer */
    assert_failed(&pair, SHAKO_TLS_FAILURE_CERTIFICATE_REFUSED);
    pair_close(&pair);
  }
}

/* Alerts after the handshake are encrypted. */
static void alerts_have_their_kinds(void **state) {
  static const struct {
    uint8_t alert;
    shako_tls_failure failure;
  } rows[] = {
      {41, SHAKO_TLS_FAILURE_PEER_ALERT},
      {42, SHAKO_TLS_FAILURE_CERTIFICATE_REFUSED},
      {46, SHAKO_TLS_FAILURE_CERTIFICATE_REFUSED},
      {47, SHAKO_TLS_FAILURE_PEER_ALERT}, /* illegal_parameter */
      {48, SHAKO_TLS_FAILURE_CERTIFICATE_REFUSED},
      {49, SHAKO_TLS_FAILURE_PEER_ALERT},
      {80, SHAKO_TLS_FAILURE_PEER_ALERT},
  };
  size_t i;

  (void)state;
  for (i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
    octets got = {0};
    tls_pair pair;

    open_done(&pair, versions[i % 2]);
    assert_int_equal(
        mbedtls_ssl_send_alert_message(
            &pair.client, MBEDTLS_SSL_ALERT_LEVEL_FATAL, rows[i / 2].alert),
        0);
    assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
    assert_int_equal(pair_info(&pair).alert, rows[i / 2].alert);
    assert_failed(&pair, rows[i / 2].failure);
    pair_close(&pair);
  }
}

/* An alert in the clear counts only before there are keys. */
static void a_forged_alert_is_a_damaged_record(void **state) {
  static const uint8_t forged[] = {21, 3, 3, 0, 2, 2, 42};
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    octets got = {0};
    tls_pair pair;

    open_done(&pair, versions[i]);
    octets_add(&pair.to_engine, forged, sizeof(forged));
    assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
    assert_int_equal(pair_info(&pair).alert, 20);
    assert_int_equal(pair_client_drain(&pair, &got),
                     MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
    assert_failed(&pair, SHAKO_TLS_FAILURE_PROTOCOL);
    pair_close(&pair);
  }
}

static void a_damaged_record_is_an_end(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    octets got = {0};
    tls_pair pair;
    int sends;

    open_done(&pair, versions[i]);
    pair_client_write(&pair, (const uint8_t *)"MAIL\r\n", 6);
    sends = pair.sends;
    pair.to_engine.ptr[pair.to_engine.len - 3] ^= 1;
    assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
    assert_int_equal(got.len, 0);
    assert_int_equal(pair.sends, sends + 1); /* one alert, not two */
    assert_int_equal(pair_info(&pair).alert, 20);
    assert_int_equal(pair_client_drain(&pair, &got),
                     MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
    assert_failed(&pair, SHAKO_TLS_FAILURE_PROTOCOL);
    pair_close(&pair);
  }
}

static void clear_text_inside_tls_is_an_end(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    octets got = {0};
    tls_pair pair;

    open_done(&pair, versions[i]);
    octets_add_text(&pair.to_engine, "MAIL FROM:<>\r\n");
    assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
    assert_int_equal(got.len, 0);
    assert_int_equal(pair_info(&pair).alert, 10);
    assert_int_equal(pair_client_drain(&pair, &got),
                     MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
    assert_failed(&pair, SHAKO_TLS_FAILURE_PROTOCOL);
    pair_close(&pair);
  }
}

static void the_session_may_send_an_alert(void **state) {
  const pair_options options = {0};
  octets got = {0};
  size_t i;
  tls_pair pair;

  (void)state;
  for (i = 0; i < 2; i++) {
    open_done(&pair, versions[i]);
    pair.engine->alert(pair.conn, MBEDTLS_SSL_ALERT_MSG_USER_CANCELED);
    assert_int_equal(pair_info(&pair).alert, 90);
    assert_int_equal(pair_client_drain(&pair, &got),
                     MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
    assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
    pair_close(&pair);
  }

  open_pair(&pair, &options); /* in the clear, too */
  pair.engine->alert(pair.conn, MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE);
  assert_int_equal(pair_handshake(&pair, NULL), FAILED);
  assert_int_equal(pair.to_client.len, 0);
  pair_close(&pair);
}

/* mbed TLS returns in the middle of its input after such a warning. */
static void a_warning_does_not_stop_the_reading(void **state) {
  uint8_t buf[64] = {0};
  size_t n = 0;
  tls_pair pair;

  (void)state;
  open_done(&pair, TLS_1_2);
  assert_int_equal(mbedtls_ssl_send_alert_message(
                       &pair.client, MBEDTLS_SSL_ALERT_LEVEL_WARNING,
                       MBEDTLS_SSL_ALERT_MSG_NO_RENEGOTIATION),
                   0);
  pair_client_write(&pair, (const uint8_t *)"NOOP\r\n", 6);
  assert_int_equal(pair.engine->read(pair.conn, buf, sizeof(buf), &n), OK);
  assert_int_equal(n, 6);
  assert_memory_equal(buf, "NOOP\r\n", 6);
  pair_close(&pair);
}

/* --- renegotiation (T17) ---------------------------------------------- */

#if defined(MBEDTLS_SSL_RENEGOTIATION)
/* Has the client ask, whatever came of it the last time. */
static void ask_again(tls_pair *pair) {
  size_t sent = pair->to_engine.len;

  pair->client.MBEDTLS_PRIVATE(state) = MBEDTLS_SSL_HANDSHAKE_OVER;
  pair->client.MBEDTLS_PRIVATE(renego_status) = 2; /* done */
  (void)mbedtls_ssl_renegotiate(&pair->client);
  assert_true(pair->to_engine.len > sent);
}

static void renegotiation_is_refused(void **state) {
  const pair_options options = {.client_max = TLS_1_2, .renegotiates = true};
  octets got = {0};
  tls_pair pair;
  int i;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  for (i = 0; i < 2; i++) {
    ask_again(&pair);
    assert_int_equal(pair.to_client.len, 0);
    assert_int_equal(pair_engine_drain(&pair, &got), WANT_RECV);
    assert_true(has_alert(&pair.to_client)); /* a warning */
  }
  ask_again(&pair);
  assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
  assert_int_equal(got.len, 0);
  assert_int_equal(pair_info(&pair).alert, 10);
  assert_failed(&pair, SHAKO_TLS_FAILURE_PROTOCOL);
  pair_close(&pair);
}

static void many_renegotiations_at_once_are_refused(void **state) {
  const pair_options options = {.client_max = TLS_1_2, .renegotiates = true};
  octets got = {0};
  tls_pair pair;
  int i;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  for (i = 0; i < 20; i++) {
    ask_again(&pair);
  }
  assert_int_equal(pair_engine_drain(&pair, &got), FAILED);
  assert_true(pair.sends < 20);
  assert_failed(&pair, SHAKO_TLS_FAILURE_PROTOCOL);
  pair_close(&pair);
}
#endif

/* --- ours ------------------------------------------------------------- */

/* Goes through handshake, data and close with the |n|-th call of the wire's
   send refused.  Returns whether it was reached. */
static bool refuse(mbedtls_ssl_protocol_version version, int n) {
  const pair_options options = {.client_max = version};
  shako_tls_status status;
  bool reached;
  tls_pair pair;

  open_pair(&pair, &options);
  pair.refuse_at = n;
  status = pair_handshake(&pair, NULL);
  if (status == OK) {
    size_t got = 0;

    status = pair.engine->write(pair.conn, (const uint8_t *)"x", 1, &got);
  }
  if (status == OK) {
    status = pair.engine->close(pair.conn);
  }
  reached = pair.sends >= n;
  assert_int_equal(status, reached ? FAILED : OK);
  if (reached) {
    assert_int_equal(pair.sends, n); /* and nothing was sent after it */
    assert_failed(&pair, SHAKO_TLS_FAILURE_INTERNAL);
    assert_int_equal(pair.sends, n);
  }
  pair_close(&pair);

  return reached;
}

static void a_wire_without_memory_is_an_end(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    int n = 1;

    while (refuse(versions[i], n)) {
      n++;
    }
    assert_in_range(n, 6, 20);
  }
}

/* The alert for an error finds the wire without memory. */
static void an_alert_may_find_no_memory(void **state) {
  const pair_options options = {.client_max = TLS_1_2, .floor = 0x0304};
  tls_pair pair;

  (void)state;
  open_pair(&pair, &options);
  pair.refuse_at = 1;
  assert_int_equal(pair_handshake(&pair, NULL), FAILED);
  assert_int_equal(pair.sends, 1);
  assert_int_equal(pair.to_client.len, 0);
  pair_close(&pair);
}

static void strange_certificates_are_refused(void **state) {
  static const shako_tls_engine other = {.version = 1};
  const shako_certificate foreign = {&other, NULL, 1};
  const pair_options options = {0};
  tls_pair pair;
  size_t i;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(pair.engine->set_certificate(pair.conn, &foreign), FAILED);
  for (i = 2; i < SHAKO_CERTIFICATES_MAX; i++) {
    assert_int_equal(pair.engine->set_certificate(pair.conn, both[0]), OK);
  }
  assert_int_equal(pair.engine->set_certificate(pair.conn, both[0]), FAILED);
  assert_int_equal(pair_handshake(&pair, NULL), OK);
  pair_close(&pair);
}

static void data_waits_for_the_handshake(void **state) {
  const pair_options options = {0};
  uint8_t octet = 0;
  size_t n = 0;
  tls_pair pair;

  (void)state;
  open_pair(&pair, &options);
  assert_int_equal(mbedtls_ssl_handshake(&pair.client),
                   MBEDTLS_ERR_SSL_WANT_READ);
  assert_int_equal(pair.engine->read(pair.conn, &octet, 1, &n), FAILED);
  assert_int_equal(pair.engine->write(pair.conn, &octet, 1, &n), FAILED);
  assert_int_equal(pair.engine->close(pair.conn), FAILED);
  assert_int_equal(pair.to_client.len, 0);
  pair_close(&pair);
}

/* Changes the octet |at| of the client's flight |flight| (from 0), behind
   which the stream ends.  Returns the length of that flight. */
static size_t damage(mbedtls_ssl_protocol_version version, size_t flight,
                     size_t at) {
  static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1, 0};
  const pair_options options = {.client_max = version, .groups = groups};
  shako_tls_status status = WANT_RECV;
  shako_tls_info info;
  size_t len;
  tls_pair pair;

  open_pair(&pair, &options);
  (void)mbedtls_ssl_handshake(&pair.client);
  if (flight == 1) {
    assert_int_equal(pair_engine_handshake(&pair), WANT_RECV);
    (void)mbedtls_ssl_handshake(&pair.client);
  }
  len = pair.to_engine.len;
  pair.to_engine.ptr[at] ^= 0x41;
  pair.hung_up = true;
  status = pair_handshake(&pair, NULL);
  info = pair_info(&pair);
  if (status == FAILED) {
    assert_int_not_equal(info.failure, SHAKO_TLS_FAILURE_NONE);
    assert_int_not_equal(info.failure, SHAKO_TLS_FAILURE_INTERNAL);
    assert_failed(&pair, info.failure);
  } else {
    assert_int_equal(status, OK);
  }
  pair_close(&pair);

  return len;
}

/* It may still do, or it is the client's fault and never ours. */
static void a_damaged_flight_is_the_clients_fault(void **state) {
  size_t i;

  (void)state;
  for (i = 0; i < 4; i++) {
    size_t at = 0;

    while (at < damage(versions[i % 2], i / 2, at)) {
      at += 3;
    }
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(versions_are_agreed),
    cmocka_unit_test(the_newest_version_wins),
    cmocka_unit_test(a_floor_of_1_3_serves_1_3),
    cmocka_unit_test(nothing_is_known_before_the_hello),
    cmocka_unit_test(the_certificate_fits_the_client),
    cmocka_unit_test(every_cipher_has_its_name),
    cmocka_unit_test(a_second_hello_is_no_trouble),
    cmocka_unit_test(much_data_crosses),
    cmocka_unit_test(write_takes_one_record_at_most),
    cmocka_unit_test(octets_may_come_one_by_one),
    cmocka_unit_test(a_hello_may_come_in_many_records),
    cmocka_unit_test(close_notify_is_an_end),
    cmocka_unit_test(nothing_is_written_behind_our_close_notify),
    cmocka_unit_test(an_end_of_stream_is_a_failure),
    cmocka_unit_test(a_handshake_may_be_cut_off),
    cmocka_unit_test(a_client_may_give_up_in_the_handshake),
    cmocka_unit_test(clear_text_is_no_tls),
    cmocka_unit_test(a_floor_of_1_3_refuses_1_2),
    cmocka_unit_test(old_versions_are_refused),
    cmocka_unit_test(without_a_common_cipher_there_is_no_tls),
    cmocka_unit_test(a_certificate_must_fit_the_client),
    cmocka_unit_test(without_a_certificate_there_is_no_tls),
    cmocka_unit_test(a_client_may_refuse_the_certificate),
    cmocka_unit_test(alerts_have_their_kinds),
    cmocka_unit_test(a_forged_alert_is_a_damaged_record),
    cmocka_unit_test(a_damaged_record_is_an_end),
    cmocka_unit_test(clear_text_inside_tls_is_an_end),
    cmocka_unit_test(the_session_may_send_an_alert),
    cmocka_unit_test(a_warning_does_not_stop_the_reading),
#if defined(MBEDTLS_SSL_RENEGOTIATION)
    cmocka_unit_test(renegotiation_is_refused),
    cmocka_unit_test(many_renegotiations_at_once_are_refused),
#endif
    cmocka_unit_test(a_wire_without_memory_is_an_end),
    cmocka_unit_test(an_alert_may_find_no_memory),
    cmocka_unit_test(strange_certificates_are_refused),
    cmocka_unit_test(data_waits_for_the_handshake),
    cmocka_unit_test(a_damaged_flight_is_the_clients_fault),
  };

  if (argc > 1) {
    folder = argv[1];
  }

  return cmocka_run_group_tests(tests, setup, teardown);
}
