#ifndef CLIENT_HELLOS_H
#define CLIENT_HELLOS_H

#include "octets.h"

/* What real clients say first. */

typedef enum client_hello_of {
  CLIENT_HELLO_OPENSSL_1_3, /* for mx.example.com, with ALPN "h2", "esmtp" */
  CLIENT_HELLO_OPENSSL_1_2, /* for nobody, certificates of RSA alone */
  CLIENT_HELLO_GNUTLS,      /* for mx.example.com */
  CLIENT_HELLO_MBEDTLS      /* for mx.example.org */
} client_hello_of;

#define CLIENT_HELLOS 4

/* The header of a record. */
#define CLIENT_HELLO_RECORD 5

/* Adds the |i|-th of them to |to|: one record with one message. */
void client_hello_add(octets *to, size_t i);

/* Adds |hello|, one record, in records of |most| octets at the most. */
void client_hello_split(octets *to, const octets *hello, size_t most);

#endif /* CLIENT_HELLOS_H */
