#ifndef DELIVER_ALERT_H
#define DELIVER_ALERT_H

#include "options.h"
#include "smtp.h"

/* Tells whom the options name that TLS, which |verdict| required, failed.  What
   goes wrong with it goes to standard error. */
void alert_send(const options *o, const shako_delivery_verdict *verdict,
                const char *detail);

#endif /* DELIVER_ALERT_H */
