#ifndef FUZZ_CHECK_H
#define FUZZ_CHECK_H

#include <stddef.h>
#include <stdint.h>

/* What a target asserts; the input that breaks it is a finding. */
#define CHECK(CONDITION)                                                       \
  do {                                                                         \
    if (!(CONDITION)) {                                                        \
      __builtin_trap();                                                        \
    }                                                                          \
  } while (0)

/* A target: runs one input.  Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

#endif /* FUZZ_CHECK_H */
