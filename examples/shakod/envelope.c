#include "envelope.h"

#include <string.h>

/* Adds the parameters, each on a line of its own: they may be long. */
static void add_params(buffer *head, const char *name,
                       const shako_params *params) {
  shako_span text = params->text;
  shako_span keyword;
  shako_span value;

  if (text.len == 0) {
    return;
  }

  buffer_add(head, name);
  while (shako_params_next(&text, &keyword, &value)) {
    buffer_add(head, " ");
    buffer_add_field(head, keyword);
    buffer_add(head, value.len > 0 ? "=" : "");
    buffer_add_field(head, value);
    buffer_add(head, text.len > 0 ? "\r\n" : "");
  }

  buffer_add(head, "\r\n");
}

void envelope_add_sender(buffer *head, shako_span reverse_path,
                         const shako_params *params) {
  buffer_add(head, "Return-Path: <");
  buffer_add_field(head, reverse_path);
  buffer_add(head, ">\r\n");
  add_params(head, "X-Mail-Parameters:", params);
}

void envelope_add_identity(buffer *head, shako_span identity) {
  if (identity.len > 0) {
    buffer_add(head, "X-Authenticated-Identity: ");
    buffer_add_field(head, identity);
    buffer_add(head, "\r\n");
  }
}

void envelope_add_recipient(buffer *head, shako_span forward_path,
                            const shako_params *params) {
  buffer_add(head, "Delivered-To: ");
  buffer_add_field(head, forward_path);
  buffer_add(head, "\r\n");
  add_params(head, "X-Rcpt-Parameters:", params);
}

/* Fills in what |session| knows. */
static void describe(shako_received *received, const shako_session *session) {
  const shako_peer *peer = shako_session_peer(session);
  const shako_tls_info *tls = shako_session_tls(session);

  shako_received_default(received);
  received->address = peer->address;
  received->protocol = shako_session_protocol(session);
  if (peer->name_state == SHAKO_NAME_VERIFIED) {
    received->name = peer->name;
  }

  if (tls != NULL && (received->protocol & SHAKO_RECEIVED_TLS) != 0) {
    received->cipher = tls->cipher;
  }
}

void envelope_add_trace(buffer *head, const shako_session *session,
                        const envelope_trace *trace) {
  char text[SHAKO_RECEIVED_SIZE];
  shako_received received;
  size_t len = 0;

  describe(&received, session);
  received.hello =
      (shako_span){(const uint8_t *)trace->helo, strlen(trace->helo)};
  received.recipient = trace->recipient;
  received.by = trace->by;
  received.id = trace->id;
  received.unix_time = trace->unix_time;
  if (shako_received_write(&received, text, &len) != 0) {
    head->failed = true;
    return;
  }

  buffer_add_span(head, (shako_span){(const uint8_t *)text, len});
}
