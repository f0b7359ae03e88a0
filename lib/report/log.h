#ifndef SHAKO_REPORT_LOG_H
#define SHAKO_REPORT_LOG_H

#include <shako/log.h>

#include "base/json.h"

/* What the forms of the log share. */

/* Begins a line: the object, its |type|, time and |icid|. */
void shako__log_begin(shako__json *json, const char *type, uint64_t icid,
                      int64_t unix_ms);

/* Ends it, and returns its length. */
size_t shako__log_end(shako__json *json);

/* Writes which entry of the table decided. */
void shako__log_match(shako__json *json, const shako_hat_match *match);

/* Writes the name of |version|, or null for 0. */
void shako__log_version(shako__json *json, const char *key, uint16_t version);

/* Writes the certificate of a client; NULL: none was asked for. */
void shako__log_client(shako__json *json,
                       const shako_client_certificate *client);

/* Writes what a client offered; NULL: nobody knows. */
void shako__log_offer(shako__json *json, const shako_tls_offer *offer);

/* Returns why there is no TLS though it was asked for, or why it failed once
   there was, in a word; NULL: neither is so. */
const char *shako__log_failure(const shako_record *record);

/* Takes over what the caller knows of a record, and of its TLS to |tls|, to
   which |record->tls| then points. */
void shako__log_record(shako_record *record, shako_tls_info *tls,
                       const shako_record *given);

#endif /* SHAKO_REPORT_LOG_H */
