/* Threads select from a slot while its table is replaced under them, again and
   again.  Built with ThreadSanitizer where there is one. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <shako/certificate.h>

#include "base/ascii.h"

#define SWAPS    2000
#define SELECTS  2000
#define WORKERS  2
#define OF_TABLE 2

/* A certificate that says which table it was made for. */
typedef struct numbered {
  shako_certificate base;
  unsigned table;
} numbered;

static atomic_uint live; /* certificates */

static void release(shako_certificate *certificate) {
  atomic_fetch_sub(&live, 1);
  free(certificate);
}

static const shako_tls_engine engine = {.version = SHAKO_TLS_ENGINE_VERSION,
                                        .name = "numbered"};

static shako_certificate *make_certificate(unsigned table) {
  numbered *made = calloc(1, sizeof(*made));

  if (made == NULL) {
    abort();
  }
  made->base.engine = &engine;
  made->base.release = release;
  made->base.references = 1;
  made->table = table;
  atomic_fetch_add(&live, 1);
  return &made->base;
}

static shako_certificate_table *make_table(unsigned number) {
  shako_certificate_table *table = NULL;
  size_t i;

  if (shako_certificate_table_new(&table, NULL) != 0) {
    abort();
  }
  for (i = 0; i < OF_TABLE; i++) {
    shako_certificate *certificate = make_certificate(number);

    if (shako_certificate_table_add(table, "*.example", certificate) != 0) {
      abort();
    }
    shako_certificate_unref(certificate);
  }
  return table;
}

/* What all threads share. */
typedef struct world {
  shako_certificate_slot *slot;
  atomic_bool over;
  atomic_uint selected;
} world;

/* All that one call gives is of one table, no older than what came before. */
static bool select_one(const shako_certificate_provider *provider,
                       unsigned *newest) {
  const shako_client_hello hello = {.struct_size = sizeof(hello),
                                    .server_name = shako__span("a.example")};
  shako_certificate *got[SHAKO_CERTIFICATES_MAX];
  size_t count = SHAKO_CERTIFICATES_MAX;
  unsigned table;
  bool right;
  size_t i;

  if (provider->ready(provider->ctx) != SHAKO_PROVIDER_OK ||
      provider->select(provider->ctx, &hello, got, &count) !=
          SHAKO_PROVIDER_OK ||
      count != OF_TABLE) {
    return false;
  }
  table = ((numbered *)got[0])->table;
  right = table >= *newest;
  *newest = table;
  for (i = 0; i < count; i++) {
    right = right && ((numbered *)got[i])->table == table;
    shako_certificate_unref(got[i]);
  }
  return right;
}

static void *work(void *context) {
  world *w = context;
  shako_certificate_provider provider;
  unsigned newest = 0;
  bool right = true;

  shako_certificate_provider_table(&provider, w->slot);
  while (right && !atomic_load(&w->over)) {
    right = select_one(&provider, &newest);
    atomic_fetch_add(&w->selected, right);
  }
  return right ? w : NULL;
}

static void a_table_is_replaced_under_load(void **state) {
  shako_certificate_table *table = make_table(0);
  pthread_t workers[WORKERS];
  world w = {.slot = NULL};
  unsigned failed = 0;
  unsigned i;

  (void)state;
  assert_int_equal(shako_certificate_slot_new(&w.slot, table, NULL), 0);
  shako_certificate_table_unref(table);
  for (i = 0; i < WORKERS; i++) {
    assert_int_equal(pthread_create(&workers[i], NULL, work, &w), 0);
  }
  for (i = 1; i <= SWAPS || (atomic_load(&w.selected) < SELECTS && i < 1000000);
       i++) {
    table = make_table(i);
    shako_certificate_slot_set(w.slot, table);
    shako_certificate_table_unref(table);
  }
  atomic_store(&w.over, true);
  for (i = 0; i < WORKERS; i++) {
    void *right;

    assert_int_equal(pthread_join(workers[i], &right), 0);
    failed += right == NULL;
  }
  assert_int_equal(failed, 0);
  assert_true(atomic_load(&w.selected) >= SELECTS);
  assert_int_equal(atomic_load(&live), OF_TABLE); /* those of the last table */
  shako_certificate_slot_free(w.slot);
  assert_int_equal(atomic_load(&live), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_table_is_replaced_under_load),
  };

  return cmocka_run_group_tests_name("certificate_swap", tests, NULL, NULL);
}
