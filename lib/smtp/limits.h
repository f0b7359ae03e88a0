#ifndef SHAKO_SMTP_LIMITS_H
#define SHAKO_SMTP_LIMITS_H

#include <shako/common.h>

/* What is enforced; 0: no limit. */
typedef struct shako__limits {
  uint32_t messages;   /* of a connection */
  uint32_t recipients; /* of a message */
  uint32_t domains;    /* of a message's recipients */
} shako__limits;

/* The longest line and its NUL. */
#define SHAKO__LIMITS_SIZE                                                     \
  sizeof("LIMITS MAILMAX=999999 RCPTMAX=999999 RCPTDOMAINMAX=999999")

/* Writes the keyword LIMITS and its parameters (RFC 9422 3) with a NUL to
   |text|, SHAKO__LIMITS_SIZE octets, and returns its length: 0 where there is
   no limit to tell.  One of more than six digits cannot be told (4). */
size_t shako__limits_write(const shako__limits *limits, char *text);

#endif /* SHAKO_SMTP_LIMITS_H */
