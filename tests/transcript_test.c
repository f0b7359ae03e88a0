/* Plays every transcript: one test a file, or those named on the command
   line ("transcript_test tests/transcripts/quit.txt").  With SHARD=n/m in the
   environment it plays every m-th from the n-th on. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>

#include "support/transcript.h"

static unsigned runs;

static void plays_in_every_variant(void **state) {
  const char *path = *state;
  octets message = {0};
  bool ok = transcript_play_file(path, &runs, &message);
  if (!ok) {
    print_error("%s\n", octets_text(&message));
  }
  octets_free(&message);
  assert_true(ok);
}

typedef struct paths {
  char **path;
  size_t count;
} paths;

static void add_path(paths *to, const char *folder, const char *name) {
  octets path = {0};
  octets_print(&path, "%s%s%s", folder, folder[0] != 0 ? "/" : "", name);
  to->path = must_grow(to->path, (to->count + 1) * sizeof(char *));
  to->path[to->count++] = (char *)path.ptr;
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void find_paths(paths *to, const char *folder) {
  DIR *dir = opendir(folder);
  const struct dirent *entry;
  while (dir != NULL && (entry = readdir(dir)) != NULL) {
    const char *dot = strrchr(entry->d_name, '.');
    if (dot != NULL && strcmp(dot, ".txt") == 0) {
      add_path(to, folder, entry->d_name);
    }
  }
  if (dir != NULL) {
    closedir(dir);
  }
  if (to->count > 0) {
    qsort(to->path, to->count, sizeof(char *), by_name);
  }
}

static bool is_of_shard(size_t at) {
  const char *shard = getenv("SHARD");
  unsigned n;
  unsigned m;
  return shard == NULL || sscanf(shard, "%u/%u", &n, &m) != 2 || m == 0 ||
         at % m == n % m;
}

static int play_all(const paths *all) {
  struct CMUnitTest *tests = must_alloc(all->count * sizeof(*tests));
  size_t count = 0;
  for (size_t i = 0; i < all->count; i++) {
    if (is_of_shard(i)) {
      const char *slash = strrchr(all->path[i], '/');
      tests[count].name = slash != NULL ? slash + 1 : all->path[i];
      tests[count].test_func = plays_in_every_variant;
      tests[count++].initial_state = all->path[i];
    }
  }
  int failed = _cmocka_run_group_tests("transcripts", tests, count, NULL, NULL);
  free(tests);
  return failed;
}

int main(int argc, char **argv) {
  paths all = {0};
  for (int i = 1; i < argc; i++) {
    add_path(&all, "", argv[i]);
  }
  if (argc == 1) {
    find_paths(&all, TRANSCRIPTS);
  }
  if (all.count == 0) {
    print_error("no transcripts in %s\n", TRANSCRIPTS);
    return 1;
  }
  int failed = play_all(&all);
  print_message("%zu transcripts, %u runs\n", all.count, runs);
  for (size_t i = 0; i < all.count; i++) {
    free(all.path[i]);
  }
  free(all.path);
  return failed;
}
