#ifndef SHAKO_TESTS_BENCH_H
#define SHAKO_TESTS_BENCH_H

/* What the benchmarks in C share: a clock, and results as JSON, one object a
   line, as README.md says. */

typedef enum bench_limit {
  BENCH_NO_GOAL,
  BENCH_AT_MOST,
  BENCH_AT_LEAST
} bench_limit;

/* A goal.  Missing one fails nothing. */
typedef struct bench_goal {
  bench_limit limit;
  double value;
} bench_goal;

/* Returns the nanoseconds of a clock that never goes back. */
double bench_now(void);

/* Prints the result |value| of what is called |name|, in |unit|. */
void bench_result(const char *name, double value, const char *unit,
                  bench_goal goal);

/* Ends the process where |ok| is false: nothing can be measured. */
void bench_need(int ok, const char *what);

#endif /* SHAKO_TESTS_BENCH_H */
