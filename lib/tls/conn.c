#include "tls/conn.h"

#include <string.h>

#include "base/mem.h"
#include "tls/offer.h"

/* What a peer may send before it has shaken hands.  With a chain of
   certificates it needs a tenth of it. */
#define HANDSHAKE_OCTETS 65536u

static bool make_client(shako__conn *conn, const shako_mem *mem) {
  conn->client = shako__alloc(mem, sizeof(*conn->client));
  if (!conn->client) {
    return false;
  }
  conn->client->struct_size = sizeof(*conn->client);
  conn->client->faults = SHAKO_CLIENT_FAULT_ABSENT;
  return true;
}

shako__conn *shako__conn_new(const shako_mem *mem,
                             const shako_tls_engine *engine,
                             const void *context,
                             const shako_tls_conn_config *config,
                             bool *out_of_memory) {
  size_t size = sizeof(shako__conn) + (engine ? engine->conn_size : 0);
  shako__conn *conn = shako__alloc(mem, size);

  *out_of_memory = !conn;
  if (!conn) {
    return NULL;
  }
  conn->size = size;
  conn->info.struct_size = sizeof(conn->info);
  conn->info.alert = -1;
  if (config && config->ask_client && !make_client(conn, mem)) {
    *out_of_memory = true;
    shako__conn_free(conn, mem);
    return NULL;
  }
  if (engine &&
      engine->conn_init(conn->state, context, config) != SHAKO_TLS_STATUS_OK) {
    shako__conn_free(conn, mem);
    return NULL;
  }
  conn->engine = engine;
  return conn;
}

static void free_engine_state(shako__conn *conn) {
  if (conn->engine) {
    conn->engine->conn_free(conn->state);
    conn->engine = NULL;
  }
  for (size_t i = 0; i < conn->certificate_count; i++) {
    shako_certificate_unref(conn->certificates[i]);
  }
  conn->certificate_count = 0;
}

static void forget_offer(shako__conn *conn, const shako_mem *mem) {
  shako_tls_offer *mine = (shako_tls_offer *)conn->info.offer;

  shako__release(mem, mine, sizeof(*mine));
  conn->info.offer = NULL;
}

void shako__conn_free(shako__conn *conn, const shako_mem *mem) {
  size_t size;

  if (!conn) {
    return;
  }
  size = conn->size;
  free_engine_state(conn);
  forget_offer(conn, mem);
  shako__release(mem, conn->client, sizeof(*conn->client));
  shako__release(mem, conn->names, sizeof(*conn->names));
  shako__wipe(conn, size);
  shako__release(mem, conn, size);
}

/* It is told where the handshake fails, and is not worth failing for. */
void shako__conn_note_offer(shako__conn *conn, const shako_mem *mem,
                            const shako_policy *policy,
                            const shako_client_hello *hello) {
  shako_tls_offer *offer;

  if (conn->info.offer || hello->cipher_suites.len == 0) {
    return;
  }
  conn->info.offered_version = hello->version;
  offer = shako__alloc(mem, sizeof(*offer));
  if (offer) {
    shako__offer_read(offer, hello, policy);
    conn->info.offer = offer;
  }
}

shako_provider_status
shako__conn_choose(shako__conn *conn,
                   const shako_certificate_provider *provider,
                   const shako_client_hello *hello) {
  size_t count = SHAKO_CERTIFICATES_MAX;
  shako_provider_status status =
      provider->select(provider->ctx, hello, conn->certificates, &count);

  if (status != SHAKO_PROVIDER_OK) {
    return status;
  }
  conn->certificate_count = count;
  for (size_t i = 0; i < count; i++) {
    if (conn->engine->set_certificate(conn->state, conn->certificates[i]) ==
        SHAKO_TLS_STATUS_OK) {
      conn->chosen = true;
    }
  }
  return conn->chosen ? SHAKO_PROVIDER_OK : SHAKO_PROVIDER_NONE;
}

/* Brings |info| up to date with what the engine knows; the rest is the
   session's.  A failure that the session knew first stays. */
static void learn(shako__conn *conn) {
  shako_tls_info *info = &conn->info;
  shako_tls_info known = {.struct_size = sizeof(known), .alert = -1};

  conn->engine->info(conn->state, &known);
  info->version = known.version;
  info->cipher = known.cipher;
  info->group = known.group;
  info->alert = known.alert;
  info->native_error = known.native_error;
  info->client = conn->client;
  if (info->failure == SHAKO_TLS_FAILURE_NONE) {
    info->failure = known.failure;
  }
}

size_t shako__conn_take(shako__conn *conn, size_t len) {
  uint32_t left = HANDSHAKE_OCTETS - conn->taken;

  if (conn->agreed) {
    return len;
  }
  len = len < left ? len : left;
  conn->taken += (uint32_t)len;
  return len;
}

bool shako__conn_is_spent(const shako__conn *conn) {
  return conn->taken == HANDSHAKE_OCTETS;
}

shako_tls_status shako__conn_handshake(shako__conn *conn,
                                       const shako_mem *mem) {
  shako_tls_status status = conn->engine->handshake(conn->state);

  if (status == SHAKO_TLS_STATUS_OK && conn->client) {
    status = conn->engine->client_certificate(conn->state, conn->client);
  }
  if (status == SHAKO_TLS_STATUS_OK) {
    conn->agreed = true;
    forget_offer(conn, mem);
    learn(conn);
  } else if (status != SHAKO_TLS_STATUS_WANT_RECV) {
    conn->over = true;
    learn(conn);
    shako__conn_fail(conn, SHAKO_TLS_FAILURE_INTERNAL, -1);
    status = SHAKO_TLS_STATUS_FAILED;
  }
  return status;
}

shako_tls_status shako__conn_read(shako__conn *conn, uint8_t *buf, size_t len,
                                  size_t *n) {
  shako_tls_status status = conn->engine->read(conn->state, buf, len, n);

  conn->dry = status == SHAKO_TLS_STATUS_WANT_RECV;
  if (status == SHAKO_TLS_STATUS_CLOSED || status == SHAKO_TLS_STATUS_FAILED) {
    conn->over = true;
    learn(conn);
  }
  return status;
}

bool shako__conn_write(shako__conn *conn, const uint8_t *buf, size_t len) {
  while (len > 0) {
    size_t n = 0;

    if (conn->engine->write(conn->state, buf, len, &n) != SHAKO_TLS_STATUS_OK) {
      conn->over = true;
      learn(conn);
      shako__conn_fail(conn, SHAKO_TLS_FAILURE_INTERNAL, -1);
      return false;
    }
    buf += n;
    len -= n;
  }
  return true;
}

bool shako__conn_binding(const shako__conn *conn,
                         uint8_t binding[SHAKO_CHANNEL_BINDING_SIZE]) {
  const shako_tls_engine *engine = conn->engine;

  return engine && engine->channel_binding &&
         conn->info.failure == SHAKO_TLS_FAILURE_NONE &&
         engine->channel_binding((void *)(uintptr_t)conn->state, binding) ==
             SHAKO_TLS_STATUS_OK;
}

void shako__conn_fail(shako__conn *conn, shako_tls_failure failure, int alert) {
  if (conn->info.failure == SHAKO_TLS_FAILURE_NONE) {
    conn->info.failure = failure;
  }
  if (alert >= 0 && conn->engine) {
    conn->engine->alert(conn->state, alert);
    learn(conn); /* not every engine can send every alert */
  }
}

void shako__conn_end(shako__conn *conn) {
  if (conn->engine && conn->agreed &&
      conn->info.failure == SHAKO_TLS_FAILURE_NONE) {
    conn->engine->close(conn->state);
  }
  free_engine_state(conn);
}

/* Returns a copy of |name| at |to|, of |size| octets that are 0; NULL for
   NULL. */
static const char *keep(char *to, size_t size, const char *name) {
  return name ? strncpy(to, name, size - 1) : NULL;
}

bool shako__conn_external(shako__conn *conn, const shako_mem *mem,
                          const shako_tls_info *info) {
  shako_tls_info known = {0};

  shako__sized_copy(&known, sizeof(known), info);
  conn->names = shako__alloc(mem, sizeof(*conn->names));
  if (!conn->names ||
      (known.client && !conn->client && !make_client(conn, mem))) {
    return false;
  }
  known.cipher =
      keep(conn->names->cipher, sizeof(conn->names->cipher), known.cipher);
  known.group =
      keep(conn->names->group, sizeof(conn->names->group), known.group);
  if (known.client) {
    shako__sized_copy(conn->client, sizeof(*conn->client), known.client);
    known.client = conn->client;
  }
  known.offer = NULL;
  conn->info = known;
  conn->agreed = known.failure == SHAKO_TLS_FAILURE_NONE;
  conn->over = !conn->agreed;
  return true;
}
