#ifndef TABLES_H
#define TABLES_H

#include <shako/hat.h>

/* Host Access Tables in memory that fails when it is told to, and counts the
   blocks that live in |failing|. */
extern const shako_mem table_mem;

/* A table as the appliances export it, and one with our own additions. */
extern const char table_exported[];
extern const char table_additions[];

/* Calls shako_hat_read() on a copy of |text| that ends where it does. */
int table_try(shako_hat **phat, shako_span text, const shako_policy *defaults,
              shako_place *place);

/* Reads a table; a fault fails the test. */
shako_hat *table_read(const char *text);
shako_hat *table_read_on(shako_span text, const shako_policy *defaults);

/* Returns |hat| in writing, which the caller frees. */
char *table_write(const shako_hat *hat);

/* Frees |hat|, with which all blocks must be gone. */
void table_free(shako_hat *hat);

/* |text| reads in, and is |expected| when it is written. */
void table_check_written(const char *text, const char *expected);

#endif /* TABLES_H */
