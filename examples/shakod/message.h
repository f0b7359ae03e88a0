#ifndef SHAKOD_MESSAGE_H
#define SHAKOD_MESSAGE_H

#include <stdbool.h>

#include <shako/shako.h>

#include "buffer.h"
#include "maildir.h"

struct mail;

/* A message of a transaction, from MAIL to its last reply.  Begin with all at
   zero. */
typedef struct message {
  buffer head;         /* what is known of its head */
  buffer recipient;    /* the path of the first one */
  uint32_t recipients; /* that were accepted */
  bool binary;         /* BODY=BINARYMIME: no octet of it is changed */
  delivery *file;      /* from DATA on, unless it is with the pool */
  int error;           /* what errno was where it could not be stored; or 0 */
} message;

/* Takes note of a sender, of one more recipient.  Each returns false without
   memory. */
bool message_add_sender(struct mail *m, const shako_event *event);
bool message_add_recipient(struct mail *m, const shako_event *event);

/* Opens the file and writes the head.  Returns 0, or what errno was. */
int message_begin(struct mail *m);

void message_write(struct mail *m, shako_span octets);

/* Answers the MESSAGE |event|: the first one of a message once it is on the
   disk, those of further recipients as that. */
void message_finish(struct mail *m, const shako_event *event);

/* Drops it, and frees what |*message| holds. */
void message_end(message *message);

#endif /* SHAKOD_MESSAGE_H */
