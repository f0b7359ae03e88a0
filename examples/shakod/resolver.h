#ifndef SHAKOD_RESOLVER_H
#define SHAKOD_RESOLVER_H

#include <stdbool.h>

#include <ares.h>
#include <uv.h>

/* The DNS on a loop of libuv: a channel of c-ares whose sockets the loop
   watches.  One for each worker, used by its thread alone. */
typedef struct resolver {
  uv_loop_t *loop;
  ares_channel channel;  /* NULL: closed */
  struct watch *watches; /* its sockets */
  uv_timer_t timer;      /* when c-ares next looks at what is overdue */
  unsigned lookup_time;  /* milliseconds, for all that one peer needs */
} resolver;

/**
 * Opens |r| on |loop|.  It asks |server| ("192.0.2.53:53"), or those of the
 * system for NULL.  Returns 0, or an error of c-ares.
 */
int resolver_open(resolver *r, uv_loop_t *loop, const char *server,
                  unsigned lookup_time);

/**
 * Asks for the records of |type| (as in arpa/nameser.h) of |name|, nowhere
 * but in the DNS.  |callback| gets |data| and the answer once: in here too,
 * and at resolver_close() at the latest.
 */
void resolver_ask(resolver *r, const char *name, int type,
                  ares_callback callback, void *data);

/* Tells all who wait that nothing comes any more, and gives up its handles on
   the loop.  Not to be called in a callback of the above. */
void resolver_close(resolver *r);

#endif /* SHAKOD_RESOLVER_H */
