/*
 * The load: many clients in an epoll loop, which is not what is measured.
 *
 *   load PORT SCRIPT COUNT AT_ONCE [TLS [LINE [OCTETS]]]
 *
 * SCRIPT is
 *   plain      sessions: EHLO, STARTTLS where there is TLS, MAIL, RCPT, DATA, a
 *              message, QUIT, and each waits for the reply to the one before
 *   pipelined  the same in three flights
 *   noop       sessions of 1,000 NOOPs, and no QUIT
 *   hold       opens COUNT connections that say EHLO (STARTTLS, EHLO), says
 *              "ready" and holds them until its standard input ends
 * TLS is none, 1.2 or 1.3; LINE, without its CRLF, fills the message, of about
 * OCTETS octets.  Exit 0 if every session went as it should.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "load.h"

#define NOOPS 1000

/* Nothing comes for so long, in milliseconds: the server hangs. */
#define PATIENCE 30000

/* A body that is longer is repeated. */
#define UNIT_MAX ((size_t)1 << 20)

#define EHLO     "EHLO client.example\r\n"
#define MAIL     "MAIL FROM:<sender@client.example>\r\n"
#define RCPT     "RCPT TO:<recipient@server.example>\r\n"
#define STARTTLS "STARTTLS\r\n"
#define QUIT     "QUIT\r\n"

/* clang-format off */
static const load_step plain[] = {
  {"", 1, LOAD_SAY}, {EHLO, 1, LOAD_SAY}, {MAIL, 1, LOAD_SAY},
  {RCPT, 1, LOAD_SAY}, {"DATA\r\n", 1, LOAD_SAY}, {"", 1, LOAD_BODY},
  {QUIT, 1, LOAD_SAY}, {"", 0, LOAD_END}};
static const load_step secured[] = {
  {"", 1, LOAD_SAY}, {EHLO, 1, LOAD_SAY}, {STARTTLS, 1, LOAD_STARTTLS},
  {EHLO, 1, LOAD_SAY}, {MAIL, 1, LOAD_SAY}, {RCPT, 1, LOAD_SAY},
  {"DATA\r\n", 1, LOAD_SAY}, {"", 1, LOAD_BODY}, {QUIT, 1, LOAD_SAY},
  {"", 0, LOAD_END}};
static const load_step pipelined[] = {
  {"", 1, LOAD_SAY}, {EHLO, 1, LOAD_SAY}, {MAIL RCPT "DATA\r\n", 3, LOAD_SAY},
  {QUIT, 2, LOAD_BODY}, {"", 0, LOAD_END}};
static const load_step noop[] = {
  {"", 1, LOAD_SAY}, {EHLO, 1, LOAD_SAY}, {"NOOP\r\n", 1, LOAD_SAY},
  {"", 0, LOAD_END}};
static const load_step hold[] = {
  {"", 1, LOAD_SAY}, {EHLO, 1, LOAD_SAY}, {"", 0, LOAD_END}};
static const load_step hold_secured[] = {
  {"", 1, LOAD_SAY}, {EHLO, 1, LOAD_SAY}, {STARTTLS, 1, LOAD_STARTTLS},
  {EHLO, 1, LOAD_SAY}, {"", 0, LOAD_END}};
/* clang-format on */

typedef struct options {
  int port;
  const char *script;
  unsigned long count;
  unsigned long at_once;
  const char *tls;
  const char *line;
  size_t octets;
} options;

static int stop(const char *what) {
  fprintf(stderr, "load: %s\n", what);
  exit(1);
}

static SSL_CTX *make_tls(const char *version) {
  int number = strcmp(version, "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
  SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

  if (tls == NULL || !SSL_CTX_set_min_proto_version(tls, number) ||
      !SSL_CTX_set_max_proto_version(tls, number) ||
      !SSL_CTX_set_ciphersuites(tls, "TLS_AES_128_GCM_SHA256") ||
      !SSL_CTX_set1_groups_list(tls, "X25519:P-256")) {
    stop("no TLS");
  }
  (void)SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(tls, SSL_VERIFY_NONE, NULL);

  return tls;
}

/* Makes a message of lines of |line|, |octets| of it or a few less, with what
   is said |behind| it. */
static load_text make_body(const char *line, size_t octets,
                           const char *behind) {
  size_t line_len = strlen(line) + 2;
  size_t size = octets < UNIT_MAX ? octets : UNIT_MAX;
  size_t lines = size / line_len;
  char *unit = malloc(size + 1);
  char *last = malloc(size + 64);
  load_text text = {(uint8_t *)unit, lines * line_len, octets / size - 1,
                    (uint8_t *)last, 0};
  size_t i;

  if (unit == NULL || last == NULL) {
    stop("no memory");
  }
  for (i = 0; i < lines; i++) {
    memcpy(unit + i * line_len, line, line_len - 2);
    memcpy(unit + (i + 1) * line_len - 2, "\r\n", 2);
  }
  memcpy(last, unit, text.unit_len);
  strcpy(last + text.unit_len, ".\r\n");
  strcat(last + text.unit_len, behind);
  text.last_len = text.unit_len + 3 + strlen(behind);

  return text;
}

static load_script make_script(const options *o) {
  bool pipelines = strcmp(o->script, "pipelined") == 0;
  load_script script = {.steps = plain};

  script.body = make_body(o->line, o->octets, pipelines ? QUIT : "");
  if (strcmp(o->tls, "none") != 0) {
    script.tls = make_tls(o->tls);
    script.steps = secured;
  }
  if (pipelines) {
    script.steps = pipelined;
  } else if (strcmp(o->script, "noop") == 0) {
    script.steps = noop;
    script.again = &noop[2];
    script.repeat = NOOPS;
  } else if (strcmp(o->script, "hold") == 0) {
    script.steps = script.tls != NULL ? hold_secured : hold;
  }

  return script;
}

/* Opens a connection in the place of |client| and watches it. */
static void begin(load_client *client, const load_script *script, int port,
                  int loop) {
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET,
                              .data.ptr = client};

  if (!load_client_open(client, script, port)) {
    exit(1);
  }
  epoll_ctl(loop, EPOLL_CTL_ADD, client->fd, &event);
}

static void wait_for_end_of_input(void) {
  char octet;

  puts("ready");
  fflush(stdout);
  while (read(STDIN_FILENO, &octet, 1) > 0) {
  }
}

/* Runs the sessions, |at_once| at a time.  With |keep| their connections stay
   open when they are done. */
static void run(const options *o, const load_script *script, bool keep) {
  unsigned long places = keep ? o->count : o->at_once;
  load_client *clients = calloc(places, sizeof(*clients));
  struct epoll_event events[256];
  int loop = epoll_create1(EPOLL_CLOEXEC);
  unsigned long begun = 0;
  unsigned long done = 0;

  if (clients == NULL) {
    stop("no memory");
  }
  while (begun < o->count && begun < o->at_once) {
    begin(&clients[begun++], script, o->port, loop);
  }
  while (done < o->count) {
    int n = epoll_wait(loop, events, 256, PATIENCE);
    int i;

    if (n == 0) {
      stop("the server hangs");
    }
    for (i = 0; i < n; i++) {
      load_client *client = events[i].data.ptr;

      switch (load_client_advance(client)) {
      case LOAD_WAITS:
        continue;
      case LOAD_FAILED:
        exit(1);
      case LOAD_DONE:
        break;
      }
      done++;
      if (!keep) {
        load_client_close(client);
      } else {
        epoll_ctl(loop, EPOLL_CTL_DEL, client->fd, NULL);
        client = &clients[begun];
      }
      if (begun < o->count) {
        begun++;
        begin(client, script, o->port, loop);
      }
    }
  }
  if (keep) {
    wait_for_end_of_input();
  }
}

static unsigned long number(const char *text) {
  char *end;
  unsigned long value = strtoul(text, &end, 10);

  return *end == '\0' && value > 0 ? value : (unsigned long)stop(text);
}

int main(int argc, char **argv) {
  options o = {.tls = "none",
               .line = "abcdefghijklmnopqrstuvwxyz0123456789",
               .octets = 1024};
  load_script script;

  if (argc < 5 || argc > 8) {
    stop("PORT SCRIPT COUNT AT_ONCE [TLS [LINE [OCTETS]]]");
  }
  o.port = (int)number(argv[1]);
  o.script = argv[2];
  o.count = number(argv[3]);
  o.at_once = number(argv[4]);
  o.tls = argc > 5 ? argv[5] : o.tls;
  o.line = argc > 6 ? argv[6] : o.line;
  o.octets = argc > 7 ? number(argv[7]) : o.octets;
  signal(SIGPIPE, SIG_IGN);
  script = make_script(&o);
  run(&o, &script, strcmp(o.script, "hold") == 0);

  return 0;
}
