#ifndef SHAKOD_ADDRESS_H
#define SHAKOD_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include <shako/common.h>

/* An IP address and a port, as the library and as the system has them. */

/* Enough for "[address]:port" with its NUL. */
#define ADDRESS_TEXT_SIZE (SHAKO_ADDRESS_TEXT_SIZE + 8)

/* Reads |from|; |*address| is unknown where it is no IP address. */
void address_from_system(shako_address *address, uint16_t *port,
                         const struct sockaddr_storage *from);

/* Fills |*to| and returns its length. */
socklen_t address_to_system(struct sockaddr_storage *to,
                            const shako_address *address, uint16_t port);

/* Writes "192.0.2.7:25" or "[2001:db8::1]:25" to |text|, which holds
   ADDRESS_TEXT_SIZE octets. */
void address_format(const shako_address *address, uint16_t port, char *text);

/**
 * Reads "192.0.2.7:25" or "[2001:db8::1]:25".  Names are not looked up.
 * Returns NULL, or what is wrong with |text|.
 */
const char *address_parse(shako_address *address, uint16_t *port,
                          const char *text);

/* Whether |address| is one that only this machine reaches. */
bool address_is_loopback(const shako_address *address);

/* Whether |address| is one of IPv4. */
bool address_is_ipv4(const shako_address *address);

#endif /* SHAKOD_ADDRESS_H */
