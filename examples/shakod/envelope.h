#ifndef SHAKOD_ENVELOPE_H
#define SHAKOD_ENVELOPE_H

#include <stdint.h>

#include <shako/shako.h>

#include "buffer.h"

/* The header fields that delivery puts before a message (RFC 5321 4.4). */

void envelope_add_sender(buffer *head, shako_span reverse_path);

void envelope_add_recipient(buffer *head, shako_span forward_path);

/* What the Received field says. */
typedef struct envelope_trace {
  const shako_peer *peer;
  const char *helo; /* the name that the peer gave itself */
  const char *by;   /* ours */
  const char *with; /* "ESMTPS" */
  const char *id;
  int64_t unix_time; /* seconds */
} envelope_trace;

void envelope_add_trace(buffer *head, const envelope_trace *trace);

#endif /* SHAKOD_ENVELOPE_H */
