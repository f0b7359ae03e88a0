#include "walk_world.h"

#include <string.h>

#include "server/session.h"
#include "smtp/line.h"

/* A state as one string of octets. */

bool walk_are_records(const shako_session *session) {
  return session->secure || session->phase == SHAKO__PHASE_HANDSHAKE;
}

static void put(walk_digest *digest, size_t *at, uint64_t value) {
  for (int i = 0; i < 4 && *at < sizeof(digest->octets); i++) {
    digest->octets[(*at)++] = (uint8_t)(value >> 8 * i);
  }
}

/* FNV-1a. */
static uint64_t hash(const void *what, size_t len) {
  const uint8_t *at = what;
  uint64_t sum = 0xcbf29ce484222325u;

  for (size_t i = 0; i < len; i++) {
    sum = (sum ^ at[i]) * 0x100000001b3u;
  }
  return sum ^ sum >> 32;
}

static uint64_t flags_of(const shako_session *s) {
  const bool flags[] = {s->transaction,
                        s->secure,
                        s->switching,
                        s->eof,
                        s->lost,
                        s->stopping,
                        s->owed_reset != NULL,
                        s->owed_violation,
                        s->owed_tls,
                        s->seen,
                        s->question != 0,
                        s->input.lent > 0,
                        s->output.clear != NULL,
                        s->output.lent > 0,
                        shako__output_pending(s)};
  uint64_t set = 0;

  for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
    set |= (uint64_t)flags[i] << i;
  }
  return set;
}

/* What is of no more account once a session ends. */
static void put_reading(const shako_session *s, walk_digest *digest,
                        size_t *at) {
  put(digest, at, s->home);
  put(digest, at, s->body.state);
  put(digest, at, s->swallow);
  put(digest, at,
      (uint64_t)s->hello_extended | (uint64_t)s->turned_away << 1 |
          (uint64_t)s->skipping << 2 | (uint64_t)s->skip_close << 3 |
          (uint64_t)s->body.bare << 4);
}

static void put_session(const shako_session *s, walk_digest *digest,
                        size_t *at) {
  put(digest, at, s->phase);
  put(digest, at, flags_of(s));
  put(digest, at, (uint64_t)s->error);
  put(digest, at, s->event.type);
  put(digest, at, s->question != 0 ? s->asked : 0);
  put(digest, at, s->answer != SHAKO__ANSWER_NONE ? s->asked : 0);
  put(digest, at, s->answer);
  if (s->phase < SHAKO__PHASE_ENDING) {
    put_reading(s, digest, at);
  }
}

/* The half lines that something comes of: the rest are one class. */
static bool is_promising(const shako_span text) {
  static const char *const words[] = {"EHL", "START", "STARTTLS", "."};

  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (text.len == strlen(words[i]) &&
        memcmp(text.ptr, words[i], text.len) == 0) {
      return true;
    }
  }
  return false;
}

/* Whole lines as they are; of a half line its class. */
static uint64_t class_of(const shako_span text) {
  size_t len;

  if (text.len == 0) {
    return 0;
  }
  if (shako__line_find(text, &len) || is_promising(text)) {
    return hash(text.ptr, text.len);
  }
  return 1u + (text.ptr[text.len - 1] == '\r') + 2u * (text.ptr[0] == 0x16);
}

static void put_octets(const shako_session *s, walk_digest *digest,
                       size_t *at) {
  const shako_span wire = {s->input.block + s->input.start,
                           shako__input_wire_len(s)};

  put(digest, at,
      walk_are_records(s) ? hash(wire.ptr, wire.len) : class_of(wire));
  put(digest, at, class_of(shako__input_text(s)));
}

/* Of a response that has begun its class. */
static void put_auth(const shako_session *s, walk_digest *digest, size_t *at) {
  const shako__auth *auth = s->extra ? s->extra->auth : NULL;

  put(digest, at, shako_session_identity(s).len > 0);
  if (auth) {
    put(digest, at,
        1u | (uint64_t)(auth->name_len > 0) << 1 |
            (uint64_t)(auth->response_len > 0) << 2 |
            (uint64_t)auth->too_long << 3);
  }
}

static void put_conn(const shako__conn *conn, walk_digest *digest, size_t *at) {
  put(digest, at,
      (uint64_t)(conn->engine != NULL) | (uint64_t)conn->started << 1 |
          (uint64_t)conn->chosen << 2 | (uint64_t)conn->agreed << 3 |
          (uint64_t)conn->dry << 4 | (uint64_t)conn->over << 5);
  put(digest, at, conn->info.failure);
  put(digest, at, (uint64_t)conn->info.alert);
  put(digest, at, conn->engine ? fake_progress(conn->state) : 0);
}

void walk_world_digest(const walk_world *world, walk_digest *digest) {
  size_t at = 0;

  memset(digest, 0, sizeof(*digest));
  put_session(world->session, digest, &at);
  put_octets(world->session, digest, &at);
  put_auth(world->session, digest, &at);
  put(digest, &at, world->provider.ready.next);
  put(digest, &at, world->provider.select.next);
  put(digest, &at,
      (uint64_t)world->ear | (uint64_t)world->handshaken << 2 |
          (uint64_t)world->transaction << 3 | (uint64_t)world->last << 4);
  if (world->session->conn) {
    put_conn(world->session->conn, digest, &at);
  }
}
