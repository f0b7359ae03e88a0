#ifndef SHAKO_SMTP_XTEXT_H
#define SHAKO_SMTP_XTEXT_H

#include <stdbool.h>

#include <shako/common.h>

/* Values of parameters that hold what a parameter may not.  What comes out is
   never longer than |from|, so that |to| may be |from.ptr|; it may be NULL too:
   then |from| is only judged.  Both return false where |from| is not of that
   form, or hides a control in it; what is at |to| is then of no use. */

/* Decodes xtext (RFC 3461 4): "+" and two digits of 0-9 and A-F are an octet,
   all else but "=" and space itself.  What comes out is printable ASCII and
   spaces, as RFC 3461 4.2 and 4.4 and RFC 4954 5 have it; where |utf8| says so,
   octets beyond ASCII too, of which the caller makes sure that they are
   UTF-8. */
bool shako__xtext_decode(shako_span from, bool utf8, uint8_t *to, size_t *len);

/* Decodes utf-8-addr-xtext, or, where |utf8| says that characters beyond ASCII
   may be themselves, utf-8-addr-unitext (RFC 6533 3): "\x{}" around two to six
   hexadecimal digits is a character.  What comes out is UTF-8 without controls,
   U+0080 to U+009F among them, and not empty. */
bool shako__unitext_decode(shako_span from, bool utf8, uint8_t *to,
                           size_t *len);

#endif /* SHAKO_SMTP_XTEXT_H */
