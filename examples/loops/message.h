#ifndef LOOPS_MESSAGE_H
#define LOOPS_MESSAGE_H

/*
 * What an MTA does with the mail of one connection: it answers, keeps the
 * envelope, writes the trace (RFC 5321 4.4) and stores the message, here as a
 * file with the line ends of the wire.  While it is not complete the name of
 * the file begins with a dot.
 */
#include <stdbool.h>
#include <stdio.h>

#include <shako/shako.h>

typedef struct message {
  int folder;
  FILE *file; /* NULL: there is no transaction */
  char name[64];
  char hello[256]; /* the name that the peer gave */
} message;

/* Takes |event|, and answers it where it is a question; but of the end of a
   message it returns true: then message_write(), something that makes the file
   safe, and message_publish() are due, and the answer. */
bool message_take(message *m, shako_session *session, const shako_event *event);

/* Hands all of the file to the system.  Returns false where it cannot. */
bool message_write(message *m);

/* Gives the file, which is safe on the disk, its name.  Returns as
   message_write(). */
bool message_publish(message *m);

/* Says yes or no to the message, whose transaction is then over. */
void message_answer(message *m, shako_session *session, shako_question question,
                    bool stored);

/* Removes the file, if there is one. */
void message_drop(message *m);

#endif /* LOOPS_MESSAGE_H */
