/* Certificates by the name that a client asks for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/ascii.h"
#include "failing_memory.h"
#include "paper_certificate.h"
#include "tls/certificate_table.h"

#define COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

static void *test_alloc(size_t size, void *user_data) {
  void *ptr = failing_now() ? NULL : malloc(size);

  (void)user_data;
  failing.live += ptr != NULL;
  return ptr == NULL ? NULL : memset(ptr, 0xa5, size);
}

static void test_release(void *ptr, size_t size, void *user_data) {
  (void)user_data;
  failing.live--;
  memset(ptr, 0x5a, size);
  free(ptr);
}

static const shako_mem mem = {NULL, test_alloc, test_release};

static shako_certificate_table *make_table(void) {
  shako_certificate_table *table = NULL;

  assert_int_equal(shako_certificate_table_new(&table, &mem), 0);
  return table;
}

static void add(shako_certificate_table *table, const char *name,
                paper_certificate *certificate) {
  assert_int_equal(shako_certificate_table_add(table, name, &certificate->base),
                   0);
}

/* Asserts that |name| gives |first| and, unless that is NULL, |second|. */
static void assert_gives(const shako_certificate_table *table, const char *name,
                         const paper_certificate *first,
                         const paper_certificate *second) {
  size_t count = 99;
  shako_certificate *const *found =
      shako_certificate_table_find(table, shako__span(name), &count);

  assert_int_equal(count, second != NULL ? 2 : first != NULL);
  if (count > 0) {
    assert_ptr_equal(found[0], first);
  }
  if (count > 1) {
    assert_ptr_equal(found[1], second);
  }
}

/* Gives the test's own references back: nothing else is held. */
static void give_back(paper_certificate *certificates, size_t count) {
  size_t i;

  for (i = 0; i < count; i++) {
    assert_int_equal(certificates[i].base.references, 1);
    shako_certificate_unref(&certificates[i].base);
    assert_int_equal(certificates[i].released, 1);
  }
}

static char long_name[300]; /* four labels of 62 and a dot make 252 octets */

static void names_are_found(void **state) {
  paper_certificate c[4] = {{.key = "RSA"}};
  shako_certificate_table *table = make_table();
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(c); i++) {
    paper_init(&c[i]);
  }
  for (i = 0; i < 252; i++) {
    long_name[i] = i % 63 == 62 ? '.' : 'x';
  }
  add(table, "mx.Example.com", &c[0]);
  add(table, "*.example.com.", &c[1]);
  add(table, "deep.under.example.com", &c[2]);
  assert_int_equal(shako_certificate_table_add_default(table, &c[3].base), 0);

  assert_gives(table, "mx.example.com", &c[0], NULL);
  assert_gives(table, "MX.EXAMPLE.COM", &c[0], NULL);
  assert_gives(table, "mx.example.com.", &c[0], NULL);
  assert_gives(table, "a.example.com", &c[1], NULL);
  assert_gives(table, "A.Example.Com.", &c[1], NULL);
  assert_gives(table, "xn--e1a-_.example.com", &c[1], NULL);
  assert_gives(table, "deep.under.example.com", &c[2], NULL);

  assert_gives(table, "example.com", &c[3], NULL);
  assert_gives(table, "a.b.example.com", &c[3], NULL);
  assert_gives(table, "under.example.com.org", &c[3], NULL);
  assert_gives(table, "com", &c[3], NULL);
  assert_gives(table, "", &c[3], NULL);
  assert_gives(table, ".", &c[3], NULL);
  assert_gives(table, ".example.com", &c[3], NULL);
  assert_gives(table, "*.example.com", &c[3], NULL);
  assert_gives(table, "a..example.com", &c[3], NULL);
  assert_gives(table, "mx.example.com..", &c[3], NULL);
  assert_gives(table, "m x.example.com", &c[3], NULL);
  assert_gives(table, "mx.example.com\n", &c[3], NULL);
  assert_gives(table, long_name, &c[3], NULL);
  shako_certificate_table_unref(table);
  give_back(c, COUNT(c));
}

static void an_octet_0_is_in_no_name(void **state) {
  static const char name[] = "mx.example.com\0.evil.example";
  const shako_span span = {(const uint8_t *)name, sizeof(name) - 1};
  paper_certificate c[2] = {{.key = "RSA"}};
  shako_certificate_table *table = make_table();
  size_t count;

  (void)state;
  paper_init(&c[0]);
  paper_init(&c[1]);
  add(table, "mx.example.com", &c[0]);
  assert_int_equal(shako_certificate_table_add_default(table, &c[1].base), 0);
  assert_ptr_equal(shako_certificate_table_find(table, span, &count)[0], &c[1]);
  shako_certificate_table_unref(table);
  give_back(c, COUNT(c));
}

static void the_first_is_the_default_where_none_is_set(void **state) {
  paper_certificate c[2] = {{.key = "RSA"}};
  shako_certificate_table *table = make_table();

  (void)state;
  paper_init(&c[0]);
  paper_init(&c[1]);
  assert_gives(table, "x", NULL, NULL);
  add(table, "a.example", &c[0]);
  add(table, "b.example", &c[1]);
  assert_gives(table, "b.example", &c[1], NULL);
  assert_gives(table, "x", &c[0], NULL);
  shako_certificate_table_unref(table);
  give_back(c, COUNT(c));
}

static void ecdsa_goes_first(void **state) {
  paper_certificate c[6] = {
      {.key = "RSA"}, {.key = "ECDSA"}, {.key = "RSA"}, {.key = "ECDSA"}};
  shako_certificate_table *table = make_table();
  shako_certificate *const *found;
  size_t count;
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(c); i++) {
    paper_init(&c[i]);
  }
  add(table, "a.example", &c[0]);
  add(table, "A.example", &c[1]);
  assert_gives(table, "a.example", &c[1], &c[0]);
  add(table, "a.example", &c[0]); /* once is enough */
  assert_gives(table, "a.example", &c[1], &c[0]);
  add(table, "a.example.", &c[2]);
  add(table, "a.example", &c[3]);
  found = shako_certificate_table_find(table, shako__span("a.example"), &count);
  assert_int_equal(count, 4);
  assert_ptr_equal(found[0], &c[1]);
  assert_ptr_equal(found[1], &c[3]);
  assert_ptr_equal(found[2], &c[0]);
  assert_ptr_equal(found[3], &c[2]);
  assert_int_equal(shako_certificate_table_add(table, "a.example", &c[4].base),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(shako_certificate_table_add_default(table, &c[0].base), 0);
  assert_int_equal(shako_certificate_table_add_default(table, &c[1].base), 0);
  assert_gives(table, "x", &c[1], &c[0]);
  shako_certificate_table_unref(table);
  give_back(c, COUNT(c));
}

/* Asserts that a client that asks for |name| and can use these keys is given
   |want| alone. */
static void assert_selects(const shako_certificate_table *table,
                           const char *name, bool ecdsa, bool rsa,
                           const paper_certificate *want) {
  const shako_client_hello hello = {.struct_size = sizeof(hello),
                                    .server_name = shako__span(name),
                                    .can_ecdsa = ecdsa,
                                    .can_rsa = rsa};
  size_t count = 99;
  shako_certificate *const *found =
      shako__certificate_table_select(table, &hello, &count);

  assert_int_equal(count, 1);
  assert_ptr_equal(found[0], want);
}

/* What it can use of the exact name, then of the wider one, then of no name;
   where it can use nothing of it all, the exact name's. */
static void a_client_gets_what_it_can_use(void **state) {
  paper_certificate exact = {.key = "ECDSA"};
  paper_certificate wide = {.key = "RSA"};
  paper_certificate other = {.key = "ECDSA"};
  paper_certificate rest = {.key = "RSA"};
  shako_certificate_table *table = make_table();

  (void)state;
  paper_init(&exact);
  paper_init(&wide);
  paper_init(&other);
  paper_init(&rest);
  add(table, "mx.example.com", &exact);
  add(table, "*.example.com", &wide);
  add(table, "mx.example.org", &other);
  assert_int_equal(shako_certificate_table_add_default(table, &rest.base), 0);

  assert_selects(table, "mx.example.com", true, true, &exact);
  assert_selects(table, "mx.example.com", true, false, &exact);
  assert_selects(table, "MX.example.com.", false, true, &wide);
  assert_selects(table, "mx.example.com", false, false, &exact);
  assert_selects(table, "a.example.com", true, true, &wide);
  assert_selects(table, "a.example.com", true, false, &wide);
  assert_selects(table, "mx.example.org", true, true, &other);
  assert_selects(table, "mx.example.org", false, true, &rest);
  assert_selects(table, "", false, true, &rest);
  assert_selects(table, "", true, false, &rest);
  assert_selects(table, "", false, false, &rest);
  shako_certificate_table_unref(table);
  give_back(&exact, 1);
  give_back(&wide, 1);
  give_back(&other, 1);
  give_back(&rest, 1);
  assert_int_equal(failing.live, 0);
}

static void a_certificate_brings_its_names(void **state) {
  paper_certificate c[3] = {
      {.names = {"no name", "mx.example.com", "*.MX.example.com", "f*.example",
                 "MX.example.com", "a.*.example"}},
      {.names = {"no name"}},
      {.names = {NULL}},
  };
  shako_certificate_table *table = make_table();
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(c); i++) {
    paper_init(&c[i]);
  }
  assert_int_equal(shako_certificate_table_add(table, NULL, &c[1].base),
                   SHAKO_ERR_CERTIFICATE);
  assert_int_equal(shako_certificate_table_add(table, NULL, &c[2].base),
                   SHAKO_ERR_CERTIFICATE);
  assert_gives(table, "x", NULL, NULL);
  assert_int_equal(shako_certificate_table_add_default(table, &c[2].base), 0);
  add(table, NULL, &c[0]);
  assert_gives(table, "mx.example.com", &c[0], NULL);
  assert_gives(table, "a.mx.example.com", &c[0], NULL);
  assert_gives(table, "foo.example", &c[2], NULL);
  assert_gives(table, "a.b.example", &c[2], NULL);
  shako_certificate_table_unref(table);
  give_back(c, COUNT(c));
}

static void bad_names_are_refused(void **state) {
  static const char *const names[] = {
      "",     ".",   "*",     "*.", "a..b",    "*.*.b",     "a.*",
      "f*.b", "a b", "a.b..", ".a", "a\x80.b", "[1.2.3.4]", "user@a.example"};
  paper_certificate c = {.key = "RSA"};
  shako_certificate_table *table = make_table();
  char label[70];
  size_t i;

  (void)state;
  paper_init(&c);
  for (i = 0; i < COUNT(names); i++) {
    assert_int_equal(shako_certificate_table_add(table, names[i], &c.base),
                     SHAKO_ERR_INVALID_ARGUMENT);
  }
  memset(label, 'x', sizeof(label));
  label[64] = '\0';
  assert_int_equal(shako_certificate_table_add(table, label, &c.base),
                   SHAKO_ERR_INVALID_ARGUMENT);
  label[63] = '\0';
  add(table, label, &c);
  for (i = 0; i < 254; i++) {
    long_name[i] = i % 64 == 63 ? '.' : 'x';
  }
  long_name[254] = '\0';
  assert_int_equal(shako_certificate_table_add(table, long_name, &c.base),
                   SHAKO_ERR_INVALID_ARGUMENT);
  long_name[253] = '.'; /* which does not count */
  add(table, long_name, &c);
  assert_gives(table, long_name, &c, NULL);
  shako_certificate_table_unref(table);
  give_back(&c, 1);
}

static void engines_are_not_mixed(void **state) {
  paper_certificate c[3] = {{.key = "RSA"}};
  shako_certificate_table *table = make_table();

  (void)state;
  paper_init(&c[0]);
  paper_init(&c[1])->engine = &blind_engine;
  paper_init(&c[2])->engine = &blind_engine;
  assert_int_equal(shako_certificate_table_add(table, NULL, &c[1].base),
                   SHAKO_ERR_CERTIFICATE);
  add(table, "a.example", &c[1]);
  assert_int_equal(shako_certificate_table_add(table, "b.example", &c[0].base),
                   SHAKO_ERR_INVALID_ARGUMENT);
  assert_int_equal(shako_certificate_table_add_default(table, &c[0].base),
                   SHAKO_ERR_INVALID_ARGUMENT);
  add(table, "a.example", &c[2]); /* in the order they came in */
  assert_gives(table, "a.example", &c[1], &c[2]);
  shako_certificate_table_unref(table);
  table = make_table();
  assert_int_equal(shako_certificate_table_add_default(table, &c[0].base), 0);
  assert_int_equal(shako_certificate_table_add(table, "a.example", &c[1].base),
                   SHAKO_ERR_INVALID_ARGUMENT);
  shako_certificate_table_unref(table);
  give_back(c, COUNT(c));
}

static void many_names_are_found(void **state) {
  paper_certificate c[2] = {{.key = "RSA"}};
  shako_certificate_table *table = make_table();
  char name[32];
  unsigned i;

  (void)state;
  paper_init(&c[0]);
  paper_init(&c[1]);
  assert_int_equal(shako_certificate_table_add_default(table, &c[1].base), 0);
  for (i = 0; i < 3000; i++) {
    snprintf(name, sizeof(name), "%smx%u.example", i % 3 == 0 ? "*." : "", i);
    add(table, name, &c[0]);
  }
  for (i = 0; i < 3100; i++) {
    snprintf(name, sizeof(name), "%smx%u.example", i % 3 == 0 ? "a." : "", i);
    assert_gives(table, name, i < 3000 ? &c[0] : &c[1], NULL);
  }
  shako_certificate_table_unref(table);
  give_back(c, COUNT(c));
}

/* --- the slot ------------------------------------------------------------ */

/* Asks |provider| for |name| with room for |room|. */
static shako_provider_status
select_for(const shako_certificate_provider *provider, const char *name,
           shako_certificate **certificates, size_t room, size_t *count) {
  const shako_client_hello hello = {.struct_size = sizeof(hello),
                                    .server_name = shako__span(name)};

  *count = room;
  return provider->select(provider->ctx, &hello, certificates, count);
}

static void a_slot_gives_what_its_table_has(void **state) {
  paper_certificate c[3] = {{.key = "RSA"}, {.key = "ECDSA"}, {.key = "RSA"}};
  shako_certificate_table *empty = make_table();
  shako_certificate_table *table = make_table();
  shako_certificate *got[SHAKO_CERTIFICATES_MAX];
  shako_certificate_provider provider;
  shako_certificate_slot *slot = NULL;
  size_t count;
  size_t i;

  (void)state;
  for (i = 0; i < COUNT(c); i++) {
    paper_init(&c[i]);
  }
  add(table, "a.example", &c[0]);
  add(table, "a.example", &c[1]);
  assert_int_equal(shako_certificate_slot_new(&slot, empty, &mem), 0);
  shako_certificate_provider_table(&provider, slot);
  assert_int_equal(provider.struct_size, sizeof(provider));
  assert_int_equal(provider.ready(provider.ctx), SHAKO_PROVIDER_NONE);
  assert_int_equal(select_for(&provider, "a.example", got, 4, &count),
                   SHAKO_PROVIDER_NONE);
  assert_int_equal(count, 0);

  shako_certificate_slot_set(slot, table);
  assert_int_equal(provider.ready(provider.ctx), SHAKO_PROVIDER_OK);
  assert_int_equal(select_for(&provider, "A.example", got, 4, &count),
                   SHAKO_PROVIDER_OK);
  assert_int_equal(count, 2);
  assert_ptr_equal(got[0], &c[1]);
  assert_ptr_equal(got[1], &c[0]);
  shako_certificate_unref(got[1]);
  assert_int_equal(select_for(&provider, "A.example", got + 1, 1, &count),
                   SHAKO_PROVIDER_OK);
  assert_int_equal(count, 1);
  assert_ptr_equal(got[1], &c[1]);
  shako_certificate_unref(got[1]);

  /* A connection keeps what it was given. */
  shako_certificate_slot_set(slot, empty);
  shako_certificate_table_unref(table);
  assert_int_equal(c[0].base.references, 1);
  assert_int_equal(c[1].base.references, 2);
  shako_certificate_unref(got[0]);
  shako_certificate_slot_free(slot);
  shako_certificate_slot_free(NULL);
  shako_certificate_table_unref(empty);
  shako_certificate_table_unref(NULL);
  give_back(c, COUNT(c));
  assert_int_equal(failing.live, 0);
}

static void a_published_table_stays_as_it_is(void **state) {
  paper_certificate c[2] = {{.key = "RSA"}};
  shako_certificate_table *tables[2];
  shako_certificate_slot *slot = NULL;
  size_t i;

  (void)state;
  for (i = 0; i < 2; i++) {
    paper_init(&c[i]);
    tables[i] = make_table();
    add(tables[i], "a.example", &c[i]);
  }
  assert_int_equal(shako_certificate_slot_new(&slot, tables[0], &mem), 0);
  shako_certificate_slot_set(slot, tables[1]);
  for (i = 0; i < 2; i++) {
    assert_int_equal(
        shako_certificate_table_add(tables[i], "b.example", &c[0].base),
        SHAKO_ERR_INVALID_STATE);
    assert_int_equal(shako_certificate_table_add(tables[i], NULL, &c[0].base),
                     SHAKO_ERR_INVALID_STATE);
    assert_int_equal(shako_certificate_table_add_default(tables[i], &c[0].base),
                     SHAKO_ERR_INVALID_STATE);
    shako_certificate_table_unref(tables[i]);
  }
  shako_certificate_slot_free(slot);
  give_back(c, COUNT(c));
}

/* --- memory --------------------------------------------------------------- */

static void assert_works(int error, bool refused) {
  if (error != 0) {
    assert_true(refused);
    assert_int_equal(error, SHAKO_ERR_NOMEM);
  }
}

/* Whatever fails, all that was there before is there after. */
static void fill(bool refused) {
  paper_certificate c[2] = {{.names = {"a.example", "b.example"}},
                            {.key = "RSA"}};
  shako_certificate_table *table = NULL;
  shako_certificate_slot *slot = NULL;
  char name[32];
  unsigned i;

  paper_init(&c[0]);
  paper_init(&c[1]);
  failing.armed = true;
  assert_works(shako_certificate_table_new(&table, &mem), refused);
  for (i = 0; table != NULL && i < 100; i++) {
    int error;

    snprintf(name, sizeof(name), "mx%u.example", i);
    error = shako_certificate_table_add(table, name, &c[1].base);
    assert_works(error, refused);
    assert_gives(table, name, error == 0 || i > 0 ? &c[1] : NULL, NULL);
    assert_gives(table, "mx0.example", error == 0 || i > 0 ? &c[1] : NULL,
                 NULL);
  }
  if (table != NULL) {
    assert_works(shako_certificate_table_add(table, NULL, &c[0].base), refused);
    assert_works(shako_certificate_slot_new(&slot, table, &mem), refused);
  }
  failing.armed = false;
  shako_certificate_slot_free(slot);
  shako_certificate_table_unref(table);
  give_back(c, COUNT(c));
  assert_int_equal(failing.live, 0);
}

static void want_of_memory_is_told(void **state) {
  (void)state;
  assert_int_equal(failing.live, 0);
  assert_true(failing_for_each(fill, 1) > 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_found),
      cmocka_unit_test(an_octet_0_is_in_no_name),
      cmocka_unit_test(the_first_is_the_default_where_none_is_set),
      cmocka_unit_test(ecdsa_goes_first),
      cmocka_unit_test(a_client_gets_what_it_can_use),
      cmocka_unit_test(a_certificate_brings_its_names),
      cmocka_unit_test(bad_names_are_refused),
      cmocka_unit_test(engines_are_not_mixed),
      cmocka_unit_test(many_names_are_found),
      cmocka_unit_test(a_slot_gives_what_its_table_has),
      cmocka_unit_test(a_published_table_stays_as_it_is),
      cmocka_unit_test(want_of_memory_is_told),
  };

  return cmocka_run_group_tests_name("certificate_table", tests, NULL, NULL);
}
