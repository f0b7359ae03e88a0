/* Handshakes and bulk data over each engine, beside the bare TLS library with
   the same settings, in turn and in one process.

     tls_bench CERTIFICATES                                    all of it
     tls_bench CERTIFICATES ENGINE VERSION KEY WHO COUNT       for callgrind

   What counts is the server's CPU: a connection made, its octets taken in and
   given back, a greeting, the connection freed; the client is left out, and so
   is how the octets come to where they are received.  In bulk the floor looks
   for the end of a message, by memmem(), and for nothing else.
   CERTIFICATES is a folder, KEY "ecdsa" or "rsa2048", WHO "shako" or "floor".
 */

#define _GNU_SOURCE /* memmem() */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "floor.h"
#include "secure.h"

#define ROUNDS       101 /* of handshakes */
#define BULK_ROUNDS  15
#define BULK         (4u << 20) /* octets */
#define RECORD       16384
#define COMMAND_MAX  128
#define SAMPLES_MAX  ROUNDS
#define PER_MIB      (BULK / (1u << 20))
#define NANOSECONDS  1e9
#define MICROSECONDS 1e3

typedef struct server {
  const char *name;
  void *(*open)(void);
  void (*close)(void *conn);
  /* Lends room for |*len| octets, takes |len| of them, and answers |client|. */
  uint8_t *(*room)(void *conn, size_t *len);
  void (*take)(void *conn, size_t len, const bench_client *client);
} server;

static double spent; /* nanoseconds of the server */

static double cpu_now(void) {
  struct timespec now;

  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);

  return (double)now.tv_sec * NANOSECONDS + (double)now.tv_nsec;
}

/* --- what is measured: callgrind looks for these names -------------------- */

__attribute__((noinline)) static void *measured_open(const server *s) {
  double start = cpu_now();
  void *conn = s->open();

  spent += cpu_now() - start;

  return conn;
}

__attribute__((noinline)) static void measured_close(const server *s,
                                                     void *conn) {
  double start = cpu_now();

  s->close(conn);
  spent += cpu_now() - start;
}

__attribute__((noinline)) static uint8_t *
measured_room(const server *s, void *conn, size_t *len) {
  double start = cpu_now();
  uint8_t *room = s->room(conn, len);

  spent += cpu_now() - start;

  return room;
}

__attribute__((noinline)) static void
measured_take(const server *s, void *conn, size_t len,
              const bench_client *client) {
  double start = cpu_now();

  s->take(conn, len, client);
  spent += cpu_now() - start;
}

/* --- the library ---------------------------------------------------------- */

static shako_listener *listener;

static void *open_session(void) {
  shako_session *session = NULL;
  shako_peer peer;

  shako_peer_default(&peer);
  bench_need(shako_session_new(&session, listener, &peer, NULL, 1) == 0,
             "no session");
  bench_serve(session, NULL);

  return session;
}

static void close_session(void *session) {
  shako_session_free(session);
}

static uint8_t *room_in_session(void *session, size_t *len) {
  return shako_session_recv_buf(session, len);
}

static void take_in_session(void *session, size_t len,
                            const bench_client *client) {
  shako_session_recv_ack(session, len);
  bench_serve(session, client);
}

static const server shako = {"shako", open_session, close_session,
                             room_in_session, take_in_session};

/* --- the floor ------------------------------------------------------------ */

typedef struct bare_conn {
  void *tls;
  bool open;
} bare_conn;

static const floor_tls *bare;
static floor_wire wire;

static void *open_bare(void) {
  bare_conn *conn = calloc(1, sizeof(*conn));

  bench_need(conn != NULL, "no memory");
  conn->tls = bare->open(&wire);
  bench_need(conn->tls != NULL, "no connection");

  return conn;
}

static void close_bare(void *ptr) {
  bare_conn *conn = ptr;

  bare->close(conn->tls);
  free(conn);
}

static uint8_t received[FLOOR_RECV_SIZE];

static uint8_t *room_in_bare(void *conn, size_t *len) {
  (void)conn;
  *len = sizeof(received);

  return received;
}

static void answer(const bare_conn *conn, const char *text) {
  bench_need(bare->write(conn->tls, text, strlen(text)) == FLOOR_OK,
             "no answer");
}

static void take_in_bare(void *ptr, size_t len, const bench_client *client) {
  static uint8_t text[FLOOR_RECV_SIZE];
  bare_conn *conn = ptr;
  size_t n = 0;

  wire.in = received;
  wire.in_len = len;
  wire.out_len = 0;
  if (!conn->open && bare->handshake(conn->tls) == FLOOR_OK) {
    conn->open = true;
    answer(conn, "220 localhost ESMTP\r\n");
  }
  while (conn->open &&
         bare->read(conn->tls, text, sizeof(text), &n) == FLOOR_OK) {
    if (n < COMMAND_MAX || memmem(text, n, "\r\n.\r\n", 5) != NULL) {
      answer(conn, "250 localhost\r\n");
    }
  }
  BIO_write(client->in, wire.out, (int)wire.out_len);
}

static const server floor_server = {"floor", open_bare, close_bare,
                                    room_in_bare, take_in_bare};

/* --- a client ------------------------------------------------------------- */

/* The client has a library of its own, so that it warms nothing that the floor
   uses and the engine, whose library is its own too, does not. */
static OSSL_LIB_CTX *library;
static SSL_CTX *settings;

static void make_settings(int version) {
  library = OSSL_LIB_CTX_new();
  settings = SSL_CTX_new_ex(library, NULL, TLS_client_method());
  bench_need(
      settings != NULL && SSL_CTX_set_min_proto_version(settings, version) &&
          SSL_CTX_set_max_proto_version(settings, version) &&
          SSL_CTX_set_ciphersuites(settings, "TLS_AES_128_GCM_SHA256") &&
          SSL_CTX_set_cipher_list(settings, "ECDHE-ECDSA-AES128-GCM-SHA256:"
                                            "ECDHE-RSA-AES128-GCM-SHA256"),
      "no client");
}

/* Takes what |client| has to send to the server. */
static void move(const server *s, void *conn, const bench_client *client) {
  while (BIO_ctrl_pending(client->out) > 0) {
    size_t len = 0;
    uint8_t *room = measured_room(s, conn, &len);

    bench_need(room != NULL, "no room");
    measured_take(s, conn, (size_t)BIO_read(client->out, room, (int)len),
                  client);
  }
}

/* Demands a reply. */
static void hear(const bench_client *client) {
  char reply[1024];

  bench_need(SSL_read(client->tls, reply, sizeof(reply)) > 0, "no reply");
}

static void shake_hands(const server *s, void *conn,
                        const bench_client *client) {
  while (SSL_do_handshake(client->tls) != 1) {
    bench_need(BIO_ctrl_pending(client->out) > 0, "no handshake");
    move(s, conn, client);
  }
  move(s, conn, client);
  hear(client);
}

static void one_handshake(const server *s) {
  bench_client client;
  void *conn;

  bench_client_open(&client, settings);
  conn = measured_open(s);
  shake_hands(s, conn, &client);
  measured_close(s, conn);
  bench_client_close(&client);
}

/* Sends BULK octets of a message; only they count. */
static void one_message(const server *s) {
  static const char *const words[] = {"EHLO client.example\r\n",
                                      "MAIL FROM:<a@b.example>\r\n",
                                      "RCPT TO:<c@d.example>\r\n", "DATA\r\n"};
  static char text[RECORD];
  bench_client client;
  void *conn;
  size_t i;

  for (i = 0; i < sizeof(text); i++) {
    text[i] = i % 64 == 62 ? '\r' : i % 64 == 63 ? '\n' : 'a';
  }
  bench_client_open(&client, settings);
  conn = measured_open(s);
  shake_hands(s, conn, &client);
  for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    SSL_write(client.tls, words[i], (int)strlen(words[i]));
    move(s, conn, &client);
    hear(&client);
  }
  spent = 0;
  for (i = 0; i < BULK / sizeof(text); i++) {
    SSL_write(client.tls, text, sizeof(text));
    move(s, conn, &client);
  }
  s->close(conn);
  bench_client_close(&client);
}

/* --- results -------------------------------------------------------------- */

static int compare(const void *a, const void *b) {
  double x = *(const double *)a;
  double y = *(const double *)b;

  return (x > y) - (x < y);
}

/* Returns what a tenth of the |samples| stays below: whatever else the machine
   does only adds to them. */
static double low(double *samples, size_t count) {
  qsort(samples, count, sizeof(samples[0]), compare);

  return samples[count / 10];
}

/* Has both do |one| in turn, after a few that do not count; what each
   takes is stored in |*ours| and |*theirs|. */
static void take_turns(void (*one)(const server *s), size_t rounds,
                       double *ours, double *theirs) {
  const server *const both[] = {&shako, &floor_server};
  static double samples[2][SAMPLES_MAX];
  size_t i;
  size_t j;

  for (i = 0; i < rounds + 3; i++) {
    for (j = 0; j < 2; j++) {
      spent = 0;
      one(both[j]);
      samples[j][i < 3 ? 0 : i - 3] = spent;
    }
  }
  *ours = low(samples[0], rounds);
  *theirs = low(samples[1], rounds);
}

static void show(const char *name, double ours, double theirs,
                 const char *unit) {
  const bench_goal none = {BENCH_NO_GOAL, 0};
  const bench_goal goal = {BENCH_AT_MOST, 1.05};
  char line[192];

  snprintf(line, sizeof(line), "%s: the floor", name);
  bench_result(line, theirs, unit, none);
  snprintf(line, sizeof(line), "%s: shako", name);
  bench_result(line, ours, unit, none);
  snprintf(line, sizeof(line), "%s: over the floor", name);
  bench_result(line, ours / theirs, "ratio", goal);
}

static void measure(const char *name, bool bulk) {
  double ours;
  double theirs;
  char line[128];

  take_turns(one_handshake, ROUNDS, &ours, &theirs);
  snprintf(line, sizeof(line), "handshake, %s", name);
  show(line, ours / MICROSECONDS, theirs / MICROSECONDS, "us");
  snprintf(line, sizeof(line), "handshake, %s: of shako in a CPU second", name);
  bench_result(line, NANOSECONDS / ours, "handshakes",
               (bench_goal){BENCH_NO_GOAL, 0});
  if (bulk) {
    take_turns(one_message, BULK_ROUNDS, &ours, &theirs);
    snprintf(line, sizeof(line), "bulk, %s", name);
    show(line, ours / PER_MIB / MICROSECONDS, theirs / PER_MIB / MICROSECONDS,
         "us/MiB");
  }
}

/* --- what there is to measure --------------------------------------------- */

static bench_engine engine;

static void open_all(const char *folder, const char *name, int version,
                     const char *key) {
  shako_listener_config config;
  char certificate[512];
  char private_key[512];

  snprintf(certificate, sizeof(certificate), "%s/%s.pem", folder, key);
  snprintf(private_key, sizeof(private_key), "%s/%s.key", folder, key);
  bench_engine_open(&engine, name, certificate, private_key);
  shako_listener_config_default(&config);
  config.implicit_tls = 1;
  listener = bench_listener(&config, &engine, NULL);
  bare = floor_tls_find(name);
  bench_need(bare != NULL && bare->start(certificate, private_key), "no floor");
  make_settings(version);
}

static void close_all(void) {
  SSL_CTX_free(settings);
  OSSL_LIB_CTX_free(library);
  bare->stop();
  shako_listener_unref(listener);
  bench_engine_close(&engine);
}

static int version_of(const char *text) {
  return strcmp(text, "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
}

/* Some handshakes of one of the two, for callgrind. */
static void repeat(char **words) {
  int count = atoi(words[5]);
  int i;

  open_all(words[0], words[1], version_of(words[2]), words[3]);
  for (i = 0; i < count; i++) {
    one_handshake(strcmp(words[4], "shako") == 0 ? &shako : &floor_server);
  }
  close_all();
}

static void measure_all(const char *folder) {
  static const char *const names[] = {"mbedtls", "openssl"};
  static const char *const versions[] = {"1.2", "1.3"};
  static const char *const keys[] = {"ecdsa", "rsa2048"};
  unsigned i;

  for (i = 0; i < 8; i++) {
    const char *name = names[i / 4];
    const char *version = versions[i / 2 % 2];
    const char *key = keys[i % 2];
    char line[64];

    open_all(folder, name, version_of(version), key);
    snprintf(line, sizeof(line), "%s, TLS %s, %s", name, version, key);
    measure(line, i % 2 == 0);
    close_all();
  }
}

int main(int argc, char **argv) {
  bench_need(argc == 2 || argc == 7, "usage: tls_bench CERTIFICATES "
                                     "[ENGINE VERSION KEY shako|floor COUNT]");
  if (argc == 2) {
    measure_all(argv[1]);
  } else {
    repeat(argv + 1);
  }

  return 0;
}
