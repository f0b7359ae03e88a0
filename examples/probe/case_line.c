/* Lines of commands: what is none, and how much of it is borne. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "talk.h"

#define MANY_ERRORS     300
#define MANY_RECIPIENTS 1100
#define LONG_LINE       131072  /* octets */
#define BIG_MESSAGE     1048576 /* octets */

/* |c->octets| are a line that is refused, and the next one is answered. */
bool line_refused(probe *p, const probe_case *c) {
  if (!talk_anywhere(p)) {
    return false;
  }
  talk_send(p, c->octets, c->len);
  talk_say(p, "\r\nNOOP\r\nQUIT\r\n");
  return talk_rest(p, "5.. 250 221");
}

/* |c->octets| are no end of a line: they and what follows are one. */
bool line_alone(probe *p, const probe_case *c) {
  if (!talk_anywhere(p)) {
    return false;
  }
  talk_send(p, c->octets, c->len);
  talk_say(p, "\r\nQUIT\r\n");
  return talk_rest(p, "5..( 221)?");
}

/* The line is refused as one, or the connection ends. */
bool line_long(probe *p, const probe_case *c) {
  char octets[8192];
  size_t left;

  if (!talk_anywhere(p)) {
    return false;
  }
  memset(octets, 'x', sizeof(octets));
  talk_send(p, c->octets, c->len);
  for (left = LONG_LINE; left > 0; left -= sizeof(octets)) {
    talk_send(p, octets, sizeof(octets));
  }
  talk_say(p, "\r\nNOOP\r\nQUIT\r\n");
  return talk_rest(p, "[45].. 250 221|([45]..)?");
}

/* Nothing behind the first line is answered: the connection ends. */
bool line_http(probe *p, const probe_case *c) {
  if (!talk_anywhere(p)) {
    return false;
  }
  talk_send(p, c->octets, c->len);
  return talk_rest(p, "([245]..)?");
}

bool limit_errors(probe *p, const probe_case *c) {
  size_t i;

  if (!talk_anywhere(p)) {
    return false;
  }
  for (i = 0; i < MANY_ERRORS; i++) {
    talk_send(p, c->octets, c->len);
  }
  talk_say(p, "QUIT\r\n");
  return talk_rest(p, "([45]..)?( [45]..)*");
}

/* Counts the recipients that are taken. */
static size_t count_taken(probe *p) {
  size_t taken = 0;
  size_t i;

  for (i = 0; i < MANY_RECIPIENTS; i++) {
    int code = talk_code(p);

    if (code <= 0) {
      break;
    }
    taken += code / 100 == 2;
  }
  return taken;
}

bool limit_recipients(probe *p, const probe_case *c) {
  char line[300];
  size_t taken;
  size_t i;

  (void)c;
  snprintf(line, sizeof(line), "RCPT TO:<%s>\r\n", p->o->rcpt);
  if (!talk_anywhere(p) || !talk_envelope(p)) {
    return false;
  }
  for (i = 0; i < MANY_RECIPIENTS; i++) {
    talk_say(p, line);
  }
  taken = count_taken(p);
  if (taken == MANY_RECIPIENTS) {
    return fail(p, "more than %d recipients are taken", MANY_RECIPIENTS);
  }
  return taken >= 99 || fail(p, "only %zu recipients are taken", taken + 1);
}

bool limit_size(probe *p, const probe_case *c) {
  char line[64];

  (void)c;
  if (!talk_anywhere(p)) {
    return false;
  }
  if (p->size == 0) {
    return skip(p, "no SIZE is offered");
  }
  snprintf(line, sizeof(line), "MAIL FROM:<> SIZE=%" PRIu64, p->size + 1);
  return talk_ask(p, line, "552");
}

/* A message of more than the declared limit, all of commands. */
bool limit_data(probe *p, const probe_case *c) {
  char lines[6000];
  size_t sent;

  if (!talk_anywhere(p)) {
    return false;
  }
  if (p->size == 0 || p->size > BIG_MESSAGE) {
    return skip(p, "no SIZE of up to 1 MiB is offered");
  }
  if (!talk_data(p)) {
    return false;
  }
  for (sent = 0; sent < sizeof(lines); sent += c->len) {
    memcpy(lines + sent, c->octets, c->len);
  }
  for (sent = 0; sent <= p->size; sent += sizeof(lines)) {
    talk_send(p, lines, sizeof(lines));
  }
  talk_say(p, ".\r\nNOOP\r\nQUIT\r\n");
  return talk_rest(p, "5.. 250 221|[45]..( 421)?");
}
