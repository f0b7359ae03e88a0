#include "session_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "failing_memory.h"

#define NOW 1000

#define MESSAGE "Subject: a message\r\n\r\nSome lines of it.\r\n"

/* Does |CALL|, one of the session's. */
#define ARMED(CALL)                                                            \
  do {                                                                         \
    failing.armed = true;                                                      \
    CALL;                                                                      \
    failing.armed = false;                                                     \
  } while (0)

/* --- the session -------------------------------------------------------- */

static void take_closed(session_pair *pair, const shako_event *event) {
  const shako_tls_info *tls = shako_session_tls(pair->session);

  pair->closed = true;
  snprintf(pair->how, sizeof(pair->how), "%s", event->u.closed.how);
  pair->error = event->u.closed.error;
  pair->failure = tls != NULL ? tls->failure : SHAKO_TLS_FAILURE_NONE;
}

/* Follows the transaction: under Required there is none before TLS. */
static void take_event(session_pair *pair, const shako_event *event) {
  assert_false(pair->closed);
  switch (event->type) {
  case SHAKO_EVENT_TLS:
    assert_false(pair->secure);
    pair->secure = true;
    assert_non_null(event->u.tls->group);
    assert_null(event->u.tls->offer);
    pair->verified = event->u.tls->client && event->u.tls->client->verified;
    break;
  case SHAKO_EVENT_MAIL:
    assert_true(pair->secure && !pair->in_mail);
    octets_clear(&pair->body);
    break;
  case SHAKO_EVENT_BODY:
    assert_true(pair->in_mail);
    octets_add(&pair->body, event->u.body.ptr, event->u.body.len);
    break;
  case SHAKO_EVENT_MESSAGE:
    assert_true(pair->in_mail);
    assert_string_equal(octets_text(&pair->body), MESSAGE);
    pair->messages++;
    break;
  case SHAKO_EVENT_RESET:
    assert_true(pair->in_mail);
    pair->in_mail = false;
    break;
  case SHAKO_EVENT_CLOSED:
    assert_false(pair->in_mail);
    take_closed(pair, event);
    break;
  case SHAKO_EVENT_LOOKUP:
  case SHAKO_EVENT_OBSERVED:
  case SHAKO_EVENT_CONNECT:
  case SHAKO_EVENT_HELLO:
  case SHAKO_EVENT_STARTTLS:
  case SHAKO_EVENT_RCPT:
  case SHAKO_EVENT_DATA:
  case SHAKO_EVENT_VIOLATION:
    break;
  case SHAKO_EVENT_AUTH:
  case SHAKO_EVENT_COMMAND:
  case SHAKO_EVENT_HANDSHAKE:
  case SHAKO_EVENT_CERTIFICATE:
    fail_msg("a question that nothing leads to");
  }
}

/* Says yes to |event|.  A MAIL that is taken is one from then on. */
static void accept_event(session_pair *pair, const shako_event *event) {
  shako_event_type type = event->type;
  int error;

  ARMED(error = shako_session_accept(pair->session, event->question));
  assert_true(error == 0 || error == SHAKO_ERR_NOMEM || error == SHAKO_ERR_TLS);
  if (error == 0 && type == SHAKO_EVENT_MAIL) {
    pair->in_mail = true;
  } else if (error == 0 && type == SHAKO_EVENT_MESSAGE) {
    pair->in_mail = false;
  }
}

/* Takes what the session lends, to the client. */
static void take_output(session_pair *pair) {
  octets *to = pair->switched ? &pair->client.in : &pair->clear;
  const uint8_t *at;
  size_t len;

  ARMED(at = shako_session_send_buf(pair->session, &len));
  if (at != NULL) {
    octets_add(to, at, len);
    ARMED(assert_int_equal(shako_session_send_ack(pair->session, len), 0));
  }
}

/* Lets the session do all it can. */
static void pump(session_pair *pair) {
  for (;;) {
    unsigned want = shako_session_want(pair->session);
    const shako_event *event = NULL;

    if (want & SHAKO_WANT_POLL) {
      ARMED(event = shako_session_poll(pair->session, NOW));
    } else if (want & SHAKO_WANT_SEND) {
      take_output(pair);
    } else {
      return;
    }
    if (event != NULL) {
      take_event(pair, event);
      if (event->question != 0) {
        accept_event(pair, event);
      }
    }
  }
}

/* Hands |len| octets over, as many as the session takes. */
static void feed(session_pair *pair, const uint8_t *at, size_t len) {
  while (len > 0) {
    uint8_t *room;
    size_t n;

    ARMED(room = shako_session_recv_buf(pair->session, &n));
    if (room != NULL) {
      n = len < n ? len : n;
      if (pair->at_once > 0 && n > pair->at_once) {
        n = pair->at_once;
      }
      memcpy(room, at, n);
      ARMED(assert_int_equal(shako_session_recv_ack(pair->session, n), 0));
      at += n;
      len -= n;
    }
    pump(pair);
    if (room == NULL) {
      return;
    }
  }
}

/* --- the client --------------------------------------------------------- */

/* Lets both take turns until neither has anything to say. */
static void talk(session_pair *pair) {
  size_t before;

  do {
    before = pair->client.in.len;
    engine_client_step(&pair->client);
    feed(pair, pair->client.out.ptr, pair->client.out.len);
    octets_clear(&pair->client.out);
  } while (pair->client.in.len > before);
}

/* Says |text|.  Returns whether the replies to it begin with |reply|. */
static bool ask(session_pair *pair, const char *text, const char *reply) {
  const octets *heard = pair->switched ? &pair->client.text : &pair->clear;
  size_t from = heard->len;

  if (pair->switched) {
    engine_client_write(&pair->client, (const uint8_t *)text, strlen(text));
    talk(pair);
  } else {
    feed(pair, (const uint8_t *)text, strlen(text));
  }
  return heard->len > from &&
         strncmp(octets_text(heard) + from, reply, strlen(reply)) == 0;
}

int session_pair_open(session_pair *pair, shako_listener *listener,
                      bool only_1_2) {
  shako_peer peer;
  int error;

  memset(pair, 0, sizeof(*pair));
  shako_peer_default(&peer);
  ARMED(error = shako_session_new(&pair->session, listener, &peer, NULL, NOW));
  if (error == 0) {
    engine_client_open(&pair->client, only_1_2);
    pump(pair);
  }
  return error;
}

void session_pair_close(session_pair *pair) {
  ARMED(shako_session_free(pair->session));
  engine_client_close(&pair->client);
  octets_free(&pair->clear);
  octets_free(&pair->body);
}

void session_pair_secure(session_pair *pair) {
  if (!ask(pair, "EHLO client.example\r\n", "250-") ||
      !ask(pair, "STARTTLS\r\n", "220 ")) {
    return;
  }
  pair->switched = true;
  talk(pair);
  (void)ask(pair, "EHLO client.example\r\n", "250-");
}

bool session_pair_deliver(session_pair *pair) {
  return pair->client.open &&
         ask(pair, "MAIL FROM:<a@b.example>\r\n", "250 2.1.0 ") &&
         ask(pair, "RCPT TO:<c@d.example>\r\n", "250 2.1.5 ") &&
         ask(pair, "DATA\r\n", "354 ") &&
         ask(pair, MESSAGE ".\r\n", "250 2.0.0 Ok");
}

/* --- the end ------------------------------------------------------------ */

static void assert_whole_lines(const octets *text) {
  if (text->len > 0) {
    assert_true(text->len >= 2);
    assert_memory_equal(text->ptr + text->len - 2, "\r\n", 2);
  }
}

/* All that came behind the 220 is records of TLS, the last of which may be cut
   short where there was no memory for all of it. */
static void assert_records(const session_pair *pair) {
  const octets *in = &pair->client.in;
  size_t at = 0;

  while (at < in->len) {
    size_t left = in->len - at;
    size_t len = 5;

    assert_in_range(in->ptr[at], 20, 23);
    if (left >= 5) {
      assert_int_equal(in->ptr[at + 1], 3);
      len += (size_t)in->ptr[at + 3] << 8 | in->ptr[at + 4];
    }
    if (left < len) {
      assert_int_equal(pair->error, SHAKO_ERR_NOMEM);
      return;
    }
    at += len;
  }
}

void session_pair_end(session_pair *pair) {
  (void)ask(pair, "QUIT\r\n", "221 2.0.0 ");
  ARMED(assert_int_equal(shako_session_recv_eof(pair->session), 0));
  pump(pair);

  assert_true(pair->closed);
  assert_int_equal(shako_session_want(pair->session), SHAKO_WANT_CLOSE);
  assert_null(shako_session_poll(pair->session, NOW));
  assert_whole_lines(&pair->clear);
  assert_records(pair);
  assert_whole_lines(&pair->client.text);
}
