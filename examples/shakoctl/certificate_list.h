#ifndef SHAKOCTL_CERTIFICATE_LIST_H
#define SHAKOCTL_CERTIFICATE_LIST_H

#include "draft.h"

#define CERTIFICATE_LIST_MAX 256

/* The certificates that there are: those of the listeners, and each NAME.pem
   with a NAME.key beside the configuration, written or to be written. */
typedef struct certificate_list {
  certificate_settings items[CERTIFICATE_LIST_MAX]; /* strings are its own */
  size_t count;
} certificate_list;

void certificate_list_make(certificate_list *list, const draft *d);

void certificate_list_free(certificate_list *list);

/* Reads |item| as it is to be.  Returns false after a line that says what is
   wrong; else |*certificate|, of which a reference is given, is what |*report|
   is about. */
bool certificate_list_read(const certificate_settings *item, const draft *d,
                           shako_certificate **certificate,
                           shako_certificate_report *report);

/* Says all of |item| on one line. */
void certificate_list_show(const certificate_settings *item, const draft *d);

#endif /* SHAKOCTL_CERTIFICATE_LIST_H */
