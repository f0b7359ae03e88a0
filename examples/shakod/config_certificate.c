#include "config_certificate.h"

#include <stdlib.h>
#include <string.h>

#include "config_take.h"
#include "config_text.h"

/* libConfuse has a section take the place of one of the same title, and a name
   may have several certificates: so this goes before each title as soon as its
   section is read.  No name begins with it. */
#define MARK '!'

int config_certificate_end(cfg_t *cfg, cfg_opt_t *opt) {
  cfg_t *last = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
  size_t size = strlen(last->title) + 1;
  char *title = malloc(size + 1);

  if (title == NULL) {
    cfg_error(cfg, "out of memory");
    return -1;
  }

  title[0] = MARK;
  memcpy(title + 1, last->title, size);
  free(last->title);
  last->title = title;

  return 0;
}

/* Returns whom a section is for, as the settings have it. */
static const char *name_of(cfg_t *section) {
  const char *name = cfg_title(section) + 1;

  return strcmp(name, "default") == 0 || strcmp(name, "*") == 0 ? NULL : name;
}

static bool add(listener_settings *l, cfg_t *cfg,
                const certificate_settings *one) {
  if (l->certificate_count == LISTENER_CERTIFICATES_MAX) {
    cfg_error(cfg, "listener \"%s\": more than %d certificates", l->name,
              LISTENER_CERTIFICATES_MAX);
    return false;
  }

  l->certificates[l->certificate_count++] = *one;

  return true;
}

static bool take_section(listener_settings *l, cfg_t *cfg) {
  certificate_settings one = {.name = name_of(cfg),
                              .chain = config_take_path(cfg, "chain"),
                              .key = config_take_path(cfg, "key"),
                              .passphrase =
                                  config_take_path(cfg, "passphrase_file")};

  if (one.chain == NULL || one.key == NULL) {
    cfg_error(cfg, "certificate \"%s\": needs chain and key",
              cfg_title(cfg) + 1);
    return false;
  }

  return add(l, cfg, &one);
}

bool config_certificate_take(listener_settings *l, cfg_t *cfg) {
  certificate_settings alone = {.chain =
                                    config_take_path(cfg, CONFIG_CERTIFICATE),
                                .key = config_take_path(cfg, "key")};
  bool done = true;
  unsigned i;

  if ((alone.chain == NULL) != (alone.key == NULL)) {
    cfg_error(cfg, "listener \"%s\": certificate and key need each other",
              l->name);
    return false;
  }

  if (alone.chain != NULL) {
    done = add(l, cfg, &alone);
  }

  for (i = 0; done && i < cfg_size(cfg, "certificate"); i++) {
    done = take_section(l, cfg_getnsec(cfg, "certificate", i));
  }

  return done;
}
