#ifndef RECORDS_H
#define RECORDS_H

#include <shako/record.h>

/* A record with all that it points to. */
typedef struct record_draft {
  shako_record record;
  shako_peer peer;
  shako_tls_info tls;
  uint32_t refused[64]; /* shako_reason_count() of them */
  char name[64];
} record_draft;

/* Makes |draft| an ordinary connection in the clear, of 192.0.2.1, that brought
   one message. */
void record_draft_plain(record_draft *draft);

/* Makes |draft| any connection: |random| is what the next one is made of.  The
   peers are |peers| many, the first ones far more often than the last. */
void record_draft_random(record_draft *draft, uint64_t *random, unsigned peers);

/* Returns a number below |n| (never 0) of |*random|. */
unsigned record_random(uint64_t *random, unsigned n);

#endif /* RECORDS_H */
