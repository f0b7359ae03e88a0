#ifndef PROBE_CLIENT_HELLO_H
#define PROBE_CLIENT_HELLO_H

#include <stddef.h>
#include <stdint.h>

#define CLIENT_HELLO_MAX 256

/* Versions of TLS. */
enum { SSL_3 = 0x0300, TLS_1_0 = 0x0301, TLS_1_1 = 0x0302, TLS_1_2 = 0x0303 };

/* Writes a ClientHello that OpenSSL would not make: |version| at the most, and
   |count| cipher |suites|.  Returns its length. */
size_t client_hello_write(uint8_t out[CLIENT_HELLO_MAX], uint16_t version,
                          const uint16_t *suites, size_t count);

#endif /* PROBE_CLIENT_HELLO_H */
