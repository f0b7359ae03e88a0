#ifndef SHAKO_REPORT_HTML_H
#define SHAKO_REPORT_HTML_H

#include "base/text.h"

/* HTML, piece by piece. */

/* Adds |span|, in which nothing is markup: what is not printable ASCII is
   \xHH. */
void shako__html_put(shako__text *text, shako_span span);

/* Begins the page with its style and heading, and ends it. */
void shako__html_begin(shako__text *text, const char *title);
void shako__html_end(shako__text *text);

/* Begins a table with a column for each of |heads| (NULL ends them), and ends
   it.  The first |names| of the columns are texts, all others numbers. */
void shako__html_table(shako__text *text, const char *caption,
                       const char *const *heads, unsigned names);
void shako__html_table_end(shako__text *text);

/* Begins a row, and ends it. */
void shako__html_row(shako__text *text);
void shako__html_row_end(shako__text *text);

/* Adds a cell that names the row; |name| may be empty, then it is |empty|. */
void shako__html_name(shako__text *text, shako_span name, const char *empty);

/* Adds a cell with a number. */
void shako__html_number(shako__text *text, uint64_t number);

/* ... which is drawn as bad where it is not 0. */
void shako__html_bad(shako__text *text, uint64_t number);

/* Adds a cell that says, and draws, how much of |whole| |part| is. */
void shako__html_share(shako__text *text, uint64_t part, uint64_t whole);

#endif /* SHAKO_REPORT_HTML_H */
