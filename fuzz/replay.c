#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Runs a fuzz target over all files of a folder:  X_replay FOLDER */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *folder, const char *name) {
  static uint8_t data[1 << 20];
  char path[4096];
  size_t size;
  FILE *file;

  snprintf(path, sizeof(path), "%s/%s", folder, name);
  file = fopen(path, "rb");
  if (!file) {
    perror(path);
    return 1;
  }
  size = fread(data, 1, sizeof(data), file);
  fclose(file);
  LLVMFuzzerTestOneInput(data, size);
  return 0;
}

int main(int argc, char **argv) {
  DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
  const struct dirent *entry;
  int count = 0;
  int failed = 0;

  if (!dir) {
    fprintf(stderr, "usage: replay FOLDER\n");
    return 2;
  }
  while ((entry = readdir(dir)) != NULL) {
    if (entry->d_name[0] != '.') {
      failed += replay(argv[1], entry->d_name);
      count++;
    }
  }
  closedir(dir);
  printf("%d inputs\n", count);
  return failed > 0 || count == 0;
}
