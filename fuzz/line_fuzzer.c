/* What stands on a line: wherever the network cuts, the lines are the same, and
   their parts add up to them.  Numbers are what they were written as. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <shako/session.h>

#include "base/ascii.h"
#include "check.h"
#include "smtp/esmtp.h"
#include "smtp/line.h"
#include "smtp/param.h"

static bool same(shako_span a, shako_span b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Returns |text| in memory of just its size, so that nothing is read behind
   it; to be freed. */
static uint8_t *copy(shako_span text) {
  uint8_t *octets = malloc(text.len > 0 ? text.len : 1);

  CHECK(octets != NULL);
  if (text.len > 0) {
    memcpy(octets, text.ptr, text.len);
  }

  return octets;
}

/* --- lines ---------------------------------------------------------------- */

/* Returns where the first CRLF of |text| is, or its length. */
static size_t find_crlf(shako_span text) {
  size_t i = 0;

  while (i < text.len && !(text.ptr[i] == '\r' && i + 1 < text.len &&
                           text.ptr[i + 1] == '\n')) {
    i++;
  }

  return i;
}

/* Finds the first line of |text| by what has come of it: at first |first|
   octets, then |size| more each time.  Returns whether there is one. */
static bool find_in_pieces(shako_span text, size_t first, size_t size,
                           size_t *line) {
  size_t n = first;

  for (;;) {
    shako_span some = {NULL, n < text.len ? n : text.len};
    uint8_t *octets;
    bool found;

    some.ptr = text.ptr;
    octets = copy(some);
    some.ptr = octets;
    found = shako__line_find(some, line);
    free(octets);
    if (found || n >= text.len) {
      return found;
    }
    n += size;
  }
}

/* The first line of |text| is there as soon as its CRLF is, and the same one
   whatever stands behind. */
static void check_line(shako_span text, size_t want) {
  static const size_t sizes[] = {1, 2, 3, 7, 64};
  size_t line = SIZE_MAX;
  size_t i;

  if (want == text.len) {
    CHECK(!shako__line_find(text, &line) && line == SIZE_MAX);
    return;
  }
  CHECK(find_in_pieces(text, text.len, 1, &line) && line == want);
  CHECK(find_in_pieces(text, want + 2, 1, &line) && line == want);
  CHECK(!shako__line_find(shako__slice(text, 0, want + 1), &line));
  for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && want < 200; i++) {
    CHECK(find_in_pieces(text, 0, sizes[i], &line) && line == want);
  }
}

/* --- commands --------------------------------------------------------------
 */

static bool is_blank(uint8_t c) {
  return c == ' ' || c == '\t';
}

/* Cuts |part| off the start of |*line|. */
static void cut(shako_span *line, shako_span part) {
  CHECK(part.ptr == line->ptr && part.len <= line->len);
  line->ptr += part.len;
  line->len -= part.len;
}

static void cut_blanks(shako_span *line) {
  while (line->len > 0 && is_blank(line->ptr[0])) {
    line->ptr++;
    line->len--;
  }
}

/* Verb, blanks, argument, blanks: and nothing is left over. */
static void check_parts(shako_span line, const shako__command *command) {
  shako_span argument = command->argument;
  size_t i;

  for (i = 0; i < command->verb.len; i++) {
    CHECK(!is_blank(command->verb.ptr[i]));
  }
  cut(&line, command->verb);
  CHECK(line.len == 0 || is_blank(line.ptr[0]));
  cut_blanks(&line);
  if (argument.len > 0) {
    CHECK(!is_blank(argument.ptr[0]));
    CHECK(!is_blank(argument.ptr[argument.len - 1]));
    cut(&line, argument);
  }
  cut_blanks(&line);
  CHECK(line.len == 0);
  CHECK(command->damaged == !shako__all_text(argument));
}

/* One blank says the same as many. */
static void check_rewritten(const shako__command *command) {
  size_t verb = command->verb.len;
  shako_span line = {NULL, verb + 1 + command->argument.len};
  uint8_t *octets = malloc(line.len);
  shako__command again;

  CHECK(octets != NULL);
  memcpy(octets, command->verb.ptr, verb);
  octets[verb] = '\t';
  if (command->argument.len > 0) {
    memcpy(octets + verb + 1, command->argument.ptr, command->argument.len);
  }
  line.ptr = octets;
  again = shako__command_split(line);
  CHECK(same(again.verb, command->verb));
  CHECK(same(again.argument, command->argument));
  CHECK(again.damaged == command->damaged);
  free(octets);
}

/* What is foreign is so in any case, has no blank, and no path behind it. */
static void check_verb(shako_span verb) {
  bool foreign = shako__verb_is_foreign(verb);
  uint8_t *octets = copy(verb);
  shako_span other = {octets, verb.len};
  const uint8_t *colon = memchr(octets, ':', verb.len);
  size_t i;

  for (i = 0; i < verb.len; i++) {
    octets[i] = shako__is_alpha(octets[i]) ? octets[i] ^ 0x20 : octets[i];
  }
  CHECK(shako__verb_is_foreign(other) == foreign);
  if (foreign && colon == NULL) {
    CHECK(verb.len >= 3 && verb.len <= 7);
  } else if (foreign) {
    CHECK(colon > octets &&
          shako__all_text(shako__slice(verb, 0, (size_t)(colon - octets))));
    CHECK(colon + 1 == octets + verb.len || colon[1] != '<');
  }
  free(octets);
}

/* --- numbers and parameters ------------------------------------------------
 */

/* |digits| and |number| are the same but for zeros in front. */
static void check_printed(shako_span digits, uint64_t number) {
  char text[21];
  shako_span printed = {(const uint8_t *)text, 0};
  uint64_t again = ~number;

  printed.len = (size_t)(shako__put_number(text, number) - text);
  CHECK(printed.len <= digits.len && text[printed.len] == '\0');
  CHECK(shako__number(printed, &again) && again == number);
  while (digits.len > printed.len) {
    CHECK(shako__cut(&digits, '0'));
  }
  CHECK(same(digits, printed));
}

static void check_number(shako_span text) {
  uint64_t number = 4711;

  if (shako__number(text, &number)) {
    check_printed(text, number);
  } else {
    CHECK(number == 4711);
  }
}

static void check_bdat(shako_span argument) {
  shako_span digits = argument;
  uint64_t size = 4711;
  bool last = false;

  if (!shako__bdat_read(argument, &size, &last)) {
    CHECK(size == 4711 && !last);
    return;
  }
  digits.len -= last ? 5 : 0;
  CHECK(!last || digits.ptr[digits.len] == ' ');
  check_printed(digits, size);
}

/* Reads the value of SIZE in |param|, which is well-formed: up to 20 digits;
   what is too much for 64 bits is as much as they hold. */
static void check_size(const shako__param *param, uint64_t size) {
  uint64_t number;

  CHECK(param->has_value && param->value.len <= 20);
  if (shako__number(param->value, &number)) {
    CHECK(number == size);
    check_printed(param->value, size);
  } else {
    CHECK(size == UINT64_MAX && param->value.len == 20);
  }
}

/* What SIZE and BODY say, read one by one. */
static void check_params(shako_span text) {
  shako_params params;
  shako__param param;
  bool has_size = false;
  unsigned flags = 0;

  if (shako__params_read(text, SHAKO_VERB_MAIL,
                         SHAKO__ESMTP_SIZE | SHAKO__ESMTP_8BITMIME, NULL,
                         &params) != SHAKO__PARAMS_OK) {
    return;
  }
  while (text.len > 0) {
    CHECK(shako__param_read(&text, false, &param));
    if (shako__equals(param.keyword, "SIZE")) {
      CHECK(!has_size);
      has_size = true;
      check_size(&param, params.size);
    } else {
      CHECK(shako__equals(param.keyword, "BODY"));
      flags = shako__equals(param.value, "8BITMIME") ? SHAKO_MAIL_8BITMIME : 0;
    }
  }
  CHECK(has_size || params.size == 0);
  CHECK(params.flags == flags);
}

/* -------------------------------------------------------------------------- */

static void check_command(shako_span line) {
  uint8_t *octets = copy(line);
  shako_span own = {octets, line.len};
  shako__command command = shako__command_split(own);
  size_t i;

  check_parts(own, &command);
  check_rewritten(&command);
  check_verb(command.verb);
  check_number(command.argument);
  check_bdat(command.argument);
  for (i = 0; i < command.argument.len; i++) {
    check_params(shako__slice(command.argument, i, command.argument.len));
  }
  free(octets);
}

/* Three octets decide. */
static void check_client_hello(shako_span text) {
  static const uint8_t begin[] = {22, 3};
  bool want =
      text.len >= 3 && memcmp(text.ptr, begin, 2) == 0 && text.ptr[2] <= 4;

  CHECK(shako__text_is_client_hello(text) == want);
  CHECK(text.len < 3 ||
        shako__text_is_client_hello(shako__slice(text, 0, 3)) == want);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len) {
  shako_span text = {octets, len};
  size_t line;

  for (;;) {
    line = find_crlf(text);
    check_line(text, line);
    check_client_hello(text);
    check_command(shako__slice(text, 0, line));
    if (line == text.len) {
      return 0;
    }
    text = shako__slice(text, line + 2, text.len);
  }
}
