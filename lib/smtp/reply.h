#ifndef SHAKO_SMTP_REPLY_H
#define SHAKO_SMTP_REPLY_H

#include <stdbool.h>

#include <shako/common.h>

/* The longest line of a reply, with its CRLF (RFC 5321 4.5.3.1.5). */
#define SHAKO__REPLY_LINE_MAX 512

/* Whether |text| may stand in a reply: printable ASCII and LF, which separates
   lines, at most |max| octets. */
bool shako__reply_text_valid(const char *text, size_t max);

/* Whether |enhanced| is an enhanced status code (RFC 3463 2) of the class that
   |code| belongs to. */
bool shako__reply_enhanced_valid(const char *enhanced, int code);

/* Returns the number of octets that shako__reply_write() would write. */
size_t shako__reply_size(const char *enhanced, const char *text);

/* Writes the reply |code| to |out|: one line for each of |text| (LF separates
   them), each with |enhanced| unless NULL (RFC 2034 4), folded where it would
   be over SHAKO__REPLY_LINE_MAX.  Returns the number of octets. */
size_t shako__reply_write(uint8_t *out, int code, const char *enhanced,
                          const char *text);

#endif /* SHAKO_SMTP_REPLY_H */
