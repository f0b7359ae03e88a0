#include <string.h>

#include "base/ascii.h"
#include "report/stats.h"

/*
 * The text comes from anywhere.  Nothing but what shako_stats_write() writes is
 * taken: written again, it is the same text, octet for octet.
 */

typedef struct reader {
  shako_span rest;           /* of the text, from the next word's beginning */
  const uint8_t *line_start; /* of the line that is read */
  const uint8_t *word;       /* the beginning of the last word */
  uint32_t line;
  const char *what; /* is wrong; NULL: nothing, or memory ran out */
} reader;

/* The octets of a name, without its escapes. */
typedef struct name_text {
  uint8_t octets[SHAKO__ROW_NAME_MAX];
  size_t len;
} name_text;

static bool wrong(reader *r, const char *what) {
  r->what = what;
  return false;
}

static bool is_of_word(uint8_t c) {
  return shako__is_text(c) && c != ' ';
}

/* Cuts off the next word of the line. */
static shako_span cut_word(reader *r) {
  if (r->rest.ptr != r->line_start) {
    shako__cut(&r->rest, ' ');
  }
  r->word = r->rest.ptr;
  return shako__cut_class(&r->rest, is_of_word);
}

static bool is_word(shako_span word, const char *text) {
  size_t len = strlen(text);

  return word.len == len && memcmp(word.ptr, text, len) == 0;
}

static bool at_line_end(const reader *r) {
  return r->rest.len > 0 && *r->rest.ptr == '\n';
}

static bool end_line(reader *r) {
  if (!shako__cut(&r->rest, '\n')) {
    r->word = r->rest.ptr;
    return wrong(r, "not the end of the line that is due");
  }
  r->line++;
  r->line_start = r->rest.ptr;
  return true;
}

/* Cuts |text| off the start of |*word|. */
static bool cut_text(shako_span *word, const char *text) {
  size_t len = strlen(text);

  if (word->len < len || memcmp(word->ptr, text, len) != 0) {
    return false;
  }
  *word = shako__slice(*word, len, word->len);
  return true;
}

/* Reads "=" and a number from |min| to |max| without leading zeros. */
static bool read_number(reader *r, shako_span word, uint64_t min, uint64_t max,
                        uint64_t *number) {
  if (!shako__cut(&word, '=') || !shako__number(word, number) ||
      (word.len > 1 && *word.ptr == '0') || *number < min || *number > max) {
    return wrong(r, "not a number, or none that can be");
  }
  return true;
}

/* Reads the word "name=number". */
static bool read_field(reader *r, const char *name, uint64_t min, uint64_t max,
                       uint64_t *number) {
  shako_span word = cut_word(r);

  if (!cut_text(&word, name)) {
    return wrong(r, "not the word that is due here");
  }
  return read_number(r, word, min, max, number);
}

static bool read_head(reader *r, shako_stats_config *config,
                      uint64_t floors[2]) {
  uint64_t groups;
  uint64_t heaviest;

  if (!is_word(cut_word(r), "shako-stats") || !is_word(cut_word(r), "1")) {
    return wrong(r, "not the counts of this version");
  }
  if (!read_field(r, "groups", 1, SHAKO__GROUPS_MAX, &groups) ||
      !read_field(r, "heaviest", 1, SHAKO__HEAVIEST_MAX, &heaviest) ||
      !read_field(r, "peers-floor", 0, UINT64_MAX, &floors[0]) ||
      !read_field(r, "domains-floor", 0, UINT64_MAX, &floors[1]) ||
      !end_line(r)) {
    return false;
  }
  config->groups = (uint32_t)groups;
  config->heaviest = (uint32_t)heaviest;
  return true;
}

/* Cuts off one octet of a name.  Returns it, or -1 where it is escaped and need
   not be, or the other way round, or NUL. */
static int cut_octet(shako_span *word) {
  int octet = *word->ptr;

  if (octet == '%') {
    unsigned high =
        word->len > 2 ? shako__hex_value(word->ptr[1]) : SHAKO__NO_HEX;
    unsigned low =
        word->len > 2 ? shako__hex_value(word->ptr[2]) : SHAKO__NO_HEX;
    bool are = high != SHAKO__NO_HEX && low != SHAKO__NO_HEX;

    octet = are ? (int)(high << 4 | low) : 0;
    *word = shako__slice(*word, word->len > 2 ? 2 : 0, word->len);
    if (octet == 0 || (is_of_word((uint8_t)octet) && octet != '%')) {
      octet = -1;
    }
  }
  *word = shako__slice(*word, 1, word->len);
  return octet;
}

static bool read_name(reader *r, name_text *text, shako_span *name) {
  shako_span word = cut_word(r);

  text->len = 0;
  *name = (shako_span){text->octets, 0};
  if (is_word(word, "%")) {
    return true;
  }
  if (word.len == 0) {
    return wrong(r, "a name is missing");
  }
  while (word.len > 0) {
    int octet = cut_octet(&word);

    if (octet < 0 || text->len == SHAKO__ROW_NAME_MAX) {
      return wrong(r, "not a name as it is written");
    }
    text->octets[text->len++] = (uint8_t)octet;
  }
  name->len = text->len;
  return true;
}

/* Reads "family.name=number" for a column from |*column| on, and leaves that
   behind it. */
static bool read_count(reader *r, shako__kind kind, shako__row *row,
                       uint32_t *column) {
  uint32_t columns = shako__kind_facts_of(kind)->columns;
  shako_span word = cut_word(r);

  for (; *column < columns; ++*column) {
    shako__column_name name = shako__column_name_of(kind, *column);
    shako_span rest = word;

    if (cut_text(&rest, name.family) && cut_text(&rest, name.name) &&
        rest.len > 0 && *rest.ptr == '=') {
      return read_number(r, rest, 1, UINT64_MAX, &row->values[(*column)++]);
    }
  }
  return wrong(r, "no such count, or not in its place");
}

static bool read_counts(reader *r, shako__kind kind, shako__row *row) {
  uint32_t column = 0;

  do {
    if (!read_count(r, kind, row, &column)) {
      return false;
    }
  } while (!at_line_end(r));
  return end_line(r);
}

/* Makes the row of |names|, which is to stand behind |*last|. */
static shako__row *make_row(reader *r, shako__rows *rows,
                            const shako__names *names,
                            const shako__row **last) {
  bool is_other = rows->other != NULL &&
                  shako__names_compare(&rows->other->names, names) == 0;
  shako__row *row;

  if (*last && shako__names_compare(&(*last)->names, names) >= 0) {
    wrong(r, "not behind the line before, by its name");
    return NULL;
  }
  if (!is_other && !shako__rows_has_room(rows)) {
    wrong(r, "more lines of this kind than there may be");
    return NULL;
  }
  row = shako__rows_take(rows, names);
  *last = row;
  return row == rows->other && !is_other ? NULL : row;
}

/* Reads a line from behind its first word. */
static bool read_row(reader *r, shako__rows *rows, shako__kind kind,
                     const shako__row **last) {
  name_text texts[2];
  shako__names names = {.second = {(const uint8_t *)"", 0}};
  shako__row *row;

  if (!read_name(r, &texts[0], &names.first) ||
      (rows->facts->names > 1 && !read_name(r, &texts[1], &names.second))) {
    return false;
  }
  row = make_row(r, rows, &names, last);
  if (!row) {
    return false;
  }
  if (rows->facts->heaviest &&
      !read_field(r, "error", 0, rows->floor, &row->error)) {
    return false;
  }
  return read_counts(r, kind, row);
}

/* Reads all lines behind the first. */
static bool read_rows(reader *r, shako_stats *stats) {
  const shako__row *last = NULL;
  unsigned kind = 0;
  shako_span word = cut_word(r);

  while (kind < SHAKO__KIND_COUNT) {
    if (!is_word(word, shako__kind_facts_of((shako__kind)kind)->word)) {
      last = NULL;
      kind++;
    } else if (read_row(r, &stats->rows[kind], (shako__kind)kind, &last)) {
      word = cut_word(r);
    } else {
      return false;
    }
  }
  if (!is_word(word, "end")) {
    return wrong(r, "no such line, or not in its place");
  }
  if (end_line(r) && r->rest.len > 0) {
    r->word = r->rest.ptr;
    return wrong(r, "something behind the end");
  }
  return r->what == NULL;
}

/* Returns why nothing was read, and where. */
static int complain(const reader *r, shako_place *place) {
  if (!r->what) {
    return SHAKO_ERR_NOMEM;
  }
  place->line = r->line;
  place->column = (uint32_t)(r->word - r->line_start) + 1;
  place->what = r->what;
  return SHAKO_ERR_SYNTAX;
}

int shako_stats_read(shako_stats **pstats, shako_span text,
                     const shako_mem *mem, shako_place *place) {
  reader r = {.rest = text, .line_start = text.ptr, .line = 1};
  shako_stats_config config;
  shako_stats *stats;
  uint64_t floors[2];
  int error;

  shako_stats_config_default(&config);
  if (!read_head(&r, &config, floors)) {
    return complain(&r, place);
  }
  error = shako_stats_new(&stats, &config, mem);
  if (error != 0) {
    return error;
  }
  stats->rows[SHAKO__KIND_PEER].floor = floors[0];
  stats->rows[SHAKO__KIND_DOMAIN].floor = floors[1];
  if (!read_rows(&r, stats)) {
    shako_stats_unref(stats);
    return complain(&r, place);
  }
  *pstats = stats;
  return 0;
}
