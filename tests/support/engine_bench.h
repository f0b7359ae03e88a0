#ifndef ENGINE_BENCH_H
#define ENGINE_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine_cases.h"
#include "engine_pair.h"

#define TLS_1_2 MBEDTLS_SSL_VERSION_TLS1_2
#define TLS_1_3 MBEDTLS_SSL_VERSION_TLS1_3

#define OK        SHAKO_TLS_STATUS_OK
#define WANT_RECV SHAKO_TLS_STATUS_WANT_RECV
#define CLOSED    SHAKO_TLS_STATUS_CLOSED
#define FAILED    SHAKO_TLS_STATUS_FAILED

/* What the tests of a run share. */
typedef struct engine_bench {
  const engine_kit *kit;
  const char *folder;
  size_t step; /* from one allocation that fails to the next; not 0 */
  void *context;
  shako_certificate *both[2]; /* RSA, ECDSA */
  mbedtls_x509_crt authority; /* of none of them */
} engine_bench;

extern engine_bench bench;

extern const mbedtls_ssl_protocol_version versions[2]; /* 1.2, 1.3 */

/* The setup and teardown of a group. */
int bench_setup(void **state);
int bench_teardown(void **state);

/* Opens a pair with both certificates. */
void open_pair(tls_pair *pair, const pair_options *options);

/* Opens a pair with the |count| |certificates|. */
void open_pair_with(tls_pair *pair, shako_certificate **certificates,
                    size_t count, const pair_options *options);

/* Opens a pair whose client speaks |version| alone, after its handshake. */
void open_done(tls_pair *pair, mbedtls_ssl_protocol_version version);

/* Asserts that the connection has failed, for |failure|, and that it stays so
   whatever is called. */
void assert_failed(tls_pair *pair, shako_tls_failure failure);

/* Asserts that |text| crosses in both directions. */
void assert_talks(tls_pair *pair, const char *text);

/* Whether one of the records in |records| is an alert. */
bool has_alert(const octets *records);

/* A certificate, and what a client sees of it. */
typedef struct shown {
  shako_certificate *certificate;
  tls_pair pair;
  mbedtls_x509_crt *chain;
} shown;

/* Shows |certificate|, whose reference |what| takes over, to a client.  That
   works only where the key belongs to it. */
void show(shown *what, shako_certificate *certificate);
void hide(shown *what);

/* The groups. */
int engine_works_run(void);
int engine_levels_run(void);
int engine_macs_run(void);
int engine_records_run(void);
int engine_ends_run(void);
int engine_alerts_run(void);
int engine_ours_run(void);
int engine_hello_run(void);
int engine_clients_run(void);
int certificate_files_run(void);
int certificate_parse_run(void);
int certificate_checks_run(void);
int certificate_demonstration_run(void);
int session_memory_run(void);

#endif /* ENGINE_BENCH_H */
