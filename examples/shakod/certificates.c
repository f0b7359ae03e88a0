#include "certificates.h"

#include "log.h"
#include "passphrase.h"

bool certificate_read(shako_certificate **to, const certificate_settings *s,
                      const engine *from) {
  char message[ENGINE_MESSAGE_SIZE] = "";
  passphrase secret;
  shako_certificate_source source = {.struct_size = sizeof(source),
                                     .certificate_path = s->chain,
                                     .key_path = s->key};
  int error;

  if (s->passphrase != NULL) {
    if (!passphrase_read(&secret, s->passphrase)) {
      return false;
    }

    source.passphrase = passphrase_give;
    source.passphrase_ctx = &secret;
  }

  error = from->certificate_parse(to, &source, NULL, message);
  if (s->passphrase != NULL) {
    passphrase_wipe(&secret);
  }

  if (error != 0) {
    log_line("%s", message[0] != '\0' ? message : shako_strerror(error));
  }

  return error == 0;
}

static int add(shako_certificate_table *table, const char *name,
               shako_certificate *certificate) {
  if (name == NULL) {
    return shako_certificate_table_add_default(table, certificate);
  }

  return shako_certificate_table_add(table, name[0] != '\0' ? name : NULL,
                                     certificate);
}

/* Says why |s| could not be added. */
static void complain(const listener_settings *l, const certificate_settings *s,
                     int error) {
  const char *name = s->name != NULL ? s->name : "default";

  if (error == SHAKO_ERR_CERTIFICATE) {
    log_line("%s: it has no name of a host: give it one", s->chain);
  } else if (error == SHAKO_ERR_INVALID_ARGUMENT) {
    log_line("listener \"%s\": certificate \"%s\": not a host name, or more "
             "than %d certificates for one",
             l->name, name, SHAKO_CERTIFICATES_MAX);
  } else {
    log_line("%s: %s", s->chain, shako_strerror(error));
  }
}

/* Adds them all to |table|, as soon as they are read. */
static bool fill(certificates *c, shako_certificate_table *table,
                 const listener_settings *l, const engine *from) {
  while (c->count < l->certificate_count) {
    const certificate_settings *s = &l->certificates[c->count];
    int error;

    if (!certificate_read(&c->items[c->count], s, from)) {
      return false;
    }

    error = add(table, s->name, c->items[c->count++]);
    if (error != 0) {
      complain(l, s, error);
      return false;
    }
  }

  return true;
}

bool certificates_read(certificates *c, const listener_settings *l,
                       const engine *from) {
  shako_certificate_table *table = NULL;
  int error = 0;
  bool done = true;

  if (l->certificate_count == 0) {
    return true;
  }

  error = shako_certificate_table_new(&table, NULL);
  if (error == 0) {
    done = fill(c, table, l, from);
  }

  if (error == 0 && done) {
    error = shako_certificate_slot_new(&c->slot, table, NULL);
  }

  shako_certificate_table_unref(table);
  if (error != 0) {
    log_line("%s", shako_strerror(error));
  }

  return error == 0 && done;
}

void certificates_close(certificates *c) {
  shako_certificate_slot_free(c->slot);
  while (c->count > 0) {
    shako_certificate_unref(c->items[--c->count]);
  }

  *c = (certificates){0};
}
