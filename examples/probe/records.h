#ifndef PROBE_RECORDS_H
#define PROBE_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a stream consists of TLS records (RFC 8446 5.1). */
typedef struct records {
  uint8_t head[5];
  size_t have;        /* octets of |head| */
  size_t left;        /* octets of the record that are still to come */
  bool is_broken;     /* it does not */
  bool has_handshake; /* a handshake message was among them */
} records;

void records_feed(records *r, const uint8_t *octets, size_t len);

#endif /* PROBE_RECORDS_H */
