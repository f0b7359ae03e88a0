#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"

/* Writes a whole line.  Where nobody reads standard error any more, there is
   nobody to tell. */
static void write_line(const char *line, size_t len) {
  ssize_t n = write(STDERR_FILENO, line, len);

  (void)n;
}

void log_line(const char *format, ...) {
  char line[1024];
  size_t head = (size_t)snprintf(line, sizeof(line) / 2,
                                 "%.100s: ", program_invocation_short_name);
  size_t room = sizeof(line) - head - 1;
  va_list args;
  int n;

  va_start(args, format);
  n = vsnprintf(line + head, room, format, args);
  va_end(args);

  if (n >= 0) {
    size_t len = head + ((size_t)n < room ? (size_t)n : room - 1);

    line[len] = '\n';
    write_line(line, len + 1);
  }
}

void tally_add(tally *t, const char *reason) {
  tally_entry *grown;
  size_t i;

  for (i = 0; i < t->len; i++) {
    if (strcmp(t->entries[i].reason, reason) == 0) {
      t->entries[i].count++;
      return;
    }
  }

  grown = realloc(t->entries, (t->len + 1) * sizeof(*grown));
  if (grown != NULL) {
    t->entries = grown;
    t->entries[t->len++] = (tally_entry){reason, 1};
  }
}

void tally_free(tally *t) {
  free(t->entries);
  *t = (tally){0};
}

static void add_tls(buffer *line, bool secure, const shako_tls_info *tls) {
  if (tls == NULL) {
    buffer_add(line, "none");
  } else if (secure) {
    buffer_add(line, shako_tls_version_name(tls->version));
    buffer_add(line, ",");
    buffer_add(line, tls->cipher != NULL ? tls->cipher : "unknown");
  } else if (tls->failure == SHAKO_TLS_FAILURE_NONE) {
    buffer_add(line, "unfinished");
  } else {
    buffer_add(line, "failed:");
    buffer_add(line, shako_tls_failure_name(tls->failure));
  }
}

static void add_refused(buffer *line, const tally *refused) {
  size_t i;

  for (i = 0; i < refused->len; i++) {
    buffer_add(line, i > 0 ? "," : "");
    buffer_add(line, refused->entries[i].reason);
    buffer_add(line, ":");
    buffer_add_number(line, refused->entries[i].count);
  }

  if (refused->len == 0) {
    buffer_add(line, "none");
  }
}

/* Says which entry of the table decided, and what it said.  Without a table, or
   where none did, that is the default policy. */
static void add_match(buffer *line, const shako_hat_match *match) {
  static const char *const access[] = {"ACCEPT", "RELAY", "REJECT", "TCPREFUSE",
                                       "CONTINUE"};
  const shako_policy *policy = match->policy;

  buffer_add(line, " group=");
  buffer_add(line, match->group != NULL ? match->group : "none");
  buffer_add(line, " policy=");
  if (policy == NULL) {
    buffer_add(line, "none");
  } else {
    buffer_add(line,
               policy->name != NULL ? policy->name : access[policy->access]);
  }

  buffer_add(line, " rule=");
  buffer_add(line, match->rule != NULL ? match->rule : "none");
}

/* Why a handshake failed, as far as more is known than the reason. */
static void add_failure(buffer *line, const shako_tls_info *tls) {
  if (tls == NULL || tls->failure == SHAKO_TLS_FAILURE_NONE) {
    return;
  }
  if (tls->alert >= 0) {
    buffer_add(line, " alert=");
    buffer_add_number(line, (uint64_t)tls->alert);
  }
  if (tls->offered_version != 0) {
    buffer_add(line, " offered=");
    buffer_add(line, shako_tls_version_name(tls->offered_version));
  }
}

void log_connection(const shako_peer *peer, bool secure, const tally *refused,
                    const shako_event *closed) {
  char who[ADDRESS_TEXT_SIZE];
  buffer line = {0};

  address_format(&peer->address, peer->port, who);
  buffer_add(&line, "shakod: ");
  buffer_add(&line, who);
  add_match(&line, &closed->u.closed.match);
  buffer_add(&line, " tls=");
  add_tls(&line, secure, closed->u.closed.tls);
  add_failure(&line, closed->u.closed.tls);
  buffer_add(&line, " messages=");
  buffer_add_number(&line, closed->u.closed.messages);
  buffer_add(&line, " refused=");
  add_refused(&line, refused);
  buffer_add(&line, " observed=");
  buffer_add_number(&line, closed->u.closed.observed);
  buffer_add(&line, " end=");
  buffer_add(&line, closed->u.closed.how);
  buffer_add(&line, "\n");

  if (!line.failed) {
    write_line(line.ptr, line.len);
  }

  buffer_free(&line);
}
