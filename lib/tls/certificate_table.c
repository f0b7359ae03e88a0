#include "tls/certificate_table.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "base/strings.h"
#include "tls/host_name.h"

/*
 * A hash table with open addressing, at most half full.  What a peer asks for
 * is looked up twice, as it is and with "*" for its first label.  The names in
 * it are the operator's: no peer can make them collide.
 */

#define ROOM_MIN ((size_t)16)

/* A name and its certificates, those with ECDSA keys first. */
typedef struct entry {
  const char *name; /* NULL: this place is free */
  size_t len;
  size_t count;
  size_t ecdsa_count;
  shako_certificate *certificates[SHAKO_CERTIFICATES_MAX];
} entry;

struct shako_certificate_table {
  shako_mem mem;
  uint32_t references; /* atomic */
  uint32_t published;  /* atomic */
  shako__strings names;
  entry *entries;
  size_t room; /* of |entries|, a power of two; 0 in the beginning */
  size_t used;
  entry first;    /* the certificate that was added first */
  entry defaults; /* those of no name */
};

int shako_certificate_table_new(shako_certificate_table **ptable,
                                const shako_mem *mem) {
  shako_mem mine = mem != NULL ? *mem : shako__mem_default();
  shako_certificate_table *table = shako__alloc(&mine, sizeof(*table));

  if (table == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  table->mem = mine;
  table->references = 1;
  shako__strings_init(&table->names, &table->mem);
  *ptable = table;
  return 0;
}

shako_certificate_table *
shako_certificate_table_ref(shako_certificate_table *table) {
  __atomic_add_fetch(&table->references, 1, __ATOMIC_RELAXED);

  return table;
}

static void drop(entry *of) {
  size_t i;

  for (i = 0; i < of->count; i++) {
    shako_certificate_unref(of->certificates[i]);
  }
}

void shako_certificate_table_unref(shako_certificate_table *table) {
  shako_mem mem;
  size_t i;

  if (table == NULL ||
      __atomic_sub_fetch(&table->references, 1, __ATOMIC_ACQ_REL) > 0) {
    return;
  }
  mem = table->mem;
  for (i = 0; i < table->room; i++) {
    drop(&table->entries[i]);
  }
  drop(&table->first);
  drop(&table->defaults);
  shako__strings_free(&table->names);
  shako__release(&mem, table->entries, table->room * sizeof(entry));
  shako__release(&mem, table, sizeof(*table));
}

void shako__certificate_table_publish(shako_certificate_table *table) {
  __atomic_store_n(&table->published, 1, __ATOMIC_RELAXED);
}

/* FNV-1a */
static uint64_t hash(const void *name, size_t len) {
  const uint8_t *octets = name;
  uint64_t value = UINT64_C(0xcbf29ce484222325);
  size_t i;

  for (i = 0; i < len; i++) {
    value = (value ^ octets[i]) * UINT64_C(0x100000001b3);
  }
  return value ^ value >> 32;
}

/* Returns the place of a name in |entries|, which is free where the name is not
   there. */
static entry *place(entry *entries, size_t room, const void *name, size_t len) {
  size_t at = (size_t)hash(name, len) & (room - 1);

  while (entries[at].name != NULL &&
         (entries[at].len != len || memcmp(entries[at].name, name, len) != 0)) {
    at = (at + 1) & (room - 1);
  }
  return &entries[at];
}

/* Makes room for one more name.  Returns 0, or SHAKO_ERR_NOMEM. */
static int grow(shako_certificate_table *table) {
  size_t room = table->room > 0 ? table->room * 2 : ROOM_MIN;
  entry *entries;
  size_t i;

  if (table->used < table->room / 2) {
    return 0;
  }
  entries = shako__alloc(&table->mem, room * sizeof(entry));
  if (entries == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  for (i = 0; i < table->room; i++) {
    const entry *old = &table->entries[i];

    if (old->name != NULL) {
      *place(entries, room, old->name, old->len) = *old;
    }
  }
  shako__release(&table->mem, table->entries, table->room * sizeof(entry));
  table->entries = entries;
  table->room = room;
  return 0;
}

static bool is_ecdsa(const shako_certificate *certificate) {
  shako_certificate_facts facts = {.struct_size = sizeof(facts)};

  return certificate->engine->inspect != NULL &&
         certificate->engine->inspect(certificate, 0, &facts) &&
         strcmp(facts.key, "ECDSA") == 0;
}

/* Puts |certificate| among those of |to|.  Returns 0, or
   SHAKO_ERR_INVALID_ARGUMENT for one too many. */
static int put(entry *to, shako_certificate *certificate) {
  size_t at = to->count;
  size_t i;

  for (i = 0; i < to->count; i++) {
    if (to->certificates[i] == certificate) {
      return 0;
    }
  }
  if (to->count == SHAKO_CERTIFICATES_MAX) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  if (is_ecdsa(certificate)) {
    at = to->ecdsa_count++;
  }
  for (i = to->count++; i > at; i--) {
    to->certificates[i] = to->certificates[i - 1];
  }
  to->certificates[at] = shako_certificate_ref(certificate);
  return 0;
}

/* Adds under a name that was read.  Returns 0, or as
   shako_certificate_table_add(). */
static int add(shako_certificate_table *table, const shako__host_name *name,
               shako_certificate *certificate) {
  shako_span text = {name->text, name->len};
  entry *at;
  int error = grow(table);

  if (error != 0) {
    return error;
  }
  at = place(table->entries, table->room, name->text, name->len);
  if (at->name == NULL) {
    at->name = shako__strings_keep(&table->names, text);
    if (at->name == NULL) {
      return SHAKO_ERR_NOMEM;
    }
    at->len = name->len;
    table->used++;
  }
  return put(at, certificate);
}

/* Adds under its own names. */
static int add_own(shako_certificate_table *table,
                   shako_certificate *certificate) {
  const shako_tls_engine *engine = certificate->engine;
  int error = SHAKO_ERR_CERTIFICATE;
  shako__host_name name;
  shako_span text;
  size_t i;

  if (engine->name_at == NULL) {
    return SHAKO_ERR_CERTIFICATE;
  }
  for (i = 0; engine->name_at(certificate, i, &text); i++) {
    if (!shako__host_name_read(&name, text, true)) {
      continue;
    }
    error = add(table, &name, certificate);
    if (error != 0) {
      return error;
    }
  }
  return error;
}

/* Whether |certificate| may be added to |table|.  Returns 0, or the error. */
static int admit(const shako_certificate_table *table,
                 const shako_certificate *certificate) {
  const entry *first =
      table->first.count > 0 ? &table->first : &table->defaults;

  if (__atomic_load_n(&table->published, __ATOMIC_RELAXED)) {
    return SHAKO_ERR_INVALID_STATE;
  }
  return first->count > 0 &&
                 first->certificates[0]->engine != certificate->engine
             ? SHAKO_ERR_INVALID_ARGUMENT
             : 0;
}

int shako_certificate_table_add(shako_certificate_table *table,
                                const char *name,
                                shako_certificate *certificate) {
  int error = admit(table, certificate);
  shako__host_name read;

  if (error == 0 && name == NULL) {
    error = add_own(table, certificate);
  } else if (error == 0) {
    error = shako__host_name_read(&read, shako__span(name), true)
                ? add(table, &read, certificate)
                : SHAKO_ERR_INVALID_ARGUMENT;
  }
  if (error == 0 && table->first.count == 0) {
    error = put(&table->first, certificate);
  }
  return error;
}

int shako_certificate_table_add_default(shako_certificate_table *table,
                                        shako_certificate *certificate) {
  int error = admit(table, certificate);

  return error != 0 ? error : put(&table->defaults, certificate);
}

/* --- what a client gets -------------------------------------------------- */

/* Where certificates for a client may stand; what is better goes first. */
enum { EXACT, WIDE, DEFAULTS, PLACES };

/* Returns the entry of |name|, or NULL. */
static const entry *look_up(const shako_certificate_table *table,
                            const shako__host_name *name) {
  const entry *at = place(table->entries, table->room, name->text, name->len);

  return at->count > 0 ? at : NULL;
}

/* Finds what there is for a client that asks for |text|; NULL where there is
   nothing, but for DEFAULTS. */
static void find(const shako_certificate_table *table, shako_span text,
                 const entry *found[PLACES]) {
  shako__host_name name;

  found[EXACT] = NULL;
  found[WIDE] = NULL;
  found[DEFAULTS] =
      table->defaults.count > 0 ? &table->defaults : &table->first;
  if (table->room == 0 || !shako__host_name_read(&name, text, false)) {
    return;
  }
  found[EXACT] = look_up(table, &name);
  if (shako__host_name_widen(&name)) {
    found[WIDE] = look_up(table, &name);
  }
}

static const entry *best(const entry *const found[PLACES]) {
  size_t i = 0;

  while (found[i] == NULL) { /* DEFAULTS are there */
    i++;
  }
  return found[i];
}

static bool serves(const entry *at, const shako_client_hello *hello) {
  return at != NULL && ((hello->can_ecdsa && at->ecdsa_count > 0) ||
                        (hello->can_rsa && at->ecdsa_count < at->count));
}

shako_certificate *const *
shako_certificate_table_find(const shako_certificate_table *table,
                             shako_span name, size_t *count) {
  const entry *found[PLACES];
  const entry *at;

  find(table, name, found);
  at = best(found);
  *count = at->count;
  return at->certificates;
}

shako_certificate *const *
shako__certificate_table_select(const shako_certificate_table *table,
                                const shako_client_hello *hello,
                                size_t *count) {
  const entry *found[PLACES];
  const entry *at;
  size_t i = 0;

  find(table, hello->server_name, found);
  while (i < PLACES && !serves(found[i], hello)) {
    i++;
  }
  at = i < PLACES ? found[i] : best(found);
  *count = at->count;
  return at->certificates;
}
