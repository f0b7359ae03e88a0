/* Counts the octets that an idle session holds, after the greeting and EHLO:
   in the clear, and inside TLS with each engine, beside a connection of the
   bare TLS library that shook the same hands.

     idle_bench CERTIFICATE KEY     (PEM)

   The library's own memory is counted in its shako_mem; what the TLS library
   holds is the heap's growth without that. */

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "floor.h"
#include "secure.h"

/* The first sessions pay for what is made once. */
#define WARM  8
#define COUNT 64

#define EHLO     "EHLO client.example\r\n"
#define STARTTLS "STARTTLS\r\n"

static const bench_goal none = {BENCH_NO_GOAL, 0};

static size_t counted; /* octets of shako_mem */

static void *count_alloc(size_t size, void *user_data) {
  (void)user_data;
  counted += size;

  return malloc(size);
}

static void count_release(void *ptr, size_t size, void *user_data) {
  (void)user_data;
  counted -= size;
  free(ptr);
}

static const shako_mem mem = {NULL, count_alloc, count_release};

static size_t heap(void) {
  struct mallinfo2 info = mallinfo2();

  return info.uordblks + info.hblkhd;
}

static SSL_CTX *client_settings;

/* Shakes hands as far as it goes; then says EHLO, once. */
static void client_advance(const bench_client *c) {
  if (!SSL_is_init_finished(c->tls) && SSL_do_handshake(c->tls) == 1) {
    SSL_write(c->tls, EHLO, (int)strlen(EHLO));
  }
}

static void hand_over(shako_session *session, const char *text) {
  size_t room = 0;
  uint8_t *buf = shako_session_recv_buf(session, &room);

  bench_need(buf != NULL && room >= strlen(text), "no room");
  memcpy(buf, text, strlen(text));
  shako_session_recv_ack(session, strlen(text));
  bench_serve(session, NULL);
}

/* Moves what |c| sent to |session|.  Returns whether there was something. */
static int move(shako_session *session, const bench_client *c) {
  size_t room = 0;
  uint8_t *buf;
  int n;

  if (BIO_ctrl_pending(c->out) == 0) {
    return 0;
  }
  buf = shako_session_recv_buf(session, &room);
  bench_need(buf != NULL, "no room");
  n = BIO_read(c->out, buf, (int)room);
  shako_session_recv_ack(session, (size_t)n);
  bench_serve(session, c);

  return 1;
}

/* The client goes away without a word, so that all that is left is the
   server's. */
static void secure_session(shako_session *session) {
  char reply[512];
  bench_client c;

  hand_over(session, STARTTLS);
  bench_client_open(&c, client_settings);
  do {
    client_advance(&c);
  } while (move(session, &c));
  bench_need(SSL_read(c.tls, reply, sizeof(reply)) > 0, "no reply in TLS");
  bench_client_close(&c);
}

static void *open_session(void *ctx) {
  shako_session *session = NULL;
  shako_peer peer;

  shako_peer_default(&peer);
  bench_need(shako_session_new(&session, ctx, &peer, NULL, 1) == 0,
             "no session");
  bench_serve(session, NULL);
  hand_over(session, EHLO);

  return session;
}

static void *open_secure_session(void *ctx) {
  shako_session *session = open_session(ctx);

  secure_session(session);

  return session;
}

static void close_session(void *session) {
  shako_session_free(session);
}

static floor_wire wire;
static const floor_tls *bare;

/* Feeds |conn| what |c| sent. */
static void serve_bare(void *conn, const bench_client *c, int *open) {
  static uint8_t octets[FLOOR_RECV_SIZE];
  size_t n = 0;
  int len = BIO_read(c->out, octets, sizeof(octets));

  wire.in = octets;
  wire.in_len = len > 0 ? (size_t)len : 0;
  wire.out_len = 0;
  *open = *open || bare->handshake(conn) == FLOOR_OK;
  if (*open && bare->read(conn, octets, sizeof(octets), &n) == FLOOR_OK) {
    bare->write(conn, "250 localhost\r\n", 15);
  }
  BIO_write(c->in, wire.out, (int)wire.out_len);
}

static void *open_bare(void *ctx) {
  void *conn = bare->open(&wire);
  char reply[512];
  int open = 0;
  bench_client c;

  (void)ctx;
  bench_need(conn != NULL, "no connection");
  bench_client_open(&c, client_settings);
  client_advance(&c);
  while (BIO_ctrl_pending(c.out) > 0) {
    serve_bare(conn, &c, &open);
    client_advance(&c);
  }
  bench_need(SSL_read(c.tls, reply, sizeof(reply)) > 0, "no reply in TLS");
  bench_client_close(&c);

  return conn;
}

static void close_bare(void *conn) {
  bare->close(conn);
}

typedef struct growth {
  double heap;
  double counted;
} growth;

/* Returns by how much one of COUNT more makes memory grow. */
static growth measure(void *(*open)(void *ctx), void (*close)(void *what),
                      void *ctx) {
  void *held[WARM + COUNT];
  size_t heap_before = 0;
  size_t counted_before = 0;
  growth result;
  size_t i;

  for (i = 0; i < WARM + COUNT; i++) {
    if (i == WARM) {
      heap_before = heap();
      counted_before = counted;
    }
    held[i] = open(ctx);
  }
  result.heap = (double)(heap() - heap_before) / COUNT;
  result.counted = (double)(counted - counted_before) / COUNT;
  while (i > 0) {
    close(held[--i]);
  }

  return result;
}

static void show(const char *engine, const char *what, double octets,
                 bench_goal goal) {
  char name[128];

  snprintf(name, sizeof(name), "idle session, %s: %s", engine, what);
  bench_result(name, octets, "octets", goal);
}

static void measure_clear(void) {
  const bench_goal goal = {BENCH_AT_MOST, 512};
  shako_listener_config config;
  shako_listener *listener;

  shako_listener_config_default(&config);
  listener = bench_listener(&config, NULL, &mem);
  show("in the clear", "the library",
       measure(open_session, close_session, listener).counted, goal);
  shako_listener_unref(listener);
}

static void measure_tls(const char *name, char **files) {
  const bench_goal goal = {BENCH_AT_MOST, 1024};
  shako_listener_config config;
  shako_listener *listener;
  bench_engine engine;
  growth ours;
  growth floor;

  bench_engine_open(&engine, name, files[0], files[1]);
  shako_listener_config_default(&config);
  listener = bench_listener(&config, &engine, &mem);
  ours = measure(open_secure_session, close_session, listener);
  bare = floor_tls_find(name);
  bench_need(bare != NULL && bare->start(files[0], files[1]), "no floor");
  floor = measure(open_bare, close_bare, NULL);
  show(name, "the library", ours.counted, none);
  show(name, "the TLS library", ours.heap - ours.counted, none);
  show(name, "the floor", floor.heap, none);
  show(name, "above the floor", ours.heap - floor.heap, goal);
  bare->stop();
  shako_listener_unref(listener);
  bench_engine_close(&engine);
}

int main(int argc, char **argv) {
  bench_need(argc == 3, "usage: idle_bench CERTIFICATE KEY");
  client_settings = SSL_CTX_new(TLS_client_method());
  bench_need(client_settings != NULL, "no memory");
  measure_clear();
  measure_tls("mbedtls", argv + 1);
  measure_tls("openssl", argv + 1);
  SSL_CTX_free(client_settings);

  return 0;
}
