#include "server/output.h"

#include <string.h>

#include "base/mem.h"
#include "server/session.h"
#include "smtp/reply.h"

/* What a chunk holds; behind it the same again for clear replies, in TLS,
   where a record costs up to SEAL_OVERHEAD octets more than it seals. */
#define CHUNK_CAP     3840
#define SEAL_OVERHEAD 256

/* Our TLS is up or coming up.  (The conn is made before the 220.) */
static bool has_records(const shako_session *session) {
  return session->conn && session->conn->engine &&
         (session->secure || session->phase == SHAKO__PHASE_HANDSHAKE);
}

/* Makes a chunk: in the clear for |n| octets at least, inside TLS for records
   and, with |clear|, for |n| octets of clear replies at least. */
static shako__chunk *make_chunk(shako_session *session, size_t n, bool clear) {
  size_t want = n > CHUNK_CAP ? n : CHUNK_CAP;
  size_t cap = has_records(session) ? CHUNK_CAP + SEAL_OVERHEAD : want;
  size_t clear_cap = has_records(session) && clear ? want : 0;
  size_t size = sizeof(shako__chunk) + cap + clear_cap;
  shako__chunk *chunk =
      shako__mem(session)->alloc(size, shako__mem(session)->user_data);

  if (!chunk) {
    shako__fail(session, SHAKO_ERR_NOMEM);
    return NULL;
  }
  *chunk = (shako__chunk){.size = (uint32_t)size,
                          .cap = (uint32_t)cap,
                          .clear_cap = (uint32_t)clear_cap};
  return chunk;
}

static void append(shako__output *output, shako__chunk *chunk) {
  chunk->next = NULL;
  if (output->tail) {
    output->tail->next = chunk;
  } else {
    output->head = chunk;
  }
  output->tail = chunk;
}

static bool add_chunk(shako_session *session, size_t n, bool clear) {
  shako__chunk *chunk = make_chunk(session, n, clear);

  if (!chunk) {
    return false;
  }
  append(&session->output, chunk);
  if (chunk->clear_cap > 0) {
    session->output.clear = chunk;
  }
  return true;
}

bool shako__output_seal(shako_session *session) {
  shako__output *output = &session->output;
  uint32_t len = output->clear_len;
  const uint8_t *clear;

  if (len == 0) {
    return true;
  }
  clear = output->clear->data + output->clear->cap;
  output->clear_len = 0;
  if (!shako__conn_write(session->conn, clear, len)) {
    shako__fail(session, SHAKO_ERR_TLS);
    return false;
  }
  return true;
}

/* Room for the octets of a reply. */
static size_t room(const shako_session *session) {
  const shako__output *output = &session->output;

  if (has_records(session)) {
    return output->clear ? output->clear->clear_cap - output->clear_len : 0;
  }
  return output->tail ? output->tail->cap - output->tail->end : 0;
}

bool shako__output_reserve(shako_session *session, size_t n) {
  if (room(session) >= n) {
    return true;
  }
  if (!shako__output_seal(session)) {
    return false;
  }
  return room(session) >= n || add_chunk(session, n, true);
}

uint8_t *shako__output_at(shako_session *session) {
  const shako__output *output = &session->output;
  shako__chunk *chunk = output->tail;

  if (has_records(session)) {
    chunk = output->clear;
    return chunk->data + chunk->cap + output->clear_len;
  }
  return chunk->data + chunk->end;
}

void shako__output_wrote(shako_session *session, size_t n) {
  shako__output *output = &session->output;

  if (has_records(session)) {
    output->clear_len += (uint32_t)n;
  } else {
    output->tail->end += (uint32_t)n;
    output->queued += n;
  }
}

size_t shako__say_room(const char *enhanced, const char *text) {
  return shako__reply_size(enhanced, text) + SHAKO__REPLY_LINE_MAX;
}

static void say(shako_session *session, int code, const char *enhanced,
                const char *text) {
  shako__output_wrote(session, shako__reply_write(shako__output_at(session),
                                                  code, enhanced, text));
}

static void say_greeting(shako_session *session, int code, const char *text) {
  char greeting[SHAKO_REPLY_TEXT_MAX + SHAKO__REPLY_LINE_MAX];
  const char *hostname = shako__hostname(session);
  size_t len = strlen(hostname);

  memcpy(greeting, hostname, len);
  greeting[len] = ' ';
  memcpy(greeting + len + 1, text, strlen(text) + 1);
  say(session, code, NULL, greeting);
}

void shako__say(shako_session *session, int code, const char *enhanced,
                const char *text) {
  if (session->phase == SHAKO__PHASE_START) {
    say_greeting(session, code, text);
  } else {
    say(session, code, enhanced, text);
  }
}

bool shako__output_pending(const shako_session *session) {
  const shako__output *output = &session->output;

  return !session->lost && (output->queued > 0 || output->clear_len > 0);
}

/* Takes each chunk that is sent and followed by another out of the queue; the
   last one, when all is sent, begins anew. */
static void drop_sent_chunks(shako_session *session) {
  shako__output *output = &session->output;

  while (output->head && output->head != output->tail &&
         output->head->start == output->head->end) {
    shako__chunk *chunk = output->head;

    output->head = chunk->next;
    if (chunk == output->clear) {
      chunk->start = chunk->end = 0;
      append(output, chunk);
    } else {
      shako__release(shako__mem(session), chunk, chunk->size);
    }
  }
  if (output->queued == 0 && output->head) {
    output->head->start = 0;
    output->head->end = 0;
  }
}

void shako__output_drop(shako_session *session) {
  shako__output *output = &session->output;

  output->clear_len = 0;
  if (session->lost) {
    output->queued = 0;
    shako__output_settle(session);
  }
}

const uint8_t *shako_session_send_buf(shako_session *session, size_t *len) {
  shako__output *output = &session->output;

  *len = 0;
  if (!shako__output_pending(session)) {
    return NULL;
  }
  if (!shako__output_seal(session) && output->queued == 0) {
    return NULL;
  }
  if (output->lent == 0) {
    drop_sent_chunks(session);
  }
  output->lent = output->head->end - output->head->start;
  *len = output->lent;
  return output->head->data + output->head->start;
}

int shako_session_send_ack(shako_session *session, size_t n) {
  shako__output *output = &session->output;

  if (output->lent == 0) {
    return n == 0 ? 0 : SHAKO_ERR_INVALID_STATE;
  }
  if (n > output->lent) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  output->lent = 0;
  if (!session->lost) {
    output->head->start += (uint32_t)n;
    output->queued -= n;
    session->octets_sent += n;
    drop_sent_chunks(session);
  }
  shako__input_settle(session);
  shako__output_settle(session);
  return 0;
}

void shako__output_settle(shako_session *session) {
  if (session->output.lent == 0 && !shako__output_pending(session) &&
      (session->phase >= SHAKO__PHASE_ENDING || !session->input.block)) {
    shako__output_free(session);
  }
}

void shako__output_free(shako_session *session) {
  while (session->output.head) {
    shako__chunk *chunk = session->output.head;

    session->output.head = chunk->next;
    shako__release(shako__mem(session), chunk, chunk->size);
  }
  session->output = (shako__output){0};
}

shako_tls_status shako__output_wire_send(void *ctx, const uint8_t *buf,
                                         size_t len) {
  shako_session *session = ctx;
  shako__output *output = &session->output;

  while (len > 0) {
    shako__chunk *chunk = output->tail;
    size_t n;

    if (!chunk || chunk->end == chunk->cap) {
      if (!add_chunk(session, 0, !output->clear)) {
        return SHAKO_TLS_STATUS_FAILED;
      }
      continue;
    }
    n = chunk->cap - chunk->end;
    n = len < n ? len : n;
    memcpy(chunk->data + chunk->end, buf, n);
    chunk->end += (uint32_t)n;
    output->queued += n;
    buf += n;
    len -= n;
  }
  return SHAKO_TLS_STATUS_OK;
}
