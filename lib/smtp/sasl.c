#include "smtp/sasl.h"

#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"

shako__sasl shako__sasl_find(const char *mechanism) {
  static const char *const names[] = {[SHAKO__SASL_OTHER] = "",
                                      [SHAKO__SASL_PLAIN] = "PLAIN",
                                      [SHAKO__SASL_LOGIN] = "LOGIN",
                                      [SHAKO__SASL_EXTERNAL] = "EXTERNAL"};
  size_t i = sizeof(names) / sizeof(names[0]) - 1;

  while (i > 0 && strcmp(names[i], mechanism) != 0) {
    i--;
  }
  return (shako__sasl)i;
}

bool shako__sasl_is_plus(const char *mechanism) {
  size_t len = strlen(mechanism);

  return len > 5 && strcmp(mechanism + len - 5, "-PLUS") == 0;
}

static bool is_not_nul(uint8_t c) {
  return c != '\0';
}

bool shako__sasl_is_name(shako_span text) {
  return text.len > 0 && shako__sasl_is_authzid(text);
}

bool shako__sasl_is_authzid(shako_span text) {
  return text.len <= SHAKO__SASL_NAME_MAX && shako__is_utf8_text(text);
}

bool shako__sasl_is_password(shako_span text) {
  shako_span rest = text;

  shako__cut_class(&rest, is_not_nul);
  return rest.len == 0 && text.len > 0 &&
         text.len <= SHAKO__SASL_PASSWORD_MAX && shako__is_utf8(text);
}

bool shako__sasl_plain_read(shako_span message, shako__sasl_plain *plain) {
  shako__sasl_plain read;

  read.authzid = shako__cut_class(&message, is_not_nul);
  if (!shako__cut(&message, '\0')) {
    return false;
  }
  read.authcid = shako__cut_class(&message, is_not_nul);
  if (!shako__cut(&message, '\0')) {
    return false;
  }
  read.password = message;
  if (!shako__sasl_is_authzid(read.authzid) ||
      !shako__sasl_is_name(read.authcid) ||
      !shako__sasl_is_password(read.password)) {
    return false;
  }
  *plain = read;
  return true;
}
