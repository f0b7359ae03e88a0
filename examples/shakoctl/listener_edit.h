#ifndef SHAKOCTL_LISTENER_EDIT_H
#define SHAKOCTL_LISTENER_EDIT_H

#include "ctl.h"

/* The listener that a dialog is about.  It is known by its number, since what
   is known of it is made anew with each change. */
typedef struct listener_edit {
  ctl *c;
  size_t index;
} listener_edit;

/* Returns what it is as of now. */
const listener_settings *listener_now(const listener_edit *e);

/**
 * Has the option |key| of the listener, or of its section |section| unless that
 * is NULL, be |value|, as the configuration has it; NULL takes it out.  Returns
 * false after a line that says why it cannot.
 */
bool listener_set(const listener_edit *e, const char *section, const char *key,
                  const char *value);

/* The same with a string. */
bool listener_set_text(const listener_edit *e, const char *section,
                       const char *key, const char *text);

/* Finds the listener in the text of the draft. */
bool listener_find(const listener_edit *e, conf_item *item);

/* The dialog: what the listener is, and what can be changed. */
bool listener_edit_run(listener_edit *e);

#endif /* SHAKOCTL_LISTENER_EDIT_H */
