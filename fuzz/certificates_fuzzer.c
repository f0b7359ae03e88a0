/* Certificates of paper, and a table of them, a word and what it is about a
   line:

     certificate KEY NAME...                    a new one; of ECDSA or not
     member SUBJECT ISSUER FROM TO [SIGNATURE]  the next of its chain; "u" in
                                                SIGNATURE: not by the next one
     under NAME, own, default                   it is added to the table
     host NAME                                  it is checked for
     ask NAME KEYS                              a client's name, and "e", "r"
   for the keys that are of use to it poor NUMBER this allocation fails

   A table finds what a look through a list would find, and a report says what
   the certificate says, in lines. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "check.h"
#include "paper_certificate.h"
#include "poor_memory.h"
#include "tls/host_name.h"

#define CERTIFICATES 6u
#define ENTRIES      32u
#define WORDS        12u

/* A name of the table, and one that stands under it. */
typedef struct listed {
  shako__host_name name;
  shako_certificate *certificate;
} listed;

typedef struct world {
  paper_certificate certificates[CERTIFICATES];
  size_t count;
  size_t members; /* of the last one */
  poor_memory memory;
  shako_certificate_table *table;
  listed list[ENTRIES];
  size_t listed;
  shako_certificate *defaults[SHAKO_CERTIFICATES_MAX];
  size_t defaulted;
  shako_certificate *first;
  bool published; /* the table is, and does not change any more */
} world;

static bool is_in_word(uint8_t c) {
  return c > ' ';
}

/* Cuts |line| into words, each with a NUL.  Returns their number; the others
   are "". */
static size_t cut_words(char *line, const char *words[WORDS]) {
  size_t count = 0;
  size_t i;

  for (i = 0; i < WORDS; i++) {
    words[i] = "";
  }
  while (count < WORDS && *line != '\0') {
    words[count++] = line;
    while (is_in_word((uint8_t)*line)) {
      line++;
    }
    if (*line != '\0') {
      *line++ = '\0';
    }
  }
  return count;
}

static int64_t date_of(const char *text) {
  uint64_t number;

  return shako__number(shako__span(text), &number) && number < UINT32_MAX
             ? (int64_t)number
             : 0;
}

static shako_certificate *last(world *w) {
  return &w->certificates[w->count - 1].base;
}

static bool has_ecdsa(const shako_certificate *certificate) {
  const char *key = ((const paper_certificate *)certificate)->key;

  return strcmp(key, "ECDSA") == 0;
}

static void begin(world *w, const char *const words[WORDS]) {
  paper_certificate *certificate = &w->certificates[w->count];
  size_t i;

  if (w->count == CERTIFICATES) {
    return;
  }
  certificate->key = strcmp(words[1], "ECDSA") == 0 ? "ECDSA" : "RSA";
  for (i = 2; i < WORDS && *words[i] != '\0'; i++) {
    certificate->names[i - 2] = words[i];
  }
  paper_init(certificate);
  w->count++;
  w->members = 0;
}

static void add_member(world *w, const char *const words[WORDS]) {
  if (w->members < PAPER_MEMBERS_MAX) {
    w->certificates[w->count - 1].members[w->members++] = (paper_member){
        .subject = words[1],
        .issuer = words[2],
        .not_before = date_of(words[3]),
        .not_after = date_of(words[4]),
        .oid = *words[5] != '\0' ? words[5] : NULL,
        .unproved = strchr(words[5], 'u') != NULL,
    };
  }
}

static size_t count_under(const world *w, const shako__host_name *name) {
  size_t count = 0;
  size_t i;

  for (i = 0; i < w->listed; i++) {
    count += w->list[i].name.len == name->len &&
             memcmp(w->list[i].name.text, name->text, name->len) == 0;
  }
  return count;
}

static bool stands_under(const world *w, const shako__host_name *name,
                         const shako_certificate *certificate) {
  size_t i;

  for (i = 0; i < w->listed; i++) {
    if (w->list[i].certificate == certificate &&
        w->list[i].name.len == name->len &&
        memcmp(w->list[i].name.text, name->text, name->len) == 0) {
      return true;
    }
  }
  return false;
}

static void put_first(world *w, shako_certificate *certificate) {
  w->first = w->first ? w->first : certificate;
}

static void add_under(world *w, const char *text) {
  shako_certificate *certificate = last(w);
  listed *entry = &w->list[w->listed];
  int error;
  bool good;
  bool full;

  if (w->listed == ENTRIES) {
    return;
  }
  error = shako_certificate_table_add(w->table, text, certificate);
  CHECK((error == SHAKO_ERR_INVALID_STATE) == w->published);
  if (w->published) {
    return;
  }
  if (error == SHAKO_ERR_NOMEM) {
    CHECK(w->memory.failed);
    return;
  }
  good = shako__host_name_read(&entry->name, shako__span(text), true);
  full = good && !stands_under(w, &entry->name, certificate) &&
         count_under(w, &entry->name) == SHAKO_CERTIFICATES_MAX;
  CHECK((error == 0) == (good && !full));
  if (error != 0) {
    CHECK(error == SHAKO_ERR_INVALID_ARGUMENT);
    return;
  }
  put_first(w, certificate);
  if (!stands_under(w, &entry->name, certificate)) {
    entry->certificate = certificate;
    w->listed++;
  }
}

static void add_default(world *w) {
  shako_certificate *certificate = last(w);
  int error = shako_certificate_table_add_default(w->table, certificate);
  size_t i = 0;

  while (i < w->defaulted && w->defaults[i] != certificate) {
    i++;
  }
  CHECK(error == (w->published                  ? SHAKO_ERR_INVALID_STATE
                  : i == SHAKO_CERTIFICATES_MAX ? SHAKO_ERR_INVALID_ARGUMENT
                                                : 0));
  if (error == 0) {
    w->defaults[i] = certificate;
    w->defaulted += i == w->defaulted;
  }
}

/* Its own names are added one by one, which must be the same. */
static void add_own(world *w) {
  const paper_certificate *certificate = &w->certificates[w->count - 1];
  shako_certificate_table *own = NULL;
  shako__host_name name;
  bool any = false;
  size_t i;

  for (i = 0; certificate->names[i]; i++) {
    bool good =
        shako__host_name_read(&name, shako__span(certificate->names[i]), true);

    any = any || good;
    if (good) {
      add_under(w, certificate->names[i]);
    }
  }
  CHECK(shako_certificate_table_new(&own, NULL) == 0);
  CHECK(shako_certificate_table_add(own, NULL, last(w)) ==
        (any ? 0 : SHAKO_ERR_CERTIFICATE));
  shako_certificate_table_unref(own);
}

static bool is_of_use(const shako_certificate *certificate, const char *keys) {
  return strchr(keys, has_ecdsa(certificate) ? 'e' : 'r') != NULL;
}

/* Whether one under |name| is of use to a client. */
static bool serves(const world *w, const shako__host_name *name,
                   const char *keys) {
  size_t i;

  for (i = 0; i < w->listed; i++) {
    if (is_of_use(w->list[i].certificate, keys) &&
        stands_under(w, name, w->list[i].certificate)) {
      return true;
    }
  }
  return false;
}

static bool default_serves(const world *w, const char *keys) {
  bool any = w->defaulted == 0 && w->first && is_of_use(w->first, keys);
  size_t i;

  for (i = 0; i < w->defaulted; i++) {
    any = any || is_of_use(w->defaults[i], keys);
  }
  return any;
}

/* Checks what a client gets against the list: |count| of |found|. */
static void check_found(const world *w, const char *text, const char *keys,
                        shako_certificate *const *found, size_t count) {
  shako__host_name exact = {.len = 0};
  shako__host_name wide;
  bool named = shako__host_name_read(&exact, shako__span(text), false);
  bool has_exact = named && count_under(w, &exact) > 0;
  bool has_wide;
  size_t i;

  wide = exact;
  has_wide =
      named && shako__host_name_widen(&wide) && count_under(w, &wide) > 0;
  if (has_exact && serves(w, &exact, keys)) {
    has_wide = false;
  } else if (has_wide && serves(w, &wide, keys)) {
    has_exact = false;
  } else if (default_serves(w, keys)) {
    has_exact = false;
    has_wide = false;
  }
  for (i = 0; i < count; i++) {
    CHECK(i == 0 || !has_ecdsa(found[i]) || has_ecdsa(found[i - 1]));
    CHECK(!has_exact || stands_under(w, &exact, found[i]));
    CHECK(has_exact || !has_wide || stands_under(w, &wide, found[i]));
  }
  CHECK(count == (has_exact      ? count_under(w, &exact)
                  : has_wide     ? count_under(w, &wide)
                  : w->defaulted ? w->defaulted
                                 : w->first != NULL));
}

/* What a client of that name gets, from a slot as a listener asks it. */
static void ask(world *w, const char *text, const char *keys) {
  shako_client_hello hello = {.struct_size = sizeof(hello),
                              .server_name = shako__span(text),
                              .can_ecdsa = strchr(keys, 'e') != NULL,
                              .can_rsa = strchr(keys, 'r') != NULL};
  shako_certificate *found[SHAKO_CERTIFICATES_MAX];
  shako_mem mem = poor_memory_mem(&w->memory);
  size_t count = SHAKO_CERTIFICATES_MAX;
  shako_certificate_slot *slot = NULL;
  shako_certificate_provider provider;
  size_t i;

  if (shako_certificate_slot_new(&slot, w->table, &mem) != 0) {
    CHECK(w->memory.failed);
    return;
  }
  w->published = true;
  shako_certificate_slot_set(slot, w->table);
  shako_certificate_provider_table(&provider, slot);
  CHECK((provider.ready(provider.ctx) == SHAKO_PROVIDER_OK) ==
        (w->first || w->defaulted));
  CHECK((provider.select(provider.ctx, &hello, found, &count) ==
         SHAKO_PROVIDER_OK) == (count > 0));
  if (!w->memory.failed) {
    check_found(w, text, keys, found, count);
  }
  for (i = 0; i < count; i++) {
    shako_certificate_unref(found[i]);
  }
  shako_certificate_slot_free(slot);
}

static void check(world *w, const char *host) {
  const paper_certificate *certificate = &w->certificates[w->count - 1];
  shako_certificate_report report = {.struct_size = sizeof(report)};
  char text[4096];
  shako_address address = {.known = 0};
  bool matches = false;
  size_t len;
  size_t i;

  if (w->members == 0 || shako_certificate_check(&certificate->base, host,
                                                 1000000000, &report) != 0) {
    return;
  }
  (void)shako_address_parse(&address, shako__span(host));
  for (i = 0; certificate->names[i]; i++) {
    matches =
        matches || shako__host_name_matches(shako__span(certificate->names[i]),
                                            shako__span(host));
  }
  CHECK(report.name_count == i &&
        report.matches == (matches && !address.known));
  CHECK(report.warning_count <= SHAKO_CERTIFICATE_WARNINGS_MAX);
  CHECK((report.days_left < 0) == (report.not_after < 1000000000));
  len = shako_certificate_report_text(&report, text, sizeof(text));
  for (i = 0; i < len && i < sizeof(text) - 1; i++) {
    CHECK(text[i] == '\n' || shako__is_text((uint8_t)text[i]));
  }
  CHECK(text[i] == '\0');
}

static void obey(world *w, const char *const words[WORDS]) {
  const char *what = words[0];

  if (strcmp(what, "poor") == 0) {
    w->memory.left = (size_t)date_of(words[1]);
  } else if (strcmp(what, "ask") == 0) {
    ask(w, words[1], words[2]);
  } else if (strcmp(what, "certificate") == 0) {
    begin(w, words);
  } else if (w->count == 0) {
    return;
  } else if (strcmp(what, "member") == 0) {
    add_member(w, words);
  } else if (strcmp(what, "under") == 0) {
    add_under(w, words[1]);
  } else if (strcmp(what, "own") == 0) {
    add_own(w);
  } else if (strcmp(what, "default") == 0) {
    add_default(w);
  } else if (strcmp(what, "host") == 0) {
    check(w, words[1]);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len) {
  world w = {.memory = {.left = SIZE_MAX}};
  shako_mem mem = poor_memory_mem(&w.memory);
  char *input = malloc(len + 1);
  char *line = input;
  size_t i;

  CHECK(input != NULL);
  memcpy(input, octets, len);
  input[len] = '\0';
  CHECK(shako_certificate_table_new(&w.table, &mem) == 0);
  while (line != NULL && *line != '\0') {
    char *end = strchr(line, '\n');
    const char *words[WORDS];

    if (end) {
      *end = '\0';
    }
    if (cut_words(line, words) > 0) {
      obey(&w, words);
    }
    line = end ? end + 1 : NULL;
  }
  shako_certificate_table_unref(w.table);
  CHECK(w.memory.live == 0);
  for (i = 0; i < w.count; i++) {
    CHECK(w.certificates[i].base.references == 1);
  }
  free(input);

  return 0;
}
