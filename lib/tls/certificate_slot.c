#include <pthread.h>

#include "base/mem.h"
#include "tls/certificate_table.h"

/* The lock is held for as long as it takes to count a reference. */
struct shako_certificate_slot {
  shako_mem mem;
  pthread_mutex_t lock; /* of |table| */
  shako_certificate_table *table;
};

int shako_certificate_slot_new(shako_certificate_slot **pslot,
                               shako_certificate_table *table,
                               const shako_mem *mem) {
  shako_mem mine = mem != NULL ? *mem : shako__mem_default();
  shako_certificate_slot *slot = shako__alloc(&mine, sizeof(*slot));

  if (slot == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  slot->mem = mine;
  if (pthread_mutex_init(&slot->lock, NULL) != 0) {
    shako__release(&mine, slot, sizeof(*slot));
    return SHAKO_ERR_NOMEM;
  }
  shako__certificate_table_publish(table);
  slot->table = shako_certificate_table_ref(table);
  *pslot = slot;

  return 0;
}

void shako_certificate_slot_set(shako_certificate_slot *slot,
                                shako_certificate_table *table) {
  shako_certificate_table *old;

  shako__certificate_table_publish(table);
  (void)shako_certificate_table_ref(table);
  pthread_mutex_lock(&slot->lock);
  old = slot->table;
  slot->table = table;
  pthread_mutex_unlock(&slot->lock);
  shako_certificate_table_unref(old);
}

void shako_certificate_slot_free(shako_certificate_slot *slot) {
  shako_mem mem;

  if (slot == NULL) {
    return;
  }
  mem = slot->mem;
  shako_certificate_table_unref(slot->table);
  pthread_mutex_destroy(&slot->lock);
  shako__release(&mem, slot, sizeof(*slot));
}

/* Returns a reference to the table of now. */
static shako_certificate_table *take(shako_certificate_slot *slot) {
  shako_certificate_table *table;

  pthread_mutex_lock(&slot->lock);
  table = shako_certificate_table_ref(slot->table);
  pthread_mutex_unlock(&slot->lock);

  return table;
}

static shako_provider_status slot_select(void *ctx,
                                         const shako_client_hello *hello,
                                         shako_certificate **certificates,
                                         size_t *count) {
  shako_certificate_table *table = take(ctx);
  size_t room = *count;
  shako_certificate *const *found =
      shako__certificate_table_select(table, hello, count);
  size_t i;

  if (*count > room) {
    *count = room;
  }
  for (i = 0; i < *count; i++) {
    certificates[i] = shako_certificate_ref(found[i]);
  }
  shako_certificate_table_unref(table);

  return *count > 0 ? SHAKO_PROVIDER_OK : SHAKO_PROVIDER_NONE;
}

static shako_provider_status slot_ready(void *ctx) {
  const shako_client_hello none = {.struct_size = sizeof(none)};
  shako_certificate *certificate = NULL;
  size_t count = 1;
  shako_provider_status status = slot_select(ctx, &none, &certificate, &count);

  shako_certificate_unref(certificate);

  return status;
}

void shako_certificate_provider_table(shako_certificate_provider *provider,
                                      shako_certificate_slot *slot) {
  *provider = (shako_certificate_provider){
      .struct_size = sizeof(*provider),
      .ctx = slot,
      .ready = slot_ready,
      .select = slot_select,
  };
}
