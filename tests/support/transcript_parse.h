#ifndef TRANSCRIPT_PARSE_H
#define TRANSCRIPT_PARSE_H

/* Between transcript_words.c, transcript_head.c and transcript_parse.c. */

#include "transcript.h"

#include <setjmp.h>

typedef struct line {
  unsigned number;
  const char *text;
} line;

typedef struct parser {
  transcript *script;
  char *file;
  line *lines; /* REPEAT unrolled, lines of the other side left out */
  size_t count;
  unsigned number; /* of the line under way */
  octets *message;
  jmp_buf failed;
} parser;

typedef struct choice {
  const char *word;
  int value;
} choice;

extern const choice transcript_versions[];

/* Gives up with "path:line: why: what". */
_Noreturn void transcript_fail(parser *p, const char *why, const char *what);

/* Returns |size| octets, zeroed, that live as long as |script|. */
void *transcript_keep(transcript *script, size_t size);
void transcript_free_kept(transcript *script);

/* Returns a copy that lives as long as |script|. */
char *transcript_keep_text(transcript *script, const char *text, size_t len);

bool transcript_begins(const char *text, const char *with);

/* Returns what stands behind |prefix| (and one blank) in |text|, or NULL. */
const char *transcript_behind(const char *text, const char *prefix);

/* Adds |text| to |out|, its escapes replaced. */
void transcript_unescape(parser *p, const char *text, size_t len, octets *out);
char *transcript_unescaped_text(parser *p, const char *text);

uint64_t transcript_number(parser *p, const char *text);

/* Copies the first word of |*text| to |word| and moves |*text| behind it and
   one blank.  Returns false where there is none. */
bool transcript_word(const char **text, char *word, size_t room);

/* Returns the value of |word|, which must be one of |choices|. */
int transcript_choose(parser *p, const choice *choices, const char *word);

/* Reads facts of a peer ("name=mx.example score=-30 owner=5 lists=1") into
   |*peer|. */
void transcript_facts(parser *p, const char *text, shako_peer *peer);

/* Reads the head and returns how many lines it takes. */
size_t transcript_read_head(parser *p);

#endif /* TRANSCRIPT_PARSE_H */
