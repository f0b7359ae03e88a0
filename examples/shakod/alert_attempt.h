#ifndef SHAKOD_ALERT_ATTEMPT_H
#define SHAKOD_ALERT_ATTEMPT_H

#include <uv.h>

/* No line of deliver is longer that is kept. */
#define ALERT_ATTEMPT_LINE 512

/* A program that was given a text to read, and what became of it: whatever
   hangs or falls, falls there. */
typedef struct alert_attempt {
  void *data; /* the caller's, as the next */
  void (*done)(struct alert_attempt *a);
  int status; /* that it exited with; -1: it did not, or was not started */
  char line[ALERT_ATTEMPT_LINE]; /* the first that it said, or why it could
                                    not: printable ASCII */
  size_t len;
  unsigned handles; /* that are not closed yet */
  uv_process_t process;
  uv_pipe_t in;
  uv_pipe_t out;
  uv_timer_t timer;
  uv_write_t write;
  char rest[256]; /* of what it says, which nobody reads */
} alert_attempt;

/* Starts the program |words|, of which the last is NULL, with |text| (which
   lives until it is done) as its input, and kills it after |seconds|.  |done|
   is called once, and later, when it has ended; |data| and |done| are set. */
void alert_attempt_start(alert_attempt *a, uv_loop_t *loop, char **words,
                         uv_buf_t text, unsigned seconds);

/* Kills it. */
void alert_attempt_kill(alert_attempt *a);

#endif /* SHAKOD_ALERT_ATTEMPT_H */
