#ifndef SHAKOD_OFFERS_H
#define SHAKOD_OFFERS_H

#include <shako/shako.h>

/* What a listener offers without a word in the configuration: of what shakod
   keeps by itself all that changes nothing for who reads its folder.  Of DSN,
   BINARYMIME and REQUIRETLS that reader must know. */
#define OFFERS_DEFAULT                                                         \
  (SHAKO_OFFER_CHUNKING | SHAKO_OFFER_SMTPUTF8 | SHAKO_OFFER_LIMITS)

/* Likewise of SASL, where there are passwords: the strongest first. */
#define MECHANISMS_DEFAULT "SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN"

/* Reads |words|, keywords of EHLO ("CHUNKING DSN"), into |*offers|.  Returns
   NULL, or what is wrong. */
const char *offers_read(unsigned *offers, const char *words);

/* Returns what is wrong with |words| as mechanisms of SASL, or NULL. */
const char *offers_judge_mechanisms(const char *words);

#endif /* SHAKOD_OFFERS_H */
