#include "log_connection.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "address.h"
#include "buffer.h"
#include "log.h"

/* More than four lists of 16 names are. */
#define OFFER_SIZE 2048

static const char *const formats[] = {
    [LOG_PLAIN] = "plain",
    [LOG_JSON] = "json",
    [LOG_EVENTS] = "events",
    [LOG_ASYNCOS] = "asyncos",
};

bool log_format_find(log_format *format, const char *name) {
  size_t i;

  for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
    if (strcmp(formats[i], name) == 0) {
      *format = (log_format)i;
      return true;
    }
  }

  return false;
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

static void add_offer(buffer *line, const shako_tls_offer *offer) {
  char text[OFFER_SIZE];

  shako_tls_offer_text(offer, text, sizeof(text));
  buffer_add(line, " hello=\"");
  buffer_add(line, text);
  buffer_add(line, "\"");
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
  if (tls->offer != NULL) {
    add_offer(line, tls->offer);
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

static void write_plain(const shako_record *closed) {
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
    log_write(line.ptr, line.len);
  }

  buffer_free(&line);
}

static int64_t unix_ms(void) {
  struct timespec now;

  clock_gettime(CLOCK_REALTIME, &now);

  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void write_json(const shako_record *closed, uint64_t icid) {
  int64_t now = unix_ms();
  size_t size = shako_record_json(closed, icid, now, NULL, 0) + 1;
  char *text = malloc(size);

  if (text != NULL) {
    log_write(text, shako_record_json(closed, icid, now, text, size));
  }

  free(text);
}

void log_connection(log_format format, uint64_t icid,
                    const shako_record *closed) {
  switch (format) {
  case LOG_PLAIN:
    write_plain(closed);
    break;
  case LOG_JSON:
  case LOG_EVENTS:
    write_json(closed, icid);
    break;
  case LOG_ASYNCOS: /* log_asyncos() told it, bit by bit */
    break;
  }
}

void log_event(log_format format, uint64_t icid, const shako_event *event) {
  int64_t now = unix_ms();
  char *text;
  size_t size;

  if (format != LOG_EVENTS) {
    return;
  }

  size = shako_event_json(event, icid, now, NULL, 0) + 1;
  text = malloc(size);
  if (text != NULL) {
    log_write(text, shako_event_json(event, icid, now, text, size));
  }

  free(text);
}

void log_asyncos(shako_asyncos *log, const shako_session *session,
                 const shako_event *event) {
  shako_record record;
  char *text;
  size_t size;

  shako_session_record(session, &record);
  size = shako_event_asyncos(event, &record, log, NULL, 0) + 1;
  text = malloc(size);
  if (text != NULL) {
    log_write(text, shako_event_asyncos(event, &record, log, text, size));
  }

  free(text);
}
