#define _POSIX_C_SOURCE 199309L

#include "bench.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

double bench_now(void) {
  struct timespec now;

  clock_gettime(CLOCK_MONOTONIC, &now);

  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static bool is_met(double value, bench_goal goal) {
  return goal.limit == BENCH_AT_MOST ? value <= goal.value
                                     : value >= goal.value;
}

void bench_result(const char *name, double value, const char *unit,
                  bench_goal goal) {
  printf("{\"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\"", name, value,
         unit);
  if (goal.limit != BENCH_NO_GOAL) {
    printf(", \"goal\": %g, \"at\": \"%s\", \"met\": %s", goal.value,
           goal.limit == BENCH_AT_MOST ? "most" : "least",
           is_met(value, goal) ? "true" : "false");
  }
  puts("}");
  fflush(stdout);
}

void bench_need(int ok, const char *what) {
  if (!ok) {
    fprintf(stderr, "cannot measure: %s\n", what);
    exit(1);
  }
}
