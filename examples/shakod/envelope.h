#ifndef SHAKOD_ENVELOPE_H
#define SHAKOD_ENVELOPE_H

#include <stdint.h>

#include <shako/shako.h>

#include "buffer.h"

/*
 * The header fields that delivery puts before a message, so that nothing is
 * lost of what was said and promised beside it:
 *
 *   Return-Path: <a@b.example>                 RFC 5321 4.4
 *   X-Mail-Parameters: RET=HDRS REQUIRETLS     as MAIL had them
 *   X-Authenticated-Identity: joe              where AUTH said who it is
 *   Delivered-To: c@d.example                  for each recipient, ...
 *   X-Rcpt-Parameters: NOTIFY=NEVER            ... with what its RCPT had
 *   Received: ...                              the last one of ours
 *
 * What stands below the first Received came with the message.
 */

void envelope_add_sender(buffer *head, shako_span reverse_path,
                         const shako_params *params);

/* Adds nothing where |identity| is empty. */
void envelope_add_identity(buffer *head, shako_span identity);

void envelope_add_recipient(buffer *head, shako_span forward_path,
                            const shako_params *params);

/* What the Received field says that the session does not know. */
typedef struct envelope_trace {
  const char *helo;     /* the name that the peer gave itself */
  shako_span recipient; /* empty where there are several */
  const char *by;       /* our name */
  const char *id;
  int64_t unix_time; /* seconds */
} envelope_trace;

/* Adds what is known of the transaction of |session|. */
void envelope_add_trace(buffer *head, const shako_session *session,
                        const envelope_trace *trace);

#endif /* SHAKOD_ENVELOPE_H */
