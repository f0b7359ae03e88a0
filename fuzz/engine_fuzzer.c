/* The engine over mbed TLS inside a session: whatever stands where TLS is to
   be, nothing crashes, nothing is said in the clear, and the session ends.
   README.md has the head of an input. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <shako/mbedtls.h>
#include <shako/shako.h>

#include "check.h"
#include "engine_client.h"
#include "mbedtls/internal.h"

#define HEAD 9u

typedef enum peer_kind {
  PEER_RAW,     /* the input is what stands where TLS is to be */
  PEER_CLIENT,  /* a client shakes hands, and says it inside */
  PEER_DAMAGED, /* likewise; one octet of what the client sends is damaged */
  PEER_BEHIND,  /* a client shakes hands; then the input comes as it is */
  PEER_COUNT
} peer_kind;

/* One input being run. */
typedef struct world {
  bool implicit;
  bool send_late;
  bool silent;
  bool only_1_2;
  size_t piece;
  peer_kind kind;
  size_t damage_at; /* in what the client sends */
  uint8_t damage;
  shako_policy policy;

  size_t memory; /* in use */
  shako_listener *listener;
  shako_session *session;
  shako_time now;
  octets out;         /* all that was sent */
  size_t tls_from;    /* in |out|: behind the 220 to STARTTLS */
  size_t given;       /* of |out| to the client */
  size_t client_sent; /* octets of the client's */
  bool accepted;      /* STARTTLS, or the port is always TLS */
  bool secure;
  bool closed;
  unsigned steps;
} world;

#define HOLDS(CONDITION, WHY)                                                  \
  do {                                                                         \
    if (!(CONDITION)) {                                                        \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, (WHY));               \
      __builtin_trap();                                                        \
    }                                                                          \
  } while (0)

/* Listener. */

static void *counted_alloc(size_t size, void *user_data) {
  *(size_t *)user_data += size;
  return malloc(size);
}

static void counted_release(void *ptr, size_t size, void *user_data) {
  *(size_t *)user_data -= size;
  free(ptr);
}

/* What all inputs share; made once. */
static const shako_mbedtls_context *context;
static shako_certificate *certificate;

static void prepare(void) {
  char message[SHAKO_MBEDTLS_MESSAGE_SIZE];
  shako_mbedtls_context *made;

  if (context) {
    return;
  }
  HOLDS(shako_mbedtls_context_new(&made, NULL, message) == 0, message);
  HOLDS(shako_mbedtls_certificate_demonstration(&certificate, "mx.example.org",
                                                1750000000, NULL, message) == 0,
        message);
  context = made;
}

static void open_session(world *w) {
  const shako_mem mem = {&w->memory, counted_alloc, counted_release};
  shako_certificate_provider provider;
  shako_listener_config config;
  const char *reason = NULL;
  shako_peer peer;

  shako_certificate_provider_single(&provider, certificate);
  shako_listener_config_default(&config);
  config.hostname = "mx.example.org";
  config.policy = &w->policy;
  config.engine = shako_mbedtls_engine();
  config.context = context;
  config.certificates = &provider;
  config.implicit_tls = w->implicit;
  HOLDS(shako_listener_new(&w->listener, &config, &mem, &reason) == 0, reason);
  shako_peer_default(&peer);
  HOLDS(shako_session_new(&w->session, w->listener, &peer, NULL, w->now) == 0,
        "session_new()");
}

/* The session. */

/* What a client shows is told where it was asked for, and is nobody's. */
static void check_asked(const world *w, const shako_tls_info *tls) {
  bool asked = w->policy.tls_request_certificate;

  HOLDS((tls->client != NULL) == asked, "a certificate that nobody asked for");
  HOLDS(!asked || (tls->client->faults != 0 && !tls->client->verified),
        "a certificate of no authority is verified");
}

static void take_event(world *w, const shako_event *event) {
  HOLDS(!w->closed, "an event after CLOSED");
  if (event->type == SHAKO_EVENT_TLS) {
    HOLDS(w->accepted && !w->secure, "TLS that nobody asked for");
    w->secure = true;
    check_asked(w, event->u.tls);
  } else if (event->type == SHAKO_EVENT_CLOSED) {
    w->closed = true;
  } else if (event->type >= SHAKO_EVENT_MAIL &&
             event->type <= SHAKO_EVENT_RESET) {
    HOLDS(w->secure, "mail outside TLS");
  }
  if (event->question != 0) {
    bool is_starttls = event->type == SHAKO_EVENT_STARTTLS;

    HOLDS(shako_session_accept(w->session, event->question) == 0, "accept()");
    w->accepted = w->accepted || is_starttls;
  }
}

static void send_some(world *w) {
  size_t len;
  const uint8_t *at = shako_session_send_buf(w->session, &len);

  if (at) {
    octets_add(&w->out, at, len);
    HOLDS(shako_session_send_ack(w->session, len) == 0, "send_ack()");
  }
}

/* Lets the session do all it can.  Where sending is late, what there is to
   send is lent, and goes when |flush| says so. */
static void pump(world *w, bool flush) {
  for (;;) {
    unsigned want = shako_session_want(w->session);
    size_t len;

    HOLDS(++w->steps < 100000, "this does not end");
    if ((want & SHAKO_WANT_POLL) ||
        w->now >= shako_session_expiry(w->session)) {
      const shako_event *event = shako_session_poll(w->session, w->now);

      if (event) {
        take_event(w, event);
      }
    } else if ((want & SHAKO_WANT_SEND) && (flush || !w->send_late)) {
      send_some(w);
    } else {
      if (want & SHAKO_WANT_SEND) {
        (void)shako_session_send_buf(w->session, &len);
      }
      return;
    }
  }
}

/* Gives the session |input|, |len| octets; drops them where it takes none. */
static void feed(world *w, const uint8_t *input, size_t len) {
  while (len > 0) {
    size_t n;
    uint8_t *room = shako_session_recv_buf(w->session, &n);

    if (!room) {
      size_t before = w->out.len;

      pump(w, true);
      if (w->out.len == before) {
        return;
      }
      continue;
    }
    n = len < n ? len : n;
    n = w->piece != 0 && w->piece < n ? w->piece : n;
    memcpy(room, input, n);
    HOLDS(shako_session_recv_ack(w->session, n) == 0, "recv_ack()");
    input += n;
    len -= n;
    pump(w, false);
  }
}

/* The client. */

/* Takes what the client wrote to the session. */
static void flush_client(world *w, engine_client *client) {
  octets *out = &client->out;

  if (w->kind == PEER_DAMAGED && w->damage_at >= w->client_sent &&
      w->damage_at - w->client_sent < out->len) {
    out->ptr[w->damage_at - w->client_sent] ^= w->damage;
  }
  w->client_sent += out->len;
  feed(w, out->ptr, out->len);
  octets_clear(out);
}

/* Lets both take turns until neither has anything to say. */
static void talk(world *w, engine_client *client) {
  size_t before;

  do {
    pump(w, true);
    before = w->given;
    octets_add(&client->in, w->out.ptr + w->given, w->out.len - w->given);
    w->given = w->out.len;
    engine_client_step(client);
    flush_client(w, client);
    pump(w, true);
  } while (w->out.len > w->given || before != w->given);
}

/* Says |text|: 1 in it is a renegotiation, 2 lets what there is be sent and
   taken before the rest. */
static void say(world *w, engine_client *client, const uint8_t *text,
                size_t len) {
  size_t from = 0;

  for (size_t i = 0; i <= len; i++) {
    if (i < len && text[i] != 1 && text[i] != 2) {
      continue;
    }
    engine_client_write(client, text + from, i - from);
    from = i + 1;
    if (i < len && text[i] == 1) {
      engine_client_renegotiate(client);
    } else {
      flush_client(w, client);
    }
  }
}

/* All that the client decrypted is replies. */
static void check_text(const octets *text) {
  bool start = true;

  for (size_t i = 0; i < text->len; i++) {
    uint8_t c = text->ptr[i];

    HOLDS(!start || (c >= '2' && c <= '5'), "a reply without a code");
    HOLDS(c == '\r' || c == '\n' || (c >= 0x20 && c <= 0x7e),
          "a reply is not printable");
    start = c == '\n';
  }
}

/* The server's own will do. */
static void show_own(engine_client *client) {
  shako__mbedtls_certificate *own = (shako__mbedtls_certificate *)certificate;

  HOLDS(mbedtls_ssl_conf_own_cert(&client->config, &own->chain, &own->key) == 0,
        "the client has no certificate");
}

static void play_client(world *w, const uint8_t *input, size_t len) {
  engine_client client;

  if (w->kind == PEER_DAMAGED && len >= 3) {
    w->damage_at = (size_t)(input[0] << 8 | input[1]);
    w->damage = input[2];
    input += 3;
    len -= 3;
  }
  engine_client_open(&client, w->only_1_2);
  if (w->policy.tls_request_certificate) {
    show_own(&client);
  }
  talk(w, &client);
  HOLDS(w->kind == PEER_DAMAGED ||
            client.open ==
                (!w->only_1_2 || w->policy.tls_min_version == 0x0303),
        "a client that may did not get in; or one that may not");
  if (w->kind == PEER_BEHIND) {
    feed(w, input, len);
  } else {
    say(w, &client, input, len);
    engine_client_end(&client);
    flush_client(w, &client);
  }
  talk(w, &client);
  check_text(&client.text);
  engine_client_close(&client);
}

/* From the start to the end. */

/* All that was sent from |at| on is TLS records. */
static void check_records(const world *w) {
  size_t at = w->tls_from;

  while (at < w->out.len) {
    const uint8_t *record = w->out.ptr + at;
    size_t left = w->out.len - at;
    size_t len;

    HOLDS(record[0] >= 20 && record[0] <= 23, "clear text where TLS is");
    HOLDS(left >= 5 && record[1] == 3 && record[2] <= 4, "no record");
    len = (size_t)record[3] << 8 | record[4];
    HOLDS(len > 0 && len <= 16384 + 256 && left - 5 >= len, "no whole record");
    at += 5 + len;
  }
}

static void play(world *w, const uint8_t *input, size_t len) {
  static const uint8_t hello[] = "EHLO c.example\r\n";
  static const uint8_t starttls[] = "STARTTLS\r\n";

  w->accepted = w->implicit;
  pump(w, true);
  if (!w->implicit) {
    feed(w, hello, sizeof(hello) - 1);
    pump(w, true);
    feed(w, starttls, sizeof(starttls) - 1);
    pump(w, true);
    HOLDS(w->accepted, "STARTTLS was not taken");
  }
  w->tls_from = w->given = w->out.len;
  if (w->kind == PEER_RAW) {
    feed(w, input, len);
  } else {
    play_client(w, input, len);
  }
  pump(w, true);
  if (w->silent && !w->closed) {
    w->now = shako_session_expiry(w->session);
    pump(w, true);
  }
  HOLDS(shako_session_recv_eof(w->session) == 0, "recv_eof()");
  pump(w, true);
  HOLDS(w->closed && shako_session_want(w->session) == SHAKO_WANT_CLOSE,
        "the session is stuck");
  check_records(w);
}

static unsigned choose(const uint8_t **at, unsigned count) {
  unsigned octet = (uint8_t)(**at - '0');

  (*at)++;
  return octet % count;
}

static void read_head(world *w, const uint8_t *at) {
  static const size_t pieces[] = {0, 1, 7, 100};
  unsigned client;

  shako_policy_default(&w->policy);
  w->policy.pipelining_early = 1; /* a record more behind EHLO is read */
  w->policy.tls =
      choose(&at, 2) ? SHAKO_TLS_SETTING_PREFERRED : SHAKO_TLS_SETTING_REQUIRED;
  w->implicit = choose(&at, 2);
  w->policy.tls_min_version = choose(&at, 2) ? 0x0304 : 0x0303;
  w->kind = (peer_kind)choose(&at, PEER_COUNT);
  client = choose(&at, 4);
  w->only_1_2 = client % 2;
  w->policy.tls_request_certificate = client >= 2;
  w->piece = pieces[choose(&at, 4)];
  w->send_late = choose(&at, 2);
  w->silent = choose(&at, 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t len) {
  world w = {.now = 1000};

  if (len < HEAD) {
    return 0;
  }
  prepare();
  read_head(&w, input);
  octets_add(&w.out, "", 0); /* somewhere, even if empty */
  open_session(&w);
  play(&w, input + HEAD, len - HEAD);
  shako_session_free(w.session);
  shako_listener_unref(w.listener);
  HOLDS(w.memory == 0, "memory was not given back");
  octets_free(&w.out);
  return 0;
}
