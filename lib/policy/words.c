#include "policy/words.h"

#include <string.h>

#include <shako/session.h>

#include "base/ascii.h"
#include "smtp/reply.h"

typedef enum variable {
  DOLLAR,
  GROUP,
  HOSTNAME,
  REMOTE_IP,
  NO_VARIABLE
} variable;

/* The longest octets that can stand for each. */
static const struct {
  const char *name;
  size_t max;
} variables[NO_VARIABLE] = {
    [DOLLAR] = {"$$", 1},
    [GROUP] = {"$Group", SHAKO__GROUP_NAME_MAX},
    [HOSTNAME] = {"$Hostname", 255},
    [REMOTE_IP] = {"$RemoteIP", SHAKO_ADDRESS_TEXT_SIZE - 1},
};

/* Returns which variable |at|, a dollar sign, begins. */
static variable variable_at(const char *at) {
  size_t i;

  for (i = 0; i < NO_VARIABLE; i++) {
    if (strncmp(at, variables[i].name, strlen(variables[i].name)) == 0) {
      return (variable)i;
    }
  }
  return NO_VARIABLE;
}

const char *shako__words_judge(const char *text) {
  size_t len = 0;
  const char *at = text;

  while (*at != '\0') {
    variable found = *at == '$' ? variable_at(at) : NO_VARIABLE;

    if (*at == '$' && found == NO_VARIABLE) {
      return "neither $Group, $Hostname, $RemoteIP nor $$";
    }
    len += found == NO_VARIABLE ? 1 : variables[found].max;
    at += found == NO_VARIABLE ? 1 : strlen(variables[found].name);
  }
  if (len > SHAKO_REPLY_TEXT_MAX) {
    return "too long for a reply (4096 octets with its variables)";
  }
  if (!shako__reply_text_valid(text, SHAKO_REPLY_TEXT_MAX)) {
    return "an octet that is neither printable ASCII nor a line end";
  }
  return NULL;
}

static const char *value_of(variable found, const shako__words *words) {
  switch (found) {
  case GROUP:
    return words->group != NULL ? words->group : "";
  case HOSTNAME:
    return words->hostname;
  case REMOTE_IP:
    return words->remote_ip;
  case DOLLAR:
  case NO_VARIABLE:
    break;
  }
  return "$";
}

void shako__words_put(shako__text *text, const char *template,
                      const shako__words *words) {
  const char *at = template;

  while (*at != '\0') {
    size_t plain = strcspn(at, "$");
    shako_span span = {(const uint8_t *)at, plain};
    variable found;

    shako__text_put_span(text, span);
    at += plain;
    if (*at == '\0') {
      return;
    }
    found = variable_at(at);
    shako__text_put(text, value_of(found, words));
    at += found == NO_VARIABLE ? 1 : strlen(variables[found].name);
  }
}
