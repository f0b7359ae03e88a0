#ifndef SHAKO_BASE_UTF8_H
#define SHAKO_BASE_UTF8_H

#include <stdbool.h>

#include <shako/common.h>

/* UTF-8 to the letter of RFC 3629 4: nothing longer than it need be, no
   surrogates, nothing over U+10FFFF. */

/* Returns how many octets the character at the start of |text| has, 1 to 4; 0
   where there is none or it is not well-formed. */
size_t shako__utf8_length(shako_span text);

/* Whether |text| is UTF-8. */
bool shako__is_utf8(shako_span text);

/* Whether |text| is UTF-8 without controls, be they of ASCII or U+0080 to
   U+009F: what may be shown. */
bool shako__is_utf8_text(shako_span text);

/* Whether |text| is printable ASCII and spaces or, where |utf8| says that it
   may be, UTF-8 without controls. */
bool shako__is_written(shako_span text, bool utf8);

/* Writes |point|, a character up to U+10FFFF and no surrogate, to |to|, at most
   4 octets, whose number it returns. */
size_t shako__utf8_put(uint32_t point, uint8_t *to);

#endif /* SHAKO_BASE_UTF8_H */
