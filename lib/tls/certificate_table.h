#ifndef SHAKO_TLS_CERTIFICATE_TABLE_H
#define SHAKO_TLS_CERTIFICATE_TABLE_H

#include <shako/certificate.h>

/* Makes |table| immutable. */
void shako__certificate_table_publish(shako_certificate_table *table);

#endif /* SHAKO_TLS_CERTIFICATE_TABLE_H */
