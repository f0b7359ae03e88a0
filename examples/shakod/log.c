#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "buffer.h"

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

static void add_tls(buffer *line, const shako_record *closed) {
  const shako_tls_info *tls = closed->tls;

  if (tls == NULL) {
    buffer_add(line, "none");
  } else if (closed->tls_completed) {
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

static void add_refused(buffer *line, const shako_record *closed) {
  const char *before = "";
  uint32_t i;

  if (closed->refused == NULL) {
    buffer_add(line, closed->refusals > 0 ? "unknown" : "none");
    return;
  }

  for (i = 0; i < shako_reason_count(); i++) {
    if (closed->refused[i] > 0) {
      buffer_add(line, before);
      buffer_add(line, shako_reason_text(i));
      buffer_add(line, ":");
      buffer_add_number(line, closed->refused[i]);
      before = ",";
    }
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

/* What the client's certificate was worth, where it was asked for. */
static void add_client(buffer *line, const shako_record *closed) {
  const shako_client_certificate *client =
      closed->tls_completed ? closed->tls->client : NULL;

  if (client == NULL) {
    return;
  }
  buffer_add(line, " client=");
  buffer_add(line, client->verified ? "verified" : "unverified");
  if (client->faults != 0) {
    buffer_add(line, ":");
    buffer_add(line, shako_client_fault_name(client->faults));
  }
}

void log_connection(const shako_record *closed) {
  char who[ADDRESS_TEXT_SIZE];
  buffer line = {0};

  address_format(&closed->peer->address, closed->peer->port, who);
  buffer_add(&line, "shakod: ");
  buffer_add(&line, who);
  add_match(&line, &closed->match);
  buffer_add(&line, " tls=");
  add_tls(&line, closed);
  add_failure(&line, closed->tls);
  add_client(&line, closed);
  buffer_add(&line, " messages=");
  buffer_add_number(&line, closed->messages);
  buffer_add(&line, " refused=");
  add_refused(&line, closed);
  buffer_add(&line, " observed=");
  buffer_add_number(&line, closed->observed);
  buffer_add(&line, " end=");
  buffer_add(&line, closed->how);
  buffer_add(&line, "\n");

  if (!line.failed) {
    write_line(line.ptr, line.len);
  }

  buffer_free(&line);
}
