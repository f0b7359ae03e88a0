#ifndef SHAKO_SMTP_LINE_H
#define SHAKO_SMTP_LINE_H

#include <stdbool.h>

#include <shako/common.h>

/* The longest command line that is taken, with its CRLF.  RFC 5321 4.5.3.1.4
   asks for 512, and the extensions' increments for about 1,100. */
#define SHAKO__LINE_MAX 2048

/* Finds the first CRLF in |text| (RFC 5321 2.3.8: nothing else ends a line)
   and stores the number of octets before it in |*len|.  Returns whether there
   is one. */
bool shako__line_find(shako_span text, size_t *len);

/* A command line without its CRLF, taken apart (RFC 5321 4.1.1). */
typedef struct shako__command {
  shako_span verb;     /* all before the first space or tab */
  shako_span argument; /* what follows it, blanks at both ends cut off */
  bool damaged;        /* the argument holds an octet that is not text */
} shako__command;

shako__command shako__command_split(shako_span line);

/* Whether |verb| belongs to another protocol, so that the connection is not
   worth keeping: an HTTP method, or the name of a header field and its colon.
 */
bool shako__verb_is_foreign(shako_span verb);

/* Whether |text| begins as a TLS record does that holds a ClientHello
   (RFC 8446 5.1): 22, 3, 0 to 4. */
bool shako__text_is_client_hello(shako_span text);

#endif /* SHAKO_SMTP_LINE_H */
