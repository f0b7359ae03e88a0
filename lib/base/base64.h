#ifndef SHAKO_BASE_BASE64_H
#define SHAKO_BASE_BASE64_H

#include <stdbool.h>

#include <shako/common.h>

/* Base64 to the letter of RFC 4648 4: no white space, padded, and no bit set
   that the octets do not have (3.5).  What is in it may be a password: neither
   function has a branch or a place in a table that depends on it. */

/* How many characters stand for |LEN| octets. */
#define SHAKO__BASE64_SIZE(LEN) (((LEN) + 2) / 3 * 4)

/* Writes |from| as base64 to |to|, SHAKO__BASE64_SIZE(from.len) characters,
   whose number it returns.  |to| may be |from.ptr|. */
size_t shako__base64_encode(shako_span from, uint8_t *to);

/* Writes the octets that |from| stands for to |to|, at most from.len / 4 * 3 of
   them, and their number to |*len|.  |to| may be |from.ptr|.  Returns false
   where |from| is not base64; what is at |to| is then of no use. */
bool shako__base64_decode(shako_span from, uint8_t *to, size_t *len);

#endif /* SHAKO_BASE_BASE64_H */
