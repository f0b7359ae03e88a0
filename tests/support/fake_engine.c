#include "fake_engine.h"

#include <string.h>

typedef enum fake_phase {
  FAKE_PHASE_HELLO,
  FAKE_PHASE_FINISH,
  FAKE_PHASE_OPEN,
  FAKE_PHASE_CLOSED, /* by the peer */
  FAKE_PHASE_FAILED
} fake_phase;

typedef struct fake_conn {
  shako_tls_wire wire;
  const fake_context *context;
  fake_phase phase;
  shako_tls_failure failure;
  int alert;
  uint8_t certificates;
  uint8_t agreed; /* the handshake was complete once */
  uint8_t close_sent;
  uint8_t asks_client;
  /* The record under way: |have| octets of it with its header; once it is
     data and whole, those from |taken| on are still to be read. */
  size_t have;
  size_t taken;
  uint8_t record[FAKE_HEADER + FAKE_RECORD_MAX];
} fake_conn;

static void misuse(const fake_conn *conn, const char *what) {
  fake_counters *counters = conn->context->counters;
  if (counters != NULL) {
    counters->misuses++;
    counters->misuse = what;
  }
}

const char *fake_cipher(uint16_t version) {
  return version == 0x0303 ? "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
                           : "TLS_AES_128_GCM_SHA256";
}

static uint16_t agreed_version(const fake_context *context) {
  return context->version != 0 ? context->version : 0x0304;
}

/* Records. */

static void mask(uint8_t *octets, size_t len) {
  for (size_t i = 0; i < len; i++) {
    octets[i] ^= 0x5a;
  }
}

size_t fake_record(uint8_t *out, unsigned type, const void *payload,
                   size_t len) {
  out[0] = (uint8_t)type;
  out[1] = (uint8_t)(len >> 8);
  out[2] = (uint8_t)(len & 0xff);
  if (len > 0) {
    memcpy(out + FAKE_HEADER, payload, len);
  }
  if (type == FAKE_DATA) {
    mask(out + FAKE_HEADER, len);
  }
  return FAKE_HEADER + len;
}

static size_t length_in(const uint8_t *header) {
  return (size_t)header[1] << 8 | header[2];
}

static int is_type(unsigned octet) {
  return octet == FAKE_HANDSHAKE || octet == FAKE_DATA || octet == FAKE_ALERT;
}

fake_decoded fake_decode(fake_view *view, const uint8_t *octets, size_t len) {
  if (len > 0 && !is_type(octets[0])) {
    return FAKE_DECODED_BAD;
  }
  if (len < FAKE_HEADER || len - FAKE_HEADER < length_in(octets)) {
    return FAKE_DECODED_NOTHING;
  }
  view->type = octets[0];
  view->len = length_in(octets);
  view->used = FAKE_HEADER + view->len;
  memcpy(view->payload, octets + FAKE_HEADER, view->len);
  if (view->type == FAKE_DATA) {
    mask(view->payload, view->len);
  }
  return FAKE_DECODED_RECORD;
}

/* The wire. */

static shako_tls_status send_record(const fake_conn *conn, unsigned type,
                                    const void *payload, size_t len) {
  uint8_t out[FAKE_HEADER + FAKE_WRITE_MAX];
  size_t n = fake_record(out, type, payload, len);
  return conn->wire.send(conn->wire.ctx, out, n);
}

static shako_tls_status fail(fake_conn *conn, shako_tls_failure failure) {
  conn->phase = FAKE_PHASE_FAILED;
  conn->failure = failure;
  return SHAKO_TLS_STATUS_FAILED;
}

/* Fails and says so to the peer. */
static shako_tls_status refuse(fake_conn *conn, shako_tls_failure failure) {
  static const char words[] = "FATAL";
  conn->alert = 40; /* handshake_failure */
  (void)send_record(conn, FAKE_ALERT, words, sizeof(words) - 1);
  return fail(conn, failure);
}

/* Fetches octets until |conn| has |want| of its record. */
static shako_tls_status fill(fake_conn *conn, size_t want) {
  while (conn->have < want) {
    size_t n = 0;
    shako_tls_status status = conn->wire.recv(
        conn->wire.ctx, conn->record + conn->have, want - conn->have, &n);
    if (status == SHAKO_TLS_STATUS_CLOSED) {
      return fail(conn, SHAKO_TLS_FAILURE_CUT_OFF);
    }
    if (status != SHAKO_TLS_STATUS_OK) {
      return status;
    }
    if (n == 0 || n > want - conn->have) {
      misuse(conn, "recv() stored nothing, or too much");
      return fail(conn, SHAKO_TLS_FAILURE_INTERNAL);
    }
    conn->have += n;
  }
  return SHAKO_TLS_STATUS_OK;
}

/* Fetches one whole record. */
static shako_tls_status next_record(fake_conn *conn) {
  shako_tls_status status = fill(conn, 1);
  if (status != SHAKO_TLS_STATUS_OK) {
    return status;
  }
  if (conn->phase == FAKE_PHASE_HELLO && conn->record[0] != FAKE_HANDSHAKE) {
    return fail(conn, SHAKO_TLS_FAILURE_NOT_TLS);
  }
  if (!is_type(conn->record[0])) {
    return refuse(conn, SHAKO_TLS_FAILURE_PROTOCOL);
  }
  status = fill(conn, FAKE_HEADER);
  if (status != SHAKO_TLS_STATUS_OK) {
    return status;
  }
  if (length_in(conn->record) > FAKE_RECORD_MAX) {
    return refuse(conn, SHAKO_TLS_FAILURE_PROTOCOL);
  }
  return fill(conn, FAKE_HEADER + length_in(conn->record));
}

static int payload_begins(const fake_conn *conn, const char *word) {
  size_t len = strlen(word);
  return length_in(conn->record) >= len &&
         memcmp(conn->record + FAKE_HEADER, word, len) == 0;
}

static int payload_is(const fake_conn *conn, const char *word) {
  return length_in(conn->record) == strlen(word) && payload_begins(conn, word);
}

/* The failure that stands in the payload behind |skip| octets. */
static shako_tls_failure named_failure(const fake_conn *conn, size_t skip,
                                       shako_tls_failure otherwise) {
  size_t len = length_in(conn->record);
  const uint8_t *at = conn->record + FAKE_HEADER + skip;
  for (int i = 1; len > skip && i < SHAKO_TLS_FAILURE_COUNT; i++) {
    const char *name = shako_tls_failure_name((shako_tls_failure)i);
    if (strlen(name) == len - skip && memcmp(name, at, len - skip) == 0) {
      return (shako_tls_failure)i;
    }
  }
  return otherwise;
}

/* The engine. */

static shako_tls_status fake_conn_init(void *ptr, const void *context,
                                       const shako_tls_conn_config *config) {
  static const fake_context plain;
  static const fake_conn zero;
  fake_conn *conn = ptr;
  int dirty = memcmp(conn, &zero, sizeof(zero)) != 0;
  conn->context = context != NULL ? context : &plain;
  if (dirty) {
    misuse(conn, "conn_init() of memory that is not zero");
  }
  if (config->struct_size != sizeof(*config) || config->wire == NULL ||
      config->policy == NULL) {
    misuse(conn, "conn_init() without its config");
  }
  if (conn->context->fail_init) {
    return SHAKO_TLS_STATUS_FAILED;
  }
  conn->wire = *config->wire;
  conn->asks_client = config->ask_client;
  conn->alert = -1;
  if (conn->context->counters != NULL) {
    conn->context->counters->inits++;
    conn->context->counters->alpn_any += config->alpn_any;
  }
  return SHAKO_TLS_STATUS_OK;
}

static void fake_conn_free(void *ptr) {
  fake_conn *conn = ptr;
  if (conn->context->counters != NULL) {
    conn->context->counters->frees++;
  }
}

static shako_tls_status
fake_set_certificate(void *ptr, const shako_certificate *certificate) {
  fake_conn *conn = ptr;
  if (certificate->engine != &fake_engine) {
    misuse(conn, "set_certificate() of another engine's");
  }
  if (conn->phase != FAKE_PHASE_HELLO || conn->have > 0) {
    misuse(conn, "set_certificate() after handshake()");
  }
  if (conn->context->fail_set_certificate) {
    return SHAKO_TLS_STATUS_FAILED;
  }
  conn->certificates = 1;
  if (conn->context->counters != NULL) {
    conn->context->counters->certificates++;
  }
  return SHAKO_TLS_STATUS_OK;
}

/* Judges the handshake record that has come; WANT_RECV asks for one more. */
static shako_tls_status take_flight(fake_conn *conn) {
  const char *expected = conn->phase == FAKE_PHASE_HELLO ? "HELLO" : "FINISH";
  if (conn->record[0] == FAKE_ALERT) {
    return fail(conn, named_failure(conn, 0, SHAKO_TLS_FAILURE_PEER_ALERT));
  }
  if (payload_begins(conn, "ALERT ")) {
    conn->alert = 42; /* bad_certificate */
    return fail(conn, named_failure(conn, 6, SHAKO_TLS_FAILURE_PEER_ALERT));
  }
  if (payload_begins(conn, "FAIL ")) {
    return refuse(conn, named_failure(conn, 5, SHAKO_TLS_FAILURE_PROTOCOL));
  }
  if (conn->record[0] != FAKE_HANDSHAKE || !payload_is(conn, expected)) {
    return refuse(conn, SHAKO_TLS_FAILURE_PROTOCOL);
  }
  if (!conn->certificates) {
    return refuse(conn, SHAKO_TLS_FAILURE_NO_CERTIFICATE);
  }
  conn->have = 0;
  if (conn->phase == FAKE_PHASE_HELLO && conn->context->two_flights) {
    conn->phase = FAKE_PHASE_FINISH;
    return send_record(conn, FAKE_HANDSHAKE, "MORE", 4);
  }
  conn->phase = FAKE_PHASE_OPEN;
  conn->agreed = 1;
  return send_record(conn, FAKE_HANDSHAKE, "DONE", 4);
}

static shako_tls_status fake_handshake(void *ptr) {
  fake_conn *conn = ptr;
  if (conn->phase > FAKE_PHASE_FINISH) {
    misuse(conn, "handshake() after its end");
    return SHAKO_TLS_STATUS_FAILED;
  }
  while (conn->phase < FAKE_PHASE_OPEN) {
    shako_tls_status status = next_record(conn);
    if (status == SHAKO_TLS_STATUS_OK) {
      status = take_flight(conn);
    }
    if (status == SHAKO_TLS_STATUS_FAILED && conn->phase != FAKE_PHASE_FAILED) {
      return fail(conn, SHAKO_TLS_FAILURE_INTERNAL);
    }
    if (status != SHAKO_TLS_STATUS_OK) {
      return status;
    }
  }
  return SHAKO_TLS_STATUS_OK;
}

/* Judges the record that has come while TLS is open; OK where it is data. */
static shako_tls_status open_record(fake_conn *conn) {
  if (conn->record[0] == FAKE_DATA) {
    mask(conn->record + FAKE_HEADER, conn->have - FAKE_HEADER);
    conn->taken = FAKE_HEADER;
    return SHAKO_TLS_STATUS_OK;
  }
  if (conn->record[0] == FAKE_HANDSHAKE) {
    return refuse(conn, SHAKO_TLS_FAILURE_PROTOCOL); /* renegotiation */
  }
  if (payload_is(conn, "CLOSE")) {
    conn->phase = FAKE_PHASE_CLOSED;
    return SHAKO_TLS_STATUS_CLOSED;
  }
  conn->alert = 40;
  return fail(conn, named_failure(conn, 0, SHAKO_TLS_FAILURE_PEER_ALERT));
}

static shako_tls_status fake_read(void *ptr, uint8_t *buf, size_t len,
                                  size_t *n) {
  fake_conn *conn = ptr;
  if (conn->phase != FAKE_PHASE_OPEN || len == 0) {
    misuse(conn, "read() while TLS is not open, or of 0 octets");
    return SHAKO_TLS_STATUS_FAILED;
  }
  while (conn->taken == 0 || conn->taken == conn->have) {
    if (conn->taken != 0) {
      conn->have = conn->taken = 0;
    }
    shako_tls_status status = next_record(conn);
    if (status == SHAKO_TLS_STATUS_OK) {
      status = open_record(conn);
    }
    if (status != SHAKO_TLS_STATUS_OK) {
      return status;
    }
  }
  *n = conn->have - conn->taken < len ? conn->have - conn->taken : len;
  memcpy(buf, conn->record + conn->taken, *n);
  memset(conn->record + conn->taken, 0, *n);
  conn->taken += *n;
  return SHAKO_TLS_STATUS_OK;
}

unsigned fake_progress(const void *ptr) {
  const fake_conn *conn = ptr;
  size_t have = conn->have < FAKE_HEADER ? conn->have : FAKE_HEADER;
  unsigned type = have > 0 ? conn->record[0] : 0;

  return (unsigned)conn->phase | (unsigned)have << 4 | type << 8 |
         (unsigned)(conn->taken < conn->have) << 16;
}

static shako_tls_status fake_write(void *ptr, const uint8_t *buf, size_t len,
                                   size_t *n) {
  fake_conn *conn = ptr;
  if ((conn->phase != FAKE_PHASE_OPEN && conn->phase != FAKE_PHASE_CLOSED) ||
      len == 0 || conn->close_sent) {
    misuse(conn, "write() while TLS is not open, or of 0 octets");
    return SHAKO_TLS_STATUS_FAILED;
  }
  if (conn->context->fail_write) {
    return fail(conn, SHAKO_TLS_FAILURE_INTERNAL);
  }
  *n = len < FAKE_WRITE_MAX ? len : FAKE_WRITE_MAX;
  if (send_record(conn, FAKE_DATA, buf, *n) != SHAKO_TLS_STATUS_OK) {
    return fail(conn, SHAKO_TLS_FAILURE_INTERNAL);
  }
  return SHAKO_TLS_STATUS_OK;
}

static shako_tls_status fake_close(void *ptr) {
  fake_conn *conn = ptr;
  if ((conn->phase != FAKE_PHASE_OPEN && conn->phase != FAKE_PHASE_CLOSED) ||
      conn->close_sent) {
    misuse(conn, "close() while TLS is not open, or twice");
    return SHAKO_TLS_STATUS_FAILED;
  }
  conn->close_sent = 1;
  if (send_record(conn, FAKE_ALERT, "CLOSE", 5) != SHAKO_TLS_STATUS_OK) {
    return fail(conn, SHAKO_TLS_FAILURE_INTERNAL);
  }
  return SHAKO_TLS_STATUS_OK;
}

static void fake_alert(void *ptr, int description) {
  fake_conn *conn = ptr;
  conn->alert = description;
  (void)send_record(conn, FAKE_ALERT, "FATAL", 5);
}

static void fake_info(const void *ptr, shako_tls_info *info) {
  const fake_conn *conn = ptr;
  if (info->struct_size != sizeof(*info)) {
    misuse(conn, "info() without struct_size");
  }
  info->version = conn->agreed ? agreed_version(conn->context) : 0;
  info->cipher = conn->agreed ? fake_cipher(info->version) : NULL;
  info->group = conn->agreed ? FAKE_GROUP : NULL;
  info->failure = conn->failure;
  info->alert = conn->alert;
  info->native_error = conn->failure != SHAKO_TLS_FAILURE_NONE ? -1 : 0;
}

static shako_tls_status
fake_client_certificate(const void *ptr, shako_client_certificate *client) {
  const fake_conn *conn = ptr;
  if (!conn->asks_client || conn->phase != FAKE_PHASE_OPEN) {
    misuse(conn, "client_certificate() that was not asked for, or too early");
  }
  client->faults = conn->context->client_faults;
  if (client->faults & SHAKO_CLIENT_FAULT_ABSENT) {
    return SHAKO_TLS_STATUS_OK;
  }
  memset(client->sha256, FAKE_CLIENT_SHA256, sizeof(client->sha256));
  memset(client->spki_sha256, FAKE_CLIENT_SPKI_SHA256,
         sizeof(client->spki_sha256));
  strcpy(client->subject, "CN=client.example");
  strcpy(client->names, "dns:client.example");
  return SHAKO_TLS_STATUS_OK;
}

shako_authorities *fake_authorities(void) {
  static shako_authorities authorities = {&fake_engine, NULL, 1};
  return &authorities;
}

static shako_tls_status fake_channel_binding(void *ptr, uint8_t *binding) {
  fake_conn *conn = ptr;
  int binds = conn->context->version != 0x0303 && !conn->context->fail_binding;
  if (conn->phase != FAKE_PHASE_OPEN && conn->phase != FAKE_PHASE_CLOSED) {
    misuse(conn, "channel_binding() without TLS");
  }
  if (!binds) {
    return SHAKO_TLS_STATUS_FAILED;
  }
  memset(binding, FAKE_BINDING, SHAKO_CHANNEL_BINDING_SIZE);
  return SHAKO_TLS_STATUS_OK;
}

const shako_tls_engine fake_engine = {
    .version = SHAKO_TLS_ENGINE_VERSION,
    .name = "fake",
    .conn_size = sizeof(fake_conn),
    .conn_init = fake_conn_init,
    .conn_free = fake_conn_free,
    .set_certificate = fake_set_certificate,
    .handshake = fake_handshake,
    .read = fake_read,
    .write = fake_write,
    .close = fake_close,
    .alert = fake_alert,
    .info = fake_info,
    .client_certificate = fake_client_certificate,
    .channel_binding = fake_channel_binding,
};

/* Certificates and their provider. */

static void release_certificate(shako_certificate *certificate) {
  ((fake_certificate *)certificate)->released++;
}

void fake_certificate_init(fake_certificate *certificate) {
  memset(certificate, 0, sizeof(*certificate));
  certificate->base.engine = &fake_engine;
  certificate->base.release = release_certificate;
  certificate->base.references = 1;
}

void fake_script_add(fake_script *script, shako_provider_status status) {
  if (script->length < FAKE_SCRIPT_MAX) {
    script->status[script->length++] = status;
  }
}

static shako_provider_status step(fake_script *script) {
  if (script->length == 0) {
    return SHAKO_PROVIDER_OK;
  }
  size_t at = script->next;
  if (script->next + 1 < script->length) {
    script->next++;
  }
  return script->status[at];
}

static shako_provider_status provider_ready(void *ctx) {
  fake_provider *provider = ctx;
  if (provider->counters != NULL) {
    provider->counters->readies++;
  }
  return step(&provider->ready);
}

static shako_provider_status provider_select(void *ctx,
                                             const shako_client_hello *hello,
                                             shako_certificate **certificates,
                                             size_t *count) {
  fake_provider *provider = ctx;
  (void)hello;
  if (provider->counters != NULL) {
    provider->counters->selects++;
  }
  shako_provider_status status = step(&provider->select);
  if (status == SHAKO_PROVIDER_OK && *count > 0) {
    certificates[0] = shako_certificate_ref(&provider->certificate->base);
    *count = 1;
  } else {
    *count = 0;
  }
  return status;
}

void fake_provider_fill(fake_provider *provider,
                        shako_certificate_provider *out) {
  memset(out, 0, sizeof(*out));
  out->struct_size = sizeof(*out);
  out->ctx = provider;
  out->ready = provider_ready;
  out->select = provider_select;
}
