#ifndef PROBE_PROXY_H
#define PROBE_PROXY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define PROXY_HEADER_MAX 128

/* Writes the header of the PROXY protocol, |version| 1 or 2, for a connection
   |from| one IP address |to| another of the same family.  Returns its
   length. */
size_t proxy_header(uint8_t out[PROXY_HEADER_MAX], int version,
                    const struct sockaddr_storage *from,
                    const struct sockaddr_storage *to);

#endif /* PROBE_PROXY_H */
