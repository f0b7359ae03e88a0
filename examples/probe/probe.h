#ifndef PROBE_H
#define PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"
#include "reply.h"
#include "wire.h"

/* What a server offers in its reply to EHLO. */
enum {
  OFFERS_STARTTLS = 1,
  OFFERS_PIPELINING = 2,
  OFFERS_CHUNKING = 4,
  OFFERS_ENHANCED = 8, /* ENHANCEDSTATUSCODES */
  OFFERS_AUTH = 16
};

#define CODES_MAX 8192

typedef struct probe {
  const options *o;
  probe_mode mode;
  bool takes_mail;    /* for the recipient */
  bool gives_reasons; /* ENHANCEDSTATUSCODES are offered */
  wire wire;
  reply reply;           /* the last one */
  unsigned offers;       /* of the last EHLO, */
  uint64_t size;         /* and its SIZE; 0: none */
  char codes[CODES_MAX]; /* of the replies up to the end: "250 221" */
  char why[256];         /* it failed, or was left out */
  bool is_skipped;
} probe;

typedef struct probe_case probe_case;

/* Plays a case.  Returns whether it passed, else |p->why| says why not. */
typedef bool probe_run(probe *p, const probe_case *c);

/* What a case needs of a server, else it is left out. */
enum {
  NEEDS_STARTTLS = 1,
  NEEDS_TLS = 2,   /* of either kind */
  NEEDS_CLEAR = 4, /* the port is not TLS from the first octet */
  NEEDS_SMTPS = 8, /* it is */
  NEEDS_NO = 16,   /* the setting is this one, ... */
  NEEDS_PREFERRED = 32,
  NEEDS_REQUIRED = 64,
  NEEDS_CLEAR_MAIL = 128, /* MAIL is served in the clear */
  NEEDS_MAIL = 256,       /* the recipient is taken */
  NEEDS_PROXY_1 = 512,    /* the header was asked for, in this version */
  NEEDS_PROXY_2 = 1024,
  NEEDS_ENHANCED = 2048 /* ENHANCEDSTATUSCODES are offered */
};

struct probe_case {
  const char *name;
  const char *proves; /* one sentence */
  const char *source; /* RFC and section, CVE */
  unsigned needs;
  probe_run *run;
  const char *octets; /* what |run| sends */
  size_t len;
};

/* Say why a case did not pass, or was left out.  The first to say it is right.
   Return false. */
bool fail(probe *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
bool skip(probe *p, const char *why);

#endif /* PROBE_H */
