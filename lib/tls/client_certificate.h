#ifndef SHAKO_TLS_CLIENT_CERTIFICATE_H
#define SHAKO_TLS_CLIENT_CERTIFICATE_H

#include <stdbool.h>

#include <shako/tls.h>

/* Judges what an engine found: fills |client->pinned| and |->verified|. */
void shako__client_certificate_judge(shako_client_certificate *client,
                                     const shako_policy *policy);

/* Whether |policy| has clients asked for their certificates. */
bool shako__client_certificate_wanted(const shako_policy *policy);

#endif /* SHAKO_TLS_CLIENT_CERTIFICATE_H */
