#include "option.h"

#include "edit.h"

/* Adds |text| to |to| without the option |key|. */
static void take_out(buffer *to, shako_span text, const char *key) {
  conf_item item;

  if (conf_find_option(text, (range){0, text.len}, key, &item)) {
    edit_remove(to, text, item.whole);
  } else {
    buffer_add_span(to, text);
  }
}

/* Adds |text| to |to| with |one| changed. */
static void put(buffer *to, shako_span text, const option_value *one) {
  buffer value = {0};

  if (one->value == NULL) {
    take_out(to, text, one->key);
    return;
  }

  if (one->is_string) {
    edit_quote(&value, one->value);
  } else {
    buffer_add(&value, one->value);
  }

  buffer_add_span(&value, (shako_span){(const uint8_t *)"", 1});
  to->failed = value.failed || !edit_set(to, text, NULL, one->key, value.ptr);
  buffer_free(&value);
}

bool option_set(draft *d, const option_value *values, size_t count) {
  buffer now = {0};
  size_t i;

  buffer_add_span(&now, draft_text(d));
  for (i = 0; i < count && !now.failed; i++) {
    buffer next = {0};

    put(&next, (shako_span){(const uint8_t *)now.ptr, now.len}, &values[i]);
    buffer_free(&now);
    now = next;
  }

  return draft_change(d, &now);
}

bool option_set_text(draft *d, const char *key, const char *text) {
  return option_set(d, &(option_value){key, text, true}, 1);
}
