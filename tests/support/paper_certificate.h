#ifndef PAPER_CERTIFICATE_H
#define PAPER_CERTIFICATE_H

#include <shako/certificate.h>

#define PAPER_MEMBERS_MAX 20

/* One of a chain. */
typedef struct paper_member {
  const char *subject; /* stand for the DER of the names; NULL ends a chain */
  const char *issuer;
  int64_t not_before;
  int64_t not_after;
  const char *oid;  /* of its signature; NULL: ecdsa-with-SHA256 */
  uint8_t unproved; /* not by the key of the next one */
} paper_member;

/* A certificate that is what the test says, without TLS. */
typedef struct paper_certificate {
  shako_certificate base;
  const char *key;         /* NULL: "ECDSA" */
  const char *names[40];   /* DNS names; NULL ends them */
  shako_span addresses[4]; /* of IP; NULL ends them */
  paper_member members[PAPER_MEMBERS_MAX];
  uint8_t misfit; /* the key is not its own */
  unsigned released;
} paper_certificate;

/* The engine of paper, and one that can inspect nothing. */
extern const shako_tls_engine paper_engine;
extern const shako_tls_engine blind_engine;

/* Readies |certificate| with one reference; what a test has set stays. */
shako_certificate *paper_init(paper_certificate *certificate);

#endif /* PAPER_CERTIFICATE_H */
