/*
 * Tests what a mail server does about STARTTLS, TLS and the lines of SMTP:
 * probe --help
 *
 *   options    the command line
 *   cases      the table of cases, and what each needs; case_*: how they play
 *   talk       conversations of SMTP, over ...
 *   wire       ... a connection, in the clear or in TLS
 *   survey     what kind of server it is
 *   report     what is printed
 *
 * The parsers: reply, records; writers: client_hello, proxy, trace.  It knows
 * nothing of shako, so that it can judge shako as any other server.
 */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "report.h"
#include "survey.h"

#define PATIENCE 6 /* a case may take as long as so many replies */

enum { PASSED = 0, FAILED = 1, UNUSABLE = 2 };

static void give_up(const char *what, const char *why) {
  fprintf(stderr, "probe: %s: %s\n", what, why);
  exit(UNUSABLE);
}

static void begin(probe *p) {
  p->wire.deadline = wire_now() + (int64_t)p->o->timeout * 1000 * PATIENCE;
}

/* Whether |host| is an address, which SNI has no place for (RFC 6066 3). */
static bool is_address(const char *host) {
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST};
  struct addrinfo *found = NULL;
  bool is_one = getaddrinfo(host, NULL, &hints, &found) == 0;

  if (is_one) {
    freeaddrinfo(found);
  }
  return is_one;
}

/* Sets the first address of the host that can be connected to. */
static void find(probe *p, wire_target *to) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
  struct addrinfo *found = NULL;
  struct addrinfo *each;
  int error = getaddrinfo(p->o->host, p->o->port, &hints, &found);
  bool is_connected = false;

  if (error != 0) {
    give_up(p->o->host, gai_strerror(error));
  }
  for (each = found; each != NULL && !is_connected; each = each->ai_next) {
    memcpy(&to->address, each->ai_addr, each->ai_addrlen);
    to->len = each->ai_addrlen;
    is_connected = wire_connect(&p->wire);
  }
  freeaddrinfo(found);
  if (!is_connected) {
    give_up(p->o->host, "no connection");
  }
}

/* Certificates are not what is tested here. */
static SSL_CTX *make_tls(void) {
  SSL_CTX *tls = SSL_CTX_new(TLS_client_method());

  if (tls == NULL) {
    give_up("TLS", "no memory");
  }
  SSL_CTX_set_verify(tls, SSL_VERIFY_NONE, NULL);
  return tls;
}

static report play(probe *p) {
  report r = {0};
  size_t i;

  for (i = 0; i < case_count; i++) {
    if (p->o->only == NULL || case_is(&cases[i], p->o->only)) {
      begin(p);
      report_case(&r, p, &cases[i], case_play(p, &cases[i]));
    }
  }
  return r;
}

/* Prints the names of cases, if that is asked for.  Demands that there is at
   least one. */
static void list(const options *o) {
  size_t count = 0;
  size_t i;

  for (i = 0; i < case_count; i++) {
    if (o->only != NULL && !case_is(&cases[i], o->only)) {
      continue;
    }
    count++;
    if (o->is_list) {
      report_name(o, &cases[i]);
    }
  }
  if (count == 0) {
    give_up(o->only, "no such case");
  }
  if (o->is_list) {
    exit(PASSED);
  }
}

int main(int argc, char **argv) {
  static probe p; /* large */
  options o;
  wire_target to = {0};
  int64_t start = wire_now();
  report r;

  options_read(&o, argc, argv);
  list(&o);
  to.tls = make_tls();
  to.name = is_address(o.host) ? NULL : o.host;
  to.proxy = o.proxy;
  to.timeout = o.timeout;
  p.o = &o;
  p.wire.to = &to;
  p.wire.fd = -1;
  begin(&p);
  find(&p, &to);
  if (!survey(&p)) {
    give_up(o.host, p.why);
  }
  r = play(&p);
  report_end(&r, &p, wire_now() - start);
  wire_close(&p.wire);
  SSL_CTX_free(to.tls);
  return r.failed > 0 ? FAILED : PASSED;
}
