#include "table.h"

#include "file.h"
#include "log.h"

static void complain(const char *path, int error, const shako_place *place) {
  const char *what = place->what != NULL && error != SHAKO_ERR_NOMEM
                         ? place->what
                         : shako_strerror(error);

  if (error == SHAKO_ERR_SYNTAX) {
    log_line("%s:%u:%u: %s", path, place->line, place->column, what);
  } else {
    log_line("%s: %s", path, what);
  }
}

shako_hat *table_read(const listener_settings *l) {
  buffer text = {0};
  shako_place place = {0, 0, NULL};
  shako_hat *hat = NULL;
  int error;

  if (file_read(&text, l->table)) {
    error =
        shako_hat_read(&hat, (shako_span){(const uint8_t *)text.ptr, text.len},
                       &l->policy, NULL, &place);
    if (error != 0) {
      complain(l->table, error, &place);
    }
  }

  buffer_free(&text);

  return hat;
}
