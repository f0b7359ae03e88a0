#ifndef SHAKOD_ALERT_MESSAGE_H
#define SHAKOD_ALERT_MESSAGE_H

#include "maildir.h"
#include "settings.h"

/* Who sends alerts, and where they are stored. */
typedef struct alert_sender {
  const settings *settings; /* whose recipients they are for */
  const char *hostname;
  maildir folder; /* if the settings name one */
  maildir_names names;
} alert_sender;

/* A notice in writing. */
typedef struct alert_message {
  char *text;
  size_t len;
  char *addresses; /* from, and then to whom, each with a NUL */
  size_t recipients;
  char what[256]; /* it is about, for the log: "Warning: ..." */
} alert_message;

/* Writes |notice| for all who want it; |now| is its clock.  Returns false where
   nobody does, or, after a line, where it cannot; else alert_message_free() is
   due. */
bool alert_message_write(alert_message *m, const alert_sender *sender,
                         const shako_alert_notice *notice, shako_time now);

void alert_message_free(alert_message *m);

/* Puts |m| into the folder.  Returns 0, or what errno was. */
int alert_message_store(const alert_message *m, alert_sender *sender);

#endif /* SHAKOD_ALERT_MESSAGE_H */
