#ifndef SHAKOCTL_CONF_H
#define SHAKOCTL_CONF_H

#include <stdbool.h>

#include <shako/common.h>

/*
 * Where things stand in the text of a configuration, so that one of them can
 * be changed and all others, comments above all, stay octet for octet.  What
 * they mean is libConfuse's business.
 */

/* A piece of a text: from |start| to before |end|. */
typedef struct range {
  size_t start;
  size_t end;
} range;

/* An option "name = value", or a section 'name "title" { ... }'. */
typedef struct conf_item {
  range whole;
  range name;
  range title; /* with its quotes; empty for none */
  range value; /* of a section: what is in its braces */
  bool is_section;
} conf_item;

/* Returns whether all of |text| is understood, and else stores the line that
   is not in |*line|. */
bool conf_check(shako_span text, unsigned *line);

/* Takes the next item off |rest|.  Returns false after the last one. */
bool conf_next(shako_span text, range *rest, conf_item *item);

/* Finds the last option |name| in |in|, which is the one that counts. */
bool conf_find_option(shako_span text, range in, const char *name,
                      conf_item *item);

/* Finds the |i|-th section |name| in |in|, from 0. */
bool conf_find_section(shako_span text, range in, const char *name, size_t i,
                       conf_item *item);

/* Returns whether there is a comment in |in|. */
bool conf_has_comment(shako_span text, range in);

#endif /* SHAKOCTL_CONF_H */
