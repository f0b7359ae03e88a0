#ifndef FAKE_ENGINE_H
#define FAKE_ENGINE_H

#include <shako/shako.h>

/*
 * A shako_tls_engine over trivial framed records, for tests and fuzzing.
 *
 * A record is its type, two octets of length (high first) and a payload.
 * The payload of data is xored with 0x5a, so that clear text can never be
 * taken for TLS or the reverse.
 *
 * The client's handshake is HELLO, answered by DONE; with |two_flights| it is
 * HELLO, answered by MORE, and then FINISH, answered by DONE.  In place of
 * either:
 *   "FAIL name"   the engine sends an alert and fails, |name| being one of
 *                 shako_tls_failure_name()
 *   "ALERT name"  the engine fails so without an alert, as if the client had
 *                 sent one
 * A first octet but 0x16 is NOT_TLS, without an alert.  A record of type
 * 0x15 is close_notify if its payload is "CLOSE", and else a fatal alert.
 */

#define FAKE_HANDSHAKE 0x16u
#define FAKE_DATA      0x17u
#define FAKE_ALERT     0x15u

/* Of the client's records; a longer one breaks the rules. */
#define FAKE_RECORD_MAX 4096u
/* Of the engine's own, so that writing is split. */
#define FAKE_WRITE_MAX 1000u
/* Added to a payload. */
#define FAKE_HEADER 3u

/* What the engine counts.  Not atomic: one thread. */
typedef struct fake_counters {
  unsigned inits;
  unsigned frees;
  unsigned alpn_any;     /* inits that had it */
  unsigned certificates; /* set_certificate() calls that went well */
  unsigned readies;
  unsigned selects;
  unsigned misuses; /* calls that tls.h promises not to make */
  const char *misuse;
} fake_counters;

/* The listener's |context|.  All zero is a good one. */
typedef struct fake_context {
  uint16_t version; /* 0: 0x0304 */
  uint8_t two_flights;
  uint8_t fail_init;
  uint8_t fail_set_certificate;
  uint8_t fail_write;
  uint8_t fail_binding;
  uint32_t
      client_faults; /* of the client's certificate: SHAKO_CLIENT_FAULT_* */
  fake_counters *counters; /* NULL: not counted */
} fake_context;

extern const shako_tls_engine fake_engine;

/* What |version| makes it: TLS_AES_128_GCM_SHA256, or a cipher of 1.2. */
const char *fake_cipher(uint16_t version);

#define FAKE_GROUP "x25519"

/* All octets of the channel binding of TLS 1.3; of 1.2 there is none. */
#define FAKE_BINDING 0x33

/* Returns a number that says how far a connection of the engine is: its
   phase, and how much it has of a record. */
unsigned fake_progress(const void *conn);

/* A certificate of the fake engine.  |references| is 1 to begin with; what
   is left in the end says what leaked. */
typedef struct fake_certificate {
  shako_certificate base;
  unsigned released;
} fake_certificate;

void fake_certificate_init(fake_certificate *certificate);

/* Authorities of the fake engine, which nothing is ever checked against; they
   are never released. */
shako_authorities *fake_authorities(void);

/* All octets of the SHA-256 of the client's certificate, and of its key. */
#define FAKE_CLIENT_SHA256      0x11
#define FAKE_CLIENT_SPKI_SHA256 0x22

#define FAKE_SCRIPT_MAX 8u

/* What one of the provider's functions returns, call by call; the last for
   ever; with none OK. */
typedef struct fake_script {
  shako_provider_status status[FAKE_SCRIPT_MAX];
  size_t length;
  size_t next;
} fake_script;

/* A provider that follows its scripts and gives |certificate|. */
typedef struct fake_provider {
  fake_script ready;
  fake_script select;
  fake_certificate *certificate;
  fake_counters *counters; /* or NULL */
} fake_provider;

void fake_script_add(fake_script *script, shako_provider_status status);

/* Fills |*out| with the functions of |provider|, which is borrowed. */
void fake_provider_fill(fake_provider *provider,
                        shako_certificate_provider *out);

/* Writes one record of |len| octets (FAKE_RECORD_MAX at most) of |payload| to
   |out|, which has room for FAKE_HEADER more, and returns its length. */
size_t fake_record(uint8_t *out, unsigned type, const void *payload,
                   size_t len);

typedef enum fake_decoded {
  FAKE_DECODED_NOTHING, /* no whole record yet */
  FAKE_DECODED_RECORD,
  FAKE_DECODED_BAD /* this is no record */
} fake_decoded;

typedef struct fake_view {
  unsigned type;
  size_t used; /* octets of the record with its header */
  size_t len;
  uint8_t payload[0x10000]; /* data is in the clear again */
} fake_view;

/* Reads the first record of |octets| to |*view|. */
fake_decoded fake_decode(fake_view *view, const uint8_t *octets, size_t len);

#endif /* FAKE_ENGINE_H */
