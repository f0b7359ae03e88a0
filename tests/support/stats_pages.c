/* Reads counts on standard input and writes them as what the argument says. */

#include <stdio.h>
#include <string.h>

#include <shako/stats.h>

static char input[1 << 20];
static char output[1 << 22];

static size_t write_form(shako_stats *stats, const char *form) {
  if (strcmp(form, "html") == 0) {
    return shako_stats_html(stats, "<Counts> of \"mx\" & 'more'", output,
                            sizeof(output));
  }
  if (strcmp(form, "json") == 0) {
    return shako_stats_json(stats, output, sizeof(output));
  }
  return shako_stats_prometheus(stats, output, sizeof(output));
}

int main(int argc, char **argv) {
  shako_span text = {(const uint8_t *)input, 0};
  shako_stats *stats;
  shako_place place;
  size_t len;

  text.len = fread(input, 1, sizeof(input), stdin);
  if (argc != 2 || shako_stats_read(&stats, text, NULL, &place) != 0) {
    return 1;
  }
  len = write_form(stats, argv[1]);
  shako_stats_unref(stats);
  return len < sizeof(output) && fwrite(output, 1, len, stdout) == len ? 0 : 1;
}
