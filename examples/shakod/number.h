#ifndef SHAKOD_NUMBER_H
#define SHAKOD_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* Reads |text|, decimal digits and nothing else, into |*number|.  Returns
   false where it is anything else or not from |min| to |max|. */
bool number_parse(const char *text, uint64_t min, uint64_t max,
                  uint64_t *number);

#endif /* SHAKOD_NUMBER_H */
