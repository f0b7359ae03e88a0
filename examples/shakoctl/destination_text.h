#ifndef SHAKOCTL_DESTINATION_TEXT_H
#define SHAKOCTL_DESTINATION_TEXT_H

#include "../shakod/buffer.h"

/* The text of destination controls, changed line by line.  Each of these adds
   to |to| the text |text| with one change. */

/* The lines of a section: from its head, at |first|, to before |end|.  Lines
   are counted from 1. */
typedef struct section_lines {
  unsigned first;
  unsigned end;
} section_lines;

/* Has |key| be |value| in the section. */
void destination_text_set(buffer *to, shako_span text, section_lines section,
                          const char *key, const char *value);

/* Adds an empty section, as the first or as the last. */
void destination_text_add(buffer *to, shako_span text, const char *name,
                          bool first);

/* Takes the section out, up to its last setting. */
void destination_text_remove(buffer *to, shako_span text,
                             section_lines section);

#endif /* SHAKOCTL_DESTINATION_TEXT_H */
