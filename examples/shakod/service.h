#ifndef SHAKOD_SERVICE_H
#define SHAKOD_SERVICE_H

#include "maildir.h"
#include "settings.h"

/* What all workers share from the start to the end. */
typedef struct service {
  char hostname[256];
  bool discard;
  maildir mail;         /* unless |discard| */
  const char *resolver; /* as in the settings, which outlive it */
  unsigned lookup_time;
  shako_stats *stats; /* NULL: nobody asks for counts */
  log_format log;
  unsigned workers;
  struct alerts *alerts; /* NULL: none is raised */
} service;

/* Finds out what our name is.  Returns false after a line that says what is
   wrong with it; service_close() is due then too. */
bool service_open(service *s, const settings *from);

/* Opens the mail folder, as whoever the process is by now.  Returns as
   service_open(). */
bool service_open_mail(service *s, const settings *from);

void service_close(service *s);

#endif /* SHAKOD_SERVICE_H */
