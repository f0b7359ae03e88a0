#ifndef SHAKOD_SERVER_H
#define SHAKOD_SERVER_H

#include "listen.h"
#include "options.h"
#include "service.h"
#include "setup.h"

/* What a server starts with. */
typedef struct server_start {
  const options *options; /* from which a reload reads again */
  const settings *settings;
  const service *service;
  endpoints *endpoints;
  setup *setup;   /* given away */
  uint64_t stamp; /* of the files, from before they were read */
} server_start;

/* Starts the workers, and serves until it is told to stop.  Returns the status
   that the process ends with. */
int server_run(const server_start *start);

#endif /* SHAKOD_SERVER_H */
