/* Runs a fuzz target over all files of folders, so that a corpus is a test:
   X_replay FOLDER... */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

/* Runs |size| octets of |file| from memory of just that size.  Returns
   whether they could be read. */
static int run_file(FILE *file, size_t size) {
  uint8_t *data = malloc(size > 0 ? size : 1);
  int read = data && fread(data, 1, size, file) == size;

  if (read) {
    LLVMFuzzerTestOneInput(data, size);
  }
  free(data);
  return read;
}

/* Runs one file, whose name is said first: what traps is the last one named. */
static int run_path(const char *path) {
  FILE *file = fopen(path, "rb");
  long size = -1;
  int read = 0;

  printf("%s\n", path);
  fflush(stdout);
  if (file && fseek(file, 0, SEEK_END) == 0) {
    size = ftell(file);
    rewind(file);
  }
  if (size >= 0) {
    read = run_file(file, (size_t)size);
  }
  if (!read) {
    perror(path);
  }
  if (file) {
    fclose(file);
  }
  return read;
}

/* Returns the number of files that were run, or -1 if one was not. */
static int run_folder(const char *folder) {
  DIR *dir = opendir(folder);
  const struct dirent *entry;
  char path[4096];
  int count = 0;

  if (!dir) {
    perror(folder);
    return -1;
  }
  while (count >= 0 && (entry = readdir(dir)) != NULL) {
    if (entry->d_name[0] == '.') {
      continue;
    }
    snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
    count = run_path(path) ? count + 1 : -1;
  }
  closedir(dir);
  return count;
}

int main(int argc, char **argv) {
  int total = 0;

  for (int i = 1; i < argc; i++) {
    int count = run_folder(argv[i]);

    if (count < 0) {
      return 1;
    }
    total += count;
  }
  printf("%d inputs\n", total);
  return total == 0;
}
