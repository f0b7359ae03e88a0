#ifndef SHAKO_TLS_CERTIFICATE_TABLE_H
#define SHAKO_TLS_CERTIFICATE_TABLE_H

#include <shako/certificate.h>

/* Makes |table| immutable. */
void shako__certificate_table_publish(shako_certificate_table *table);

/* As shako_certificate_table_find() for the name in |hello|, but where its
   client can use none of those, it is what it can use of the certificates of
   the name with "*" or else of the defaults, if there is one among them. */
shako_certificate *const *
shako__certificate_table_select(const shako_certificate_table *table,
                                const shako_client_hello *hello, size_t *count);

#endif /* SHAKO_TLS_CERTIFICATE_TABLE_H */
