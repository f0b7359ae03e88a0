/* Settings of a listener, "NAME VALUE" a line, and behind an empty line a Host
   Access Table.  What is refused is refused with a reason; the summary of what
   is taken is its own lines and nobody else's.  The letters of "has" are

     e an engine       x TLS of the application   i TLS from the first octet
     n no certificate  a authorities              p private
     l LMTP            d delayed rejection
     m each allocation fails in turn */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <shako/shako.h>

#include "base/ascii.h"
#include "check.h"
#include "fake_engine.h"
#include "poor_memory.h"

#define ROWS_MAX     4
#define FAILURES_MAX 80

typedef struct draft {
  shako_listener_config config;
  shako_domain_map_row map[ROWS_MAX];
  shako_certificate_provider certificates;
  fake_provider provider;
  fake_certificate certificate;
  shako_span table;
  bool has_table;
  bool lacks_memory;
} draft;

static const struct text_setting {
  const char *name;
  size_t offset;
} text_settings[] = {
    {"hostname", offsetof(shako_listener_config, hostname)},
    {"name", offsetof(shako_listener_config, name)},
    {"interface", offsetof(shako_listener_config, interface_label)},
    {"domain", offsetof(shako_listener_config, default_domain)},
    {"auth", offsetof(shako_listener_config, auth_mechanisms)},
    {"commands", offsetof(shako_listener_config, commands)},
    {"keywords", offsetof(shako_listener_config, keywords)},
    {"mail", offsetof(shako_listener_config, mail_params)},
    {"rcpt", offsetof(shako_listener_config, rcpt_params)},
    {"proxies", offsetof(shako_listener_config, proxies)},
};

static uint64_t number_of(const char *text) {
  uint64_t number;

  return shako__number(shako__span(text), &number) ? number : 0;
}

static void take_letters(draft *d, const char *letters) {
  shako_listener_config *config = &d->config;

  if (strchr(letters, 'e')) {
    config->engine = &fake_engine;
    config->certificates = &d->certificates;
  }
  if (strchr(letters, 'n')) {
    fake_script_add(&d->provider.ready, SHAKO_PROVIDER_NONE);
    fake_script_add(&d->provider.select, SHAKO_PROVIDER_NONE);
  }
  config->external_tls = strchr(letters, 'x') != NULL;
  config->implicit_tls = strchr(letters, 'i') != NULL;
  config->authorities = strchr(letters, 'a') ? fake_authorities() : NULL;
  config->type = strchr(letters, 'p') ? SHAKO_LISTENER_TYPE_PRIVATE
                                      : SHAKO_LISTENER_TYPE_PUBLIC;
  config->lmtp = strchr(letters, 'l') != NULL;
  config->delayed_rejection = strchr(letters, 'd') != NULL;
  d->lacks_memory = strchr(letters, 'm') != NULL;
}

static void take_row(draft *d, char *from) {
  char *to = strchr(from, ' ');

  if (to && d->config.domain_map_rows < ROWS_MAX) {
    *to = '\0';
    d->map[d->config.domain_map_rows++] = (shako_domain_map_row){from, to + 1};
  }
}

static void take(draft *d, const char *name, char *value) {
  size_t i;

  for (i = 0; i < sizeof(text_settings) / sizeof(text_settings[0]); i++) {
    if (strcmp(name, text_settings[i].name) == 0) {
      memcpy((char *)&d->config + text_settings[i].offset, &value,
             sizeof(value));
    }
  }
  if (strcmp(name, "has") == 0) {
    take_letters(d, value);
  } else if (strcmp(name, "map") == 0) {
    take_row(d, value);
  } else if (strcmp(name, "offers") == 0) {
    d->config.offers = (unsigned)number_of(value);
  } else if (strcmp(name, "most") == 0) {
    d->config.max_concurrency = (uint32_t)number_of(value);
  } else if (strcmp(name, "buffer") == 0) {
    d->config.recv_buffer_size = (size_t)number_of(value);
  }
}

/* Cuts |text| into lines; a "|" of a value is a line end in it. */
static void read_draft(draft *d, char *text) {
  char *end;

  while ((end = strchr(text, '\n')) != NULL && end > text) {
    char *value = memchr(text, ' ', (size_t)(end - text));

    *end = '\0';
    if (value) {
      char *at = value;

      while ((at = strchr(at, '|')) != NULL) {
        *at = '\n';
      }
      *value = '\0';
      take(d, text, value + 1);
    }
    text = end + 1;
  }
  if (end) {
    d->table = shako__span(text + 1);
    d->has_table = true;
  }
}

/* The lines that each has, in their order. */
static void check_head(const char *text) {
  static const char *const labels[] = {"Name:",           "Type:",
                                       "Interface:",      "Protocol:",
                                       "Default Domain:", "Max Concurrency:",
                                       "Domain map:",     "TLS:"};
  size_t i;

  for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
    CHECK(strncmp(text, labels[i], strlen(labels[i])) == 0);
    text = strchr(text, '\n');
    CHECK(text != NULL);
    text++;
  }
}

/* Returns the summary, which the caller frees, or NULL where memory ran out. */
static char *sum_up(const shako_listener *listener) {
  size_t len = shako_listener_summary(listener, NULL, 0);
  char *text = malloc(len + 1);
  size_t i;

  CHECK(text != NULL);
  if (len == 0 || shako_listener_summary(listener, text, len + 1) != len) {
    free(text);
    return NULL;
  }
  CHECK(strlen(text) == len);
  check_head(text);
  for (i = 0; i < len; i++) {
    CHECK(text[i] == '\n' || (uint8_t)text[i] >= ' ');
  }
  return text;
}

/* Makes the listener with what |memory| has.  Returns its summary, or NULL. */
static char *play(draft *d, poor_memory *memory) {
  shako_mem mem = poor_memory_mem(memory);
  shako_listener *listener = NULL;
  const char *reason = NULL;
  shako_place place;
  char *text = NULL;
  int error = 0;

  d->config.hat = NULL;
  if (d->has_table) {
    error = shako_hat_read(&d->config.hat, d->table, NULL, &mem, &place);
  }
  if (error == 0) {
    error = shako_listener_new(&listener, &d->config, &mem, &reason);
    CHECK(error != SHAKO_ERR_INVALID_ARGUMENT || strchr(reason, ':'));
  }
  shako_hat_unref(d->config.hat);
  CHECK((error == 0) == (listener != NULL));
  CHECK(error != SHAKO_ERR_NOMEM || memory->failed);
  if (listener) {
    text = sum_up(listener);
    CHECK(text != NULL || memory->failed);
  }
  shako_listener_unref(listener);
  CHECK(memory->live == 0);
  return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len) {
  poor_memory memory = {.left = SIZE_MAX};
  draft d = {.provider.certificate = &d.certificate};
  char *input = malloc(len + 1);
  size_t n;

  CHECK(input != NULL);
  memcpy(input, octets, len);
  input[len] = '\0';
  shako_listener_config_default(&d.config);
  d.config.domain_map = d.map;
  fake_certificate_init(&d.certificate);
  fake_provider_fill(&d.provider, &d.certificates);
  read_draft(&d, input);
  free(play(&d, &memory));
  for (n = 0; d.lacks_memory && n < FAILURES_MAX; n++) {
    memory = (poor_memory){.left = n};
    free(play(&d, &memory));
  }
  CHECK(d.certificate.base.references == 1);
  free(input);

  return 0;
}
