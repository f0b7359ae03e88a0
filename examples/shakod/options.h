#ifndef SHAKOD_OPTIONS_H
#define SHAKOD_OPTIONS_H

#include "settings.h"

typedef enum options_task {
  TASK_SERVE,
  TASK_CHECK,  /* say what is configured, and end */
  TASK_EXPLAIN, /* say what becomes of one peer, and end */
  TASK_PASSWORD /* make a line of a file of passwords, and end */
} options_task;

/* What the command line says.  Strings are those of argv. */
typedef struct options {
  options_task task;
  const char *config;   /* a configuration file; NULL: |line| says it all */
  const char *address;  /* of the peer to explain, as the next three: */
  const char *name;     /* ... its verified name; or NULL */
  const char *sender;   /* ... the reverse-path */
  const char *listener; /* ... the listener; NULL: all of them */
  const char *user;     /* whose password the line is for */
  settings line;
} options;

typedef enum options_result {
  OPTIONS_RUN,
  OPTIONS_DONE, /* --help or --version: it was said */
  OPTIONS_WRONG /* a line on standard error says what */
} options_result;

options_result options_read(options *o, int argc, char **argv);

#endif /* SHAKOD_OPTIONS_H */
