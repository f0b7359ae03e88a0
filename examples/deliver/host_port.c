#include "host_port.h"

#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"
#define ALNUM  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" DIGITS

bool host_port_is_host(const char *text) {
  return text[0] != '\0' && strspn(text, ALNUM "-._") == strlen(text);
}

static bool is_port(const char *text) {
  size_t len = strspn(text, DIGITS);

  return len > 0 && len < 6 && text[len] == '\0' && atoi(text) > 0 &&
         atoi(text) < 65536;
}

/* Whether |text| is an address in brackets, and nothing else. */
static bool is_literal(const char *text) {
  size_t len = strlen(text);

  return len > 2 && text[0] == '[' && text[len - 1] == ']' &&
         strspn(text + 1, DIGITS "abcdefABCDEF:.") == len - 2;
}

const char *host_port_read(host_port *to, const char *text) {
  const char *end = text[0] == '[' ? strchr(text, ']') : NULL;
  const char *colon = strchr(end != NULL ? end : text, ':');
  size_t len = colon != NULL ? (size_t)(colon - text) : strlen(text);
  const char *port = colon != NULL ? colon + 1 : "25";

  if (len >= sizeof(to->host)) {
    return "not HOST[:PORT]";
  }
  memcpy(to->host, text, len);
  to->host[len] = '\0';
  if (!host_port_is_host(to->host) && !is_literal(to->host)) {
    return "not HOST[:PORT]";
  }
  if (!is_port(port)) {
    return "not a port";
  }
  memcpy(to->port, port, strlen(port) + 1);
  return NULL;
}
