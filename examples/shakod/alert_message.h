#ifndef SHAKOD_ALERT_MESSAGE_H
#define SHAKOD_ALERT_MESSAGE_H

#include "maildir.h"
#include "settings.h"

/* Who sends alerts, and where they go. */
typedef struct alert_sender {
  const settings *settings; /* whose recipients they are for */
  const char *hostname;
  maildir folder;
  maildir_names names;
} alert_sender;

/* Stores the message of |notice| for all who want it, and logs a line; where
   nobody does, it is dropped.  |now| is the clock of the notice. */
void alert_message_store(alert_sender *sender, const shako_alert_notice *notice,
                         shako_time now);

#endif /* SHAKOD_ALERT_MESSAGE_H */
