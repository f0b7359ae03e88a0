#include "smtp/sasl.h"

#include "base/ascii.h"
#include "base/utf8.h"

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
