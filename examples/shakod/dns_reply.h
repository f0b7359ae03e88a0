#ifndef SHAKOD_DNS_REPLY_H
#define SHAKOD_DNS_REPLY_H

#include <stdbool.h>

#include <shako/common.h>

/* What the answers of c-ares say.  Each function takes an answer as its
   callback does, |status| first, and where it returns a status that is what
   became of the answer: ARES_SUCCESS, or why there is nothing. */

/* Whether |status| says for sure that there is no such record; else the DNS
   has failed for now. */
bool dns_reply_is_none(int status);

/* Calls |add| with |data| for each name of a PTR answer. */
int dns_reply_names(int status, const unsigned char *reply, int len,
                    void (*add)(void *data, const char *name), void *data);

/* ARES_SUCCESS where |address| is in the answer, one of A records for IPv4 and
   of AAAA records else; ARES_ENODATA where only others are. */
int dns_reply_has_address(int status, const unsigned char *reply, int len,
                          const shako_address *address);

/* Whether the answer of a DNS list says that it holds what was asked for: an
   address of 127.0.0.0/8 (RFC 5782 2.1), but none of 127.255.255.0/24, by
   which lists say that they will not answer whoever asks. */
bool dns_reply_is_listed(int status, const unsigned char *reply, int len);

#endif /* SHAKOD_DNS_REPLY_H */
