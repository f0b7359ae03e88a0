#ifndef SHAKOD_DNS_NAME_H
#define SHAKOD_DNS_NAME_H

#include <stdbool.h>

#include <shako/common.h>

/* Holds the longest name of the DNS as text, with its NUL. */
#define DNS_NAME_SIZE 256

/* Writes the name under which |zone| knows |address| to |name|, of
   DNS_NAME_SIZE octets: "7.2.0.192.zone", or the 32 nibbles of IPv6 (RFC 5782
   2.1 and 2.4).  Returns false where it is too long. */
bool dns_name_reverse(const shako_address *address, const char *zone,
                      char *name);

/* Writes the name of the PTR records of |address|: under in-addr.arpa, or
   ip6.arpa (RFC 1035 3.5, RFC 3596 2.5). */
void dns_name_ptr(const shako_address *address, char *name);

#endif /* SHAKOD_DNS_NAME_H */
