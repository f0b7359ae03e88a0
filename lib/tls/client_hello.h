#ifndef SHAKO_TLS_CLIENT_HELLO_H
#define SHAKO_TLS_CLIENT_HELLO_H

#include <stdbool.h>

#include <shako/certificate.h>

/* Octets of a ClientHello, records and all, that are looked at. */
#define SHAKO__CLIENT_HELLO_MAX 65536u

typedef enum shako__client_hello_status {
  SHAKO__CLIENT_HELLO_MORE, /* it begins like one */
  SHAKO__CLIENT_HELLO_WHOLE,
  SHAKO__CLIENT_HELLO_MALFORMED /* whatever follows */
} shako__client_hello_status;

/* Where a ClientHello is. */
typedef struct shako__client_hello_place {
  size_t len;        /* of the message, with its header of four octets */
  bool in_one_piece; /* the first record holds all of it */
} shako__client_hello_place;

/* Looks in |wire|, the first octets that a client sent, for a whole
   ClientHello, which may be spread over any number of records (RFC 8446 5.1,
   RFC 5246 6.2.1), and fills |*place| where it is WHOLE. */
shako__client_hello_status
shako__client_hello_find(shako_span wire, shako__client_hello_place *place);

/* Returns the message at |place| in |wire|: there, or where it is not in one
   piece copied to |buf|, of |place->len| octets. */
shako_span shako__client_hello_message(shako_span wire,
                                       const shako__client_hello_place *place,
                                       uint8_t *buf);

/* Reads |message| into |*hello|, whose spans point into it.  Returns false, and
   leaves |*hello| empty, where it is malformed. */
bool shako__client_hello_read(shako_client_hello *hello, shako_span message);

/* Fills what follows from the lists of |hello|: |version|, |can_ecdsa| and
   |can_rsa|.  |extended|: |versions| is from supported_versions. */
void shako__client_hello_judge(shako_client_hello *hello, bool extended);

#endif /* SHAKO_TLS_CLIENT_HELLO_H */
