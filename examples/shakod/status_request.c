#include "status_request.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

static shako_span slice(shako_span text, size_t from, size_t to) {
  return (shako_span){text.ptr + from, to - from};
}

static bool is(shako_span span, const char *text) {
  return span.len == strlen(text) && memcmp(span.ptr, text, span.len) == 0;
}

static bool is_name(shako_span span, const char *name) {
  return span.len == strlen(name) &&
         strncasecmp((const char *)span.ptr, name, span.len) == 0;
}

/* Cuts off what stands before |end|, and that too.  Returns false where it is
   not there. */
static bool cut(shako_span *text, char end, shako_span *before) {
  const uint8_t *at = text->len > 0 ? memchr(text->ptr, end, text->len) : NULL;
  size_t len = at != NULL ? (size_t)(at - text->ptr) : 0;

  if (at != NULL) {
    *before = slice(*text, 0, len);
    *text = slice(*text, len + 1, text->len);
  }

  return at != NULL;
}

/* Cuts off a line, which ends with CRLF.  A CR or LF alone, and any other octet
   that is not printable ASCII, has no place in one. */
static bool cut_line(shako_span *text, shako_span *line) {
  size_t i;

  if (!cut(text, '\n', line) || line->len == 0 ||
      line->ptr[--line->len] != '\r') {
    return false;
  }

  for (i = 0; i < line->len; i++) {
    if (line->ptr[i] != '\t' && (line->ptr[i] < ' ' || line->ptr[i] > '~')) {
      return false;
    }
  }

  return true;
}

/* Reads "GET /path HTTP/1.1". */
static status_code read_first(status_request *r, shako_span line) {
  shako_span method;
  shako_span target;

  if (!cut(&line, ' ', &method) || !cut(&line, ' ', &target) ||
      method.len == 0 || target.len == 0) {
    return STATUS_BAD_REQUEST;
  }

  if (!is(line, "HTTP/1.1")) {
    return line.len == 8 && memcmp(line.ptr, "HTTP/", 5) == 0
               ? STATUS_NO_SUCH_VERSION
               : STATUS_BAD_REQUEST;
  }

  if (!is(method, "GET")) {
    return STATUS_NO_SUCH_METHOD;
  }

  if (*target.ptr != '/') {
    return STATUS_BAD_REQUEST;
  }

  r->path = target;
  cut(&target, '?', &r->path);

  return STATUS_OK;
}

static bool is_token(shako_span name) {
  size_t i;

  for (i = 0; i < name.len; i++) {
    if (!isalnum(name.ptr[i]) &&
        strchr("!#$%&'*+-.^_`|~", name.ptr[i]) == NULL) {
      return false;
    }
  }

  return name.len > 0;
}

static shako_span trim(shako_span text) {
  while (text.len > 0 && (*text.ptr == ' ' || *text.ptr == '\t')) {
    text = slice(text, 1, text.len);
  }

  while (text.len > 0 && isblank(text.ptr[text.len - 1])) {
    text.len--;
  }

  return text;
}

/* Cuts the port off |host|, and the brackets that IPv6 has. */
static bool read_host(status_request *r, shako_span host) {
  bool brackets = host.len > 0 && *host.ptr == '[';
  shako_span rest = host;
  size_t i;

  r->host = host;
  if (brackets) {
    rest = slice(rest, 1, rest.len);
    if (!cut(&rest, ']', &r->host) || (rest.len > 0 && *rest.ptr != ':')) {
      return false;
    }
    rest = slice(rest, rest.len > 0, rest.len);
  } else if (!cut(&rest, ':', &r->host)) {
    rest.len = 0;
  }

  for (i = 0; i < rest.len; i++) {
    if (!isdigit(rest.ptr[i])) {
      return false;
    }
  }

  return r->host.len > 0;
}

/* Reads "name: value". */
static bool read_field(status_request *r, shako_span line) {
  shako_span name;

  if (!cut(&line, ':', &name) || !is_token(name)) {
    return false;
  }

  line = trim(line);
  if (is_name(name, "host")) {
    return r->host.len == 0 && read_host(r, line);
  }

  /* Nobody sends a body along with a GET but who means something else. */
  return !is_name(name, "transfer-encoding") &&
         (!is_name(name, "content-length") || is(line, "0"));
}

static bool is_complete(shako_span text) {
  return memmem(text.ptr, text.len, "\r\n\r\n", 4) != NULL;
}

status_code status_request_read(status_request *r, shako_span text) {
  status_code code = STATUS_OK;
  shako_span line;

  *r = (status_request){{text.ptr, 0}, {text.ptr, 0}};
  if (!is_complete(text)) {
    return text.len < STATUS_REQUEST_MAX ? STATUS_INCOMPLETE : STATUS_TOO_LARGE;
  }

  if (!cut_line(&text, &line)) {
    return STATUS_BAD_REQUEST;
  }

  code = read_first(r, line);
  while (code == STATUS_OK && cut_line(&text, &line) && line.len > 0) {
    code = read_field(r, line) ? STATUS_OK : STATUS_BAD_REQUEST;
  }

  /* The loop ends at the empty line, or at one that is damaged. */
  if (code == STATUS_OK && (line.len > 0 || r->host.len == 0)) {
    code = STATUS_BAD_REQUEST;
  }

  return code;
}
