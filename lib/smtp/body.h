#ifndef SHAKO_SMTP_BODY_H
#define SHAKO_SMTP_BODY_H

#include <stdbool.h>

#include <shako/common.h>

/*
 * The text of DATA (RFC 5321 4.1.1.4, 4.5.2): finds its end, which is
 * CRLF.CRLF and nothing else, at every split of the octets; takes the dot off
 * each line that begins with one; sees every CR without LF and LF without CR.
 *
 * States, by what came last:
 *   LINE_START   CRLF, or nothing yet: a dot here is not data
 *   LINE         an octet of a line
 *   CR           CR inside a line, which is handed out as data
 *   DOT          the dot at the start of a line
 *   DOT_CR       ... and CR, which is held back: LF behind it is the end
 *   END          the end was seen
 * A bare CR or LF sets |bare| for good; the message is then worth nothing,
 * and no data is handed out any more.  Where |keep| says so it is data like
 * any other octet, and neither ends a line nor begins one: the end of the
 * message is CRLF "." CRLF in any case.
 */
typedef enum shako__body_state {
  SHAKO__BODY_LINE_START,
  SHAKO__BODY_LINE,
  SHAKO__BODY_CR,
  SHAKO__BODY_DOT,
  SHAKO__BODY_DOT_CR,
  SHAKO__BODY_END
} shako__body_state;

typedef struct shako__body {
  shako__body_state state; /* LINE_START to begin with */
  bool bare;               /* a bare CR or LF was seen, and is not kept */
  bool keep;               /* to begin with: a bare CR or LF is data */
  bool kept;               /* one was seen, and is kept */
} shako__body;

/* Reads the next piece of the message from |text| and stores it, a part of
   |text| that may be empty, in |*data|.  Returns how many octets of |text| were
   used.  Where there is any, and the end was not seen before, one is used at
   least or (a CR that was held back and is kept) |*data| is not empty.  Where
   some are left over, call again with them, unless |body| is at END: they are
   not the message's.

   The pieces of all calls, put together, are the same however |text| was
   split.  With a bare LF they stop before it, with a bare CR behind it. */
size_t shako__body_read(shako__body *body, shako_span text, shako_span *data);

/* Notes in |body->kept| whether |text|, the next piece of a message without
   dots or end (BDAT), has a bare CR or LF; CR at its very end counts once
   shako__body_note_end() says that nothing follows. */
void shako__body_note(shako__body *body, shako_span text);
void shako__body_note_end(shako__body *body);

#endif /* SHAKO_SMTP_BODY_H */
