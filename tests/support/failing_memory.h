#ifndef FAILING_MEMORY_H
#define FAILING_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Memory that runs out.  Who allocates for what is tested asks each time
   whether it fails; what a test allocates for itself does not. */
typedef struct failing_memory {
  bool armed;   /* what is tested is at work, and not the test */
  size_t at;    /* the allocation that fails, from 1; 0: none */
  bool onwards; /* ... and all behind it */
  bool ours;    /* only the listener's fail and count, and not the library's */
  size_t calls; /* allocations so far, while armed */
  size_t live;  /* blocks that are not freed; 0 where nobody counts them */
} failing_memory;

extern failing_memory failing;

/* Counts an allocation of a TLS library's, and of a listener's.  Returns
   whether it fails. */
bool failing_now(void);
bool failing_now_ours(void);

/* Calls |what| with its n-th allocation failing, for each of the first 64, then
   for every |step|-th n that it comes to, and then with none.  Returns how
   many there were, or up to |step| more. */
size_t failing_for_each(void (*what)(bool refused), size_t step);

#endif /* FAILING_MEMORY_H */
