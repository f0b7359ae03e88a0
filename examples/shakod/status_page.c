#include "status_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* Writes a page of |stats|, as those of the library do. */
typedef size_t write_page(shako_stats *stats, const char *title, char *buf,
                          size_t size);

typedef struct page {
  const char *path;
  const char *type;
  write_page *write;
} page;

static size_t write_metrics(shako_stats *stats, const char *title, char *buf,
                            size_t size) {
  (void)title;

  return shako_stats_prometheus(stats, buf, size);
}

static size_t write_json(shako_stats *stats, const char *title, char *buf,
                         size_t size) {
  (void)title;

  return shako_stats_json(stats, buf, size);
}

static size_t write_counts(shako_stats *stats, const char *title, char *buf,
                           size_t size) {
  (void)title;

  return shako_stats_write(stats, buf, size);
}

static const page pages[] = {
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", write_metrics},
    {"/report", "text/html; charset=utf-8", shako_stats_html},
    {"/report.json", "application/json", write_json},
    {"/report.stats", "text/plain; charset=utf-8", write_counts},
};

static const char *phrase(status_code code) {
  switch (code) {
  case STATUS_INCOMPLETE:
    break;
  case STATUS_OK:
    return "OK";
  case STATUS_BAD_REQUEST:
    return "Bad Request";
  case STATUS_NOT_FOUND:
    return "Not Found";
  case STATUS_NO_SUCH_METHOD:
    return "Method Not Allowed";
  case STATUS_MISDIRECTED:
    return "Misdirected Request";
  case STATUS_TOO_LARGE:
    return "Request Header Fields Too Large";
  case STATUS_UNAVAILABLE:
    return "Service Unavailable";
  case STATUS_NO_SUCH_VERSION:
    return "HTTP Version Not Supported";
  }

  return "";
}

static bool is(shako_span span, const char *text) {
  return span.len == strlen(text) &&
         strncasecmp((const char *)span.ptr, text, span.len) == 0;
}

/* Whether it is us that the client means: a page of somebody else's, whose name
   leads here (DNS rebinding), means another host, and no address. */
static bool is_ours(const service *s, shako_span host) {
  shako_address address;

  return shako_address_parse(&address, host) == 0 || is(host, "localhost") ||
         is(host, s->hostname);
}

static const page *find_page(shako_span path) {
  size_t i;

  for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
    if (path.len == strlen(pages[i].path) &&
        memcmp(path.ptr, pages[i].path, path.len) == 0) {
      return &pages[i];
    }
  }

  return NULL;
}

static void add_date(buffer *to) {
  time_t now = time(NULL);
  struct tm utc;
  char text[64];

  if (gmtime_r(&now, &utc) != NULL &&
      strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &utc) > 0) {
    buffer_add(to, "Date: ");
    buffer_add(to, text);
    buffer_add(to, "\r\n");
  }
}

static void add_head(buffer *to, status_code code, const char *type,
                     size_t len) {
  buffer_add(to, "HTTP/1.1 ");
  buffer_add_number(to, code);
  buffer_add(to, " ");
  buffer_add(to, phrase(code));
  buffer_add(to, "\r\n");
  add_date(to);
  buffer_add(to, "Content-Type: ");
  buffer_add(to, type);
  buffer_add(to, "\r\nContent-Length: ");
  buffer_add_number(to, len);
  buffer_add(to, code == STATUS_NO_SUCH_METHOD ? "\r\nAllow: GET" : "");
  buffer_add(to, "\r\nConnection: close\r\n"
                 "Cache-Control: no-store\r\n"
                 "Content-Security-Policy: default-src 'none'; "
                 "style-src 'unsafe-inline'; base-uri 'none'; "
                 "form-action 'none'; frame-ancestors 'none'\r\n"
                 "Cross-Origin-Resource-Policy: same-origin\r\n"
                 "Referrer-Policy: no-referrer\r\n"
                 "X-Content-Type-Options: nosniff\r\n\r\n");
}

static void add_error(buffer *to, status_code code) {
  add_head(to, code, "text/plain; charset=utf-8", strlen(phrase(code)) + 1);
  buffer_add(to, phrase(code));
  buffer_add(to, "\n");
}

/* Adds |p| of |stats|, which nobody else changes. */
static void add_page(buffer *to, const page *p, shako_stats *stats,
                     const char *title) {
  size_t len = p->write(stats, title, NULL, 0);
  char *text = malloc(len + 1);

  if (text == NULL) {
    add_error(to, STATUS_UNAVAILABLE);
    return;
  }

  p->write(stats, title, text, len + 1);
  add_head(to, STATUS_OK, p->type, len);
  buffer_add_span(to, (shako_span){(const uint8_t *)text, len});
  free(text);
}

static void add_answer(buffer *to, const service *s, const page *p) {
  char title[sizeof(s->hostname) + 32];
  shako_stats *copy;

  if (shako_stats_copy(&copy, s->stats, NULL) != 0) {
    add_error(to, STATUS_UNAVAILABLE);
    return;
  }

  snprintf(title, sizeof(title), "TLS connections of %s", s->hostname);
  add_page(to, p, copy, title);
  shako_stats_unref(copy);
}

void status_page_answer(buffer *to, const service *s, shako_span text) {
  status_request request;
  status_code code = status_request_read(&request, text);
  const page *p = code == STATUS_OK ? find_page(request.path) : NULL;

  if (code == STATUS_OK && !is_ours(s, request.host)) {
    code = STATUS_MISDIRECTED;
  } else if (code == STATUS_OK && p == NULL) {
    code = STATUS_NOT_FOUND;
  }

  if (code == STATUS_OK) {
    add_answer(to, s, p);
  } else if (code != STATUS_INCOMPLETE) {
    add_error(to, code);
  }
}
