#include "log.h"
#include "password_print.h"
#include "sasl.h"

/* A shakod without GNU SASL: nobody can authenticate, and it says so. */

static void complain(const char *what) {
  log_line("%s: shakod was built without GNU SASL", what);
}

sasl *sasl_new(const char *path) {
  complain(path);

  return NULL;
}

void sasl_free(sasl *s) {
  (void)s;
}

const char *sasl_check(const sasl *s, const char *name, const char *password) {
  (void)s;
  (void)name;
  (void)password;

  return NULL;
}

sasl_talk *sasl_talk_new(sasl *s, const char *mechanism,
                         const uint8_t *binding) {
  (void)s;
  (void)mechanism;
  (void)binding;

  return NULL;
}

void sasl_talk_free(sasl_talk *t) {
  (void)t;
}

sasl_result sasl_talk_step(sasl_talk *t, shako_span response,
                           shako_span *challenge) {
  (void)t;
  (void)response;
  (void)challenge;

  return SASL_NO;
}

const char *sasl_talk_name(const sasl_talk *t) {
  (void)t;

  return NULL;
}

bool password_print(const char *name) {
  complain(name);

  return false;
}
