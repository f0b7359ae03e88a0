/* Certificates from files, and whose memory they are in. */
#include "engine_bench.h"

/* Reads |pem| and |key| of the folder.  Returns the result, with the message
   in |message|. */
static int read_files(shako_certificate **certificate, const char *pem,
                      const char *key, const shako_mem *mem, char *message) {
  octets pem_path = {0};
  octets key_path = {0};
  int result;

  octets_print(&pem_path, "%s/%s", bench.folder, pem);
  octets_print(&key_path, "%s/%s", bench.folder, key);
  result = bench.kit->certificate_read(certificate, octets_text(&pem_path),
                                       octets_text(&key_path), mem, message);
  octets_free(&pem_path);
  octets_free(&key_path);

  return result;
}

static void good_files_are_read(void **state) {
  static const struct {
    const char *pem;
    const char *key;
    size_t length;
  } rows[] = {
      {"rsa2048.pem", "rsa2048.key", 1}, {"ecdsa.pem", "ecdsa.key", 1},
      {"chain.pem", "ecdsa.key", 2},     {"both.pem", "both.pem", 2},
      {"both.pem", "ecdsa.key", 2},
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    char message[ENGINE_MESSAGE_SIZE];
    shako_certificate *certificate = NULL;
    const mbedtls_x509_crt *crt;
    size_t length = 0;
    shown what;

    assert_int_equal(
        read_files(&certificate, rows[i].pem, rows[i].key, NULL, message), 0);
    assert_string_equal(message, "");
    assert_string_equal(certificate->engine->name, bench.kit->engine()->name);
    assert_int_equal(certificate->references, 1);
    show(&what, certificate);
    for (crt = what.chain; crt != NULL; crt = crt->next) {
      length++;
    }
    assert_int_equal(length, rows[i].length);
    hide(&what);
  }
}

/* In a message "@" stands for the folder's name and a slash, and a blank at
   its end for what mbed TLS adds. */
static void bad_files_are_named_with_the_reason(void **state) {
  static const struct {
    const char *pem;
    const char *key;
    const char *message;
  } rows[] = {
      {"ecdsa.pem", "other.key",
       "@other.key: the key does not belong to the certificate @ecdsa.pem"},
      {"ecdsa.pem", "rsa2048.key",
       "@rsa2048.key: the key does not belong to the certificate @ecdsa.pem"},
      {"authority.pem", "ecdsa.key",
       "@ecdsa.key: the key does not belong to the certificate "
       "@authority.pem"},
      {"none.pem", "ecdsa.key", "@none.pem: cannot be read: no such file"},
      {"ecdsa.pem", "none.key", "@none.key: cannot be read: no such file"},
      {".", "ecdsa.key", "@.: cannot be read: it is a directory"},
      {"empty.pem", "ecdsa.key", "@empty.pem: is empty"},
      {"ecdsa.pem", "empty.pem", "@empty.pem: is empty"},
      {"garbage.pem", "ecdsa.key",
       "@garbage.pem: holds no CERTIFICATE in PEM form"},
      {"ecdsa.key", "ecdsa.key",
       "@ecdsa.key: holds no CERTIFICATE in PEM form"},
      {"ecdsa.pem", "ecdsa.pem",
       "@ecdsa.pem: holds no PRIVATE KEY in PEM form"},
      {"ecdsa.pem", "garbage.pem",
       "@garbage.pem: holds no PRIVATE KEY in PEM form"},
      {"broken.pem", "ecdsa.key", "@broken.pem: cannot be parsed: "},
      {"broken-chain.pem", "ecdsa.key",
       "@broken-chain.pem: only some of the certificates in it can be read"},
      {"ecdsa.pem", "broken.key", "@broken.key: cannot be parsed: "},
      {"ecdsa.pem", "encrypted.key",
       "@encrypted.key: the key is encrypted; it must be readable without a "
       "password"},
      {"ecdsa.pem", "encrypted-traditional.key",
       "@encrypted-traditional.key: the key is encrypted; it must be readable "
       "without a password"},
      {"rsa1024.pem", "rsa1024.key",
       "@rsa1024.key: an RSA key of less than 2048 bits is too weak"},
      {"ed25519.pem", "ed25519.key",
       "@ed25519.pem: a kind of key that does not work here (such as Ed25519); "
       "what does: RSA of 2048 bits or more, and ECDSA on P-256, P-384 or "
       "P-521"},
      {"ecdsa.pem", "ed25519.key",
       "@ed25519.key: a kind of key that does not work here (such as Ed25519); "
       "what does: RSA of 2048 bits or more, and ECDSA on P-256, P-384 or "
       "P-521"},
      {"secp256k1.pem", "secp256k1.key",
       "@secp256k1.key: a kind of key that does not work here (such as "
       "Ed25519); what does: RSA of 2048 bits or more, and ECDSA on P-256, "
       "P-384 or P-521"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    char message[ENGINE_MESSAGE_SIZE];
    shako_certificate *certificate = NULL;
    octets want = {0};
    const char *c;

    for (c = rows[i].message; *c != '\0'; c++) {
      if (*c == '@') {
        octets_print(&want, "%s/", bench.folder);
      } else {
        octets_add(&want, c, 1);
      }
    }
    assert_int_equal(
        read_files(&certificate, rows[i].pem, rows[i].key, NULL, message),
        SHAKO_ERR_CERTIFICATE);
    assert_null(certificate);
    if (want.ptr[want.len - 1] == ' ') { /* the rest is mbed TLS's */
      assert_true(strlen(message) > want.len);
      message[want.len] = '\0';
    }
    assert_string_equal(message, octets_text(&want));
    octets_free(&want);
  }
}

/* The reason is never lost behind the path. */
static void long_paths_are_shortened(void **state) {
  char path[2000];
  char message[ENGINE_MESSAGE_SIZE];
  shako_certificate *certificate = NULL;

  (void)state;
  memset(path, 'x', sizeof(path));
  memcpy(path, "/tmp/", 5);
  strcpy(path + sizeof(path) - 5, ".pem");
  assert_int_equal(
      bench.kit->certificate_read(&certificate, path, path, NULL, message),
      SHAKO_ERR_CERTIFICATE);
  assert_memory_equal(message, "...xxx", 6);
  assert_non_null(strstr(message, "xxx.pem: cannot be read: "));
}

typedef struct counting {
  size_t refuse_at; /* from 1; 0: never */
  size_t calls;
  size_t held;
} counting;

static void *count_alloc(size_t size, void *user_data) {
  counting *count = user_data;

  if (++count->calls == count->refuse_at) {
    return NULL;
  }
  count->held += size;

  return malloc(size);
}

static void count_release(void *ptr, size_t size, void *user_data) {
  counting *count = user_data;

  count->held -= size;
  free(ptr);
}

static void memory_comes_from_the_caller(void **state) {
  char message[ENGINE_MESSAGE_SIZE];
  counting count = {0};
  const shako_mem mem = {&count, count_alloc, count_release};
  shako_certificate *certificate = NULL;
  void *context = NULL;

  (void)state;
  assert_int_equal(
      read_files(&certificate, "ecdsa.pem", "ecdsa.key", &mem, message), 0);
  assert_in_range(count.held, sizeof(shako_certificate), 4096);
  shako_certificate_unref(certificate);
  assert_int_equal(count.held, 0);

  assert_int_equal(bench.kit->demonstration(&certificate, "mail.example.org",
                                            1000000000, &mem, message),
                   0);
  assert_in_range(count.held, sizeof(shako_certificate), 4096);
  shako_certificate_unref(certificate);
  assert_int_equal(count.held, 0);

  assert_int_equal(bench.kit->context_new(&context, &mem, message), 0);
  assert_in_range(count.held, 1, 4096);
  bench.kit->context_free(context);
  assert_int_equal(count.held, 0);
  bench.kit->context_free(NULL);
}

static void want_of_memory_is_told(void **state) {
  char message[ENGINE_MESSAGE_SIZE];
  size_t n;

  (void)state;
  for (n = 1; n <= 2; n++) {
    counting count = {.refuse_at = n};
    const shako_mem mem = {&count, count_alloc, count_release};
    shako_certificate *certificate = NULL;

    assert_int_equal(
        read_files(&certificate, "ecdsa.pem", "ecdsa.key", &mem, message),
        SHAKO_ERR_NOMEM);
    assert_null(certificate);
    assert_int_equal(count.held, 0);
  }
  {
    counting count = {.refuse_at = 1};
    const shako_mem mem = {&count, count_alloc, count_release};
    shako_certificate *certificate = NULL;
    void *context = NULL;

    assert_int_equal(
        bench.kit->demonstration(&certificate, "x", 1000000000, &mem, message),
        SHAKO_ERR_NOMEM);
    count.calls = 0;
    assert_int_equal(bench.kit->context_new(&context, &mem, message),
                     SHAKO_ERR_NOMEM);
    assert_int_equal(count.held, 0);
  }
}

int certificate_files_run(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(good_files_are_read),
      cmocka_unit_test(bad_files_are_named_with_the_reason),
      cmocka_unit_test(long_paths_are_shortened),
      cmocka_unit_test(memory_comes_from_the_caller),
      cmocka_unit_test(want_of_memory_is_told),
  };

  return cmocka_run_group_tests_name("certificate_files", tests, bench_setup,
                                     bench_teardown);
}
