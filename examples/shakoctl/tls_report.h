#ifndef SHAKOCTL_TLS_REPORT_H
#define SHAKOCTL_TLS_REPORT_H

#include "ctl.h"

/* The command tlsreport: what became of TLS at a shakod that tells it. */
bool tls_report(ctl *c, char *arguments);

#endif /* SHAKOCTL_TLS_REPORT_H */
