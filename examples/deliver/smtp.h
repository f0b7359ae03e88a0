#ifndef DELIVER_SMTP_H
#define DELIVER_SMTP_H

#include <shako/destination.h>

#include "contents.h"
#include "options.h"

typedef enum smtp_tls {
  SMTP_TLS_NEVER,
  SMTP_TLS_IF_OFFERED, /* in the clear unless the 220 was said */
  SMTP_TLS_ALWAYS      /* before anything else; or nothing is sent */
} smtp_tls;

/* A message and where it goes.  Strings outlive it. */
typedef struct smtp_job {
  const char *name; /* of the next hop: what its certificate is to be for */
  const char *port;
  const host_port *connect; /* instead; "" for there */
  const char *hostname;     /* ours, for EHLO */
  const char *from;
  const char *const *recipients;
  size_t recipient_count;
  const contents *message;
  unsigned timeout;
  smtp_tls tls;
  bool verified;
  uint16_t min_version; /* 0: that of the TLS library */
  const char *authorities;
} smtp_job;

typedef struct smtp_result {
  bool delivered;        /* to all of the recipients; else to none */
  shako_attempt attempt; /* as far as TLS was tried */
  char tls[128];         /* "TLSv1.3 / TLS_AES_256_GCM_SHA384"; "" without */
  char detail[512];      /* what the next hop, or libcurl, said last, but for
                            the reply to QUIT; printable ASCII */
} smtp_result;

/* Tries |job| once. */
void smtp_send(const smtp_job *job, smtp_result *result);

#endif /* DELIVER_SMTP_H */
