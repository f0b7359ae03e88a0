/* Certificates in memory, and keys that are encrypted. */
#include <stdio.h>

#include "engine_bench.h"

/* Reads the file |name| of the folder. */
static octets file_text(const char *name) {
  octets path = {0};
  octets text = {0};
  char buf[4096];
  FILE *file;

  octets_print(&path, "%s/%s", bench.folder, name);
  file = fopen(octets_text(&path), "rb");
  assert_non_null(file);
  octets_add(&text, buf, fread(buf, 1, sizeof(buf), file));
  fclose(file);
  octets_free(&path);

  return text;
}

/* Parses |*source|, of whose memory there is not one octet more. */
static int parse(shako_certificate **certificate,
                 const shako_certificate_source *source, const shako_mem *mem,
                 char *message) {
  shako_certificate_source tight = *source;
  uint8_t *chain = must_alloc(source->chain.len);
  uint8_t *key = must_alloc(source->key.len);
  int error;

  if (source->chain.len > 0) {
    memcpy(chain, source->chain.ptr, source->chain.len);
  }
  if (source->key.len > 0) {
    memcpy(key, source->key.ptr, source->key.len);
  }
  tight.struct_size = sizeof(tight);
  tight.chain.ptr = chain;
  tight.key.ptr = key;
  error = bench.kit->certificate_parse(certificate, &tight, mem, message);
  free(chain);
  free(key);

  return error;
}

static shako_span text_of(const octets *text) {
  return (shako_span){text->ptr, text->len};
}

static void memory_is_read_as_a_file(void **state) {
  static const char *const names[][2] = {
      {"rsa2048.pem", "rsa2048.key"},
      {"chain.pem", "ecdsa.key"},
      {"both.pem", "both.pem"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    char message[ENGINE_MESSAGE_SIZE];
    octets chain = file_text(names[i][0]);
    octets key = file_text(names[i][1]);
    const shako_certificate_source source = {.chain = text_of(&chain),
                                             .key = text_of(&key)};
    shako_certificate *certificate = NULL;
    shown what;

    assert_int_equal(parse(&certificate, &source, NULL, message), 0);
    assert_string_equal(message, "");
    octets_free(&chain);
    octets_free(&key);
    show(&what, certificate);
    hide(&what);
  }
}

/* One from a file, one from memory; and what an older caller does not know of
   is not read. */
static void both_ways_go_together(void **state) {
  char message[ENGINE_MESSAGE_SIZE];
  octets path = {0};
  octets key = file_text("ecdsa.key");
  shako_certificate_source source = {.key = text_of(&key)};
  shako_certificate *certificate = NULL;

  (void)state;
  octets_print(&path, "%s/ecdsa.pem", bench.folder);
  source.certificate_path = octets_text(&path);
  assert_int_equal(parse(&certificate, &source, NULL, message), 0);
  shako_certificate_unref(certificate);
  octets_free(&key);
  octets_free(&path);

  octets_print(&path, "%s/both.pem", bench.folder);
  source = (shako_certificate_source){
      .struct_size = offsetof(shako_certificate_source, chain),
      .certificate_path = octets_text(&path),
      .key_path = octets_text(&path),
  };
  memset(&source.chain, 0xff, sizeof(source) - source.struct_size);
  assert_int_equal(
      bench.kit->certificate_parse(&certificate, &source, NULL, message), 0);
  shako_certificate_unref(certificate);
  octets_free(&path);
}

static void bad_memory_is_named_with_the_reason(void **state) {
  static const struct {
    const char *pem;
    const char *key;
    const char *message; /* its beginning, where a blank ends it */
  } rows[] = {
      {"ecdsa.pem", "other.key",
       "the key: the key does not belong to the certificate the chain"},
      {"empty.pem", "ecdsa.key", "the chain: is empty"},
      {"ecdsa.pem", "empty.pem", "the key: is empty"},
      {"ecdsa.key", "ecdsa.key", "the chain: holds no CERTIFICATE in PEM form"},
      {"ecdsa.pem", "ecdsa.pem", "the key: holds no PRIVATE KEY in PEM form"},
      {"broken.pem", "ecdsa.key", "the chain: cannot be parsed: "},
      {"broken-chain.pem", "ecdsa.key",
       "the chain: only some of the certificates in it can be read"},
      {"ecdsa.pem", "broken.key", "the key: cannot be parsed: "},
      {"ecdsa.pem", "encrypted.key",
       "the key: the key is encrypted; it must be readable without a "
       "password"},
  };
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    char message[ENGINE_MESSAGE_SIZE];
    octets chain = file_text(rows[i].pem);
    octets key = file_text(rows[i].key);
    const shako_certificate_source source = {.chain = text_of(&chain),
                                             .key = text_of(&key)};
    shako_certificate *certificate = NULL;
    size_t len = strlen(rows[i].message);

    assert_int_equal(parse(&certificate, &source, NULL, message),
                     SHAKO_ERR_CERTIFICATE);
    assert_null(certificate);
    if (rows[i].message[len - 1] == ' ') {
      assert_true(strlen(message) > len);
      message[len] = '\0';
    }
    assert_string_equal(message, rows[i].message);
    octets_free(&chain);
    octets_free(&key);
  }
}

static void what_is_no_pem_text_is_refused(void **state) {
  static const char begin[] = "-----BEGIN CERTIFICATE-----";
  const size_t size = 256 * 1024;
  char message[ENGINE_MESSAGE_SIZE];
  char *text = must_alloc(size);
  shako_certificate_source source = {.chain = {(uint8_t *)text, size}};
  shako_certificate *certificate = NULL;

  (void)state;
  memset(text, 'x', size);
  memcpy(text, begin, sizeof(begin) - 1);
  assert_int_equal(parse(&certificate, &source, NULL, message),
                   SHAKO_ERR_CERTIFICATE);
  assert_string_equal(message, "the chain: is too large to be a PEM file");
  source.chain.len--;
  assert_int_equal(parse(&certificate, &source, NULL, message),
                   SHAKO_ERR_CERTIFICATE);
  assert_memory_equal(message, "the chain: cannot be parsed", 27);
  text[1000] = '\0';
  assert_int_equal(parse(&certificate, &source, NULL, message),
                   SHAKO_ERR_CERTIFICATE);
  assert_string_equal(message, "the chain: holds no CERTIFICATE in PEM form");
  free(text);
}

/* --- passphrases ---------------------------------------------------------- */

/* What is asked, and answers. */
typedef struct asked {
  const char *passphrase; /* NULL: there is none */
  size_t more;            /* octets that it says it wrote, and did not */
  unsigned times;
} asked;

static int answer(void *ctx, char *buf, size_t size, size_t *len) {
  asked *its = ctx;

  its->times++;
  assert_in_range(size, 1024, 1 << 20);
  if (its->passphrase == NULL) {
    memset(buf, 'x', size);
    *len = size;
    return -1;
  }
  *len = strlen(its->passphrase);
  memcpy(buf, its->passphrase, *len);
  *len += its->more;

  return 0;
}

static const char refused[] =
    "the key: cannot be decrypted with this passphrase: ";
static const char missing[] =
    "the key: the key is encrypted, and there is no passphrase for it";

/* Reads |key|, which is encrypted, with what |its| answers.  It works, or
   |message| begins what is said. */
static void decrypt(const octets *key, asked *its, const char *message) {
  octets chain = file_text("ecdsa.pem");
  const shako_certificate_source source = {.chain = text_of(&chain),
                                           .key = text_of(key),
                                           .passphrase = answer,
                                           .passphrase_ctx = its};
  char got[ENGINE_MESSAGE_SIZE];
  shako_certificate *certificate = NULL;
  int error = parse(&certificate, &source, NULL, got);

  assert_int_equal(its->times, 1);
  if (message == NULL) {
    shown what;

    assert_int_equal(error, 0);
    show(&what, certificate);
    hide(&what);
  } else {
    assert_int_equal(error, SHAKO_ERR_CERTIFICATE);
    assert_null(certificate);
    assert_memory_equal(got, message, strlen(message));
  }
  octets_free(&chain);
}

static void an_encrypted_key_needs_its_passphrase(void **state) {
  static const struct {
    const char *passphrase;
    size_t more;
    const char *message; /* NULL: it is read */
  } rows[] = {
      {"secret", 0, NULL},
      {"Secret", 0, refused},
      {"", 0, refused},
      {"secret ", 0, refused},
      {NULL, 0, missing},
      {"secret", SIZE_MAX / 2, missing},
      {"secret", 1u << 20, missing},
  };
  octets key = file_text("encrypted.key");
  octets traditional = file_text("encrypted-traditional.key");
  size_t i;

  (void)state;
  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    asked its = {rows[i].passphrase, rows[i].more, 0};
    bool is_right = rows[i].message == NULL;

    decrypt(&key, &its, rows[i].message);
    its.times = 0;
    decrypt(&traditional, &its,
            is_right && !bench.kit->reads_traditional ? refused
                                                      : rows[i].message);
  }
  octets_free(&key);
  octets_free(&traditional);
}

static void a_plain_key_asks_for_nothing(void **state) {
  char message[ENGINE_MESSAGE_SIZE];
  octets chain = file_text("ecdsa.pem");
  octets key = file_text("ecdsa.key");
  asked its = {0};
  const shako_certificate_source source = {.chain = text_of(&chain),
                                           .key = text_of(&key),
                                           .passphrase = answer,
                                           .passphrase_ctx = &its};
  shako_certificate *certificate = NULL;

  (void)state;
  assert_int_equal(parse(&certificate, &source, NULL, message), 0);
  assert_int_equal(its.times, 0);
  shako_certificate_unref(certificate);
  octets_free(&chain);
  octets_free(&key);
}

/* --- memory --------------------------------------------------------------- */

static size_t calls;
static size_t refuse_at; /* from 1; 0: never */
static size_t held;
static bool clean; /* all that came back was overwritten */

static void *take(size_t size, void *user_data) {
  (void)user_data;
  if (++calls == refuse_at) {
    return NULL;
  }
  held += size;
  return must_alloc(size);
}

static bool has(const char *text, size_t size, const char *what) {
  size_t len = strlen(what);
  size_t i;

  for (i = 0; i + len <= size; i++) {
    if (memcmp(text + i, what, len) == 0) {
      return true;
    }
  }
  return false;
}

static void give(void *ptr, size_t size, void *user_data) {
  (void)user_data;
  held -= size;
  clean = clean && !has(ptr, size, "PRIVATE KEY");
  free(ptr);
}

/* Nothing of a key is left in what is given back, with or without success. */
static void memory_is_wiped_and_its_want_told(void **state) {
  const shako_mem mem = {NULL, take, give};
  octets text = file_text("both.pem");
  const shako_certificate_source source = {.chain = text_of(&text),
                                           .key = text_of(&text)};
  char message[ENGINE_MESSAGE_SIZE];
  shako_certificate *certificate = NULL;

  (void)state;
  clean = true;
  for (refuse_at = 1; refuse_at < 3; refuse_at++) {
    calls = 0;
    assert_int_equal(parse(&certificate, &source, &mem, message),
                     SHAKO_ERR_NOMEM);
    assert_null(certificate);
    assert_int_equal(held, 0);
  }
  calls = 0;
  assert_int_equal(parse(&certificate, &source, &mem, message), 0);
  assert_int_equal(calls, 2);
  shako_certificate_unref(certificate);
  assert_int_equal(held, 0);
  assert_true(clean);
  octets_free(&text);
}

int certificate_parse_run(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_is_read_as_a_file),
      cmocka_unit_test(both_ways_go_together),
      cmocka_unit_test(bad_memory_is_named_with_the_reason),
      cmocka_unit_test(what_is_no_pem_text_is_refused),
      cmocka_unit_test(an_encrypted_key_needs_its_passphrase),
      cmocka_unit_test(a_plain_key_asks_for_nothing),
      cmocka_unit_test(memory_is_wiped_and_its_want_told),
  };

  return cmocka_run_group_tests_name("certificate_parse", tests, bench_setup,
                                     bench_teardown);
}
