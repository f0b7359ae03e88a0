#ifndef SHAKO_ALERT_H
#define SHAKO_ALERT_H

#include <shako/certificate.h>
#include <shako/destination.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an alert is about. */
typedef enum shako_alert_class {
  SHAKO_ALERT_CLASS_SYSTEM,
  SHAKO_ALERT_CLASS_DELIVERY,
  SHAKO_ALERT_CLASS_COUNT
} shako_alert_class;

typedef enum shako_alert_severity {
  SHAKO_ALERT_SEVERITY_CRITICAL,    /* somebody must act now */
  SHAKO_ALERT_SEVERITY_WARNING,     /* somebody must look, and may have to */
  SHAKO_ALERT_SEVERITY_INFORMATION, /* all is well */
  SHAKO_ALERT_SEVERITY_COUNT
} shako_alert_severity;

/* Returns "System", "Message Delivery"; "unknown" for a number out of range. */
SHAKO_API const char *shako_alert_class_name(shako_alert_class alert_class);

/* Returns "Critical", "Warning", "Information"; "unknown" likewise. */
SHAKO_API const char *shako_alert_severity_name(shako_alert_severity severity);

/* The set of alerts that a recipient wants: a bit for each class and
   severity. */
#define SHAKO_ALERT_WANTS(CLASS, SEVERITY)                                     \
  (1u << ((unsigned)(CLASS)*SHAKO_ALERT_SEVERITY_COUNT + (unsigned)(SEVERITY)))

/**
 * Reads |text| into the set |*wants|: one or more of CLASS or CLASS/SEVERITY,
 * separated by commas, by their names in any case; "All" stands for every
 * class, or severity.  "All", "System/Warning, System/Critical".
 *
 * Returns 0, or
 *   SHAKO_ERR_SYNTAX  |*place| says where and why; |*wants| is untouched
 */
SHAKO_API int shako_alert_wants_read(uint32_t *wants, shako_span text,
                                     shako_place *place);

#define SHAKO_ALERT_KEY_SIZE  384
#define SHAKO_ALERT_TEXT_SIZE 1024

/**
 * An alert.  Fill it by one of the functions below, or by hand.  What does not
 * fit is cut off.
 */
typedef struct shako_alert {
  size_t struct_size; /* sizeof(shako_alert) */
  shako_alert_class alert_class;
  shako_alert_severity severity;
  uint32_t threshold; /* it is sent when it was raised so often; 0 is 1 */
  char key[SHAKO_ALERT_KEY_SIZE];   /* alerts with one key are duplicates */
  char text[SHAKO_ALERT_TEXT_SIZE]; /* English, in lines that LF separates; the
                                       first stands in the subject too */
} shako_alert;

/* Fills |*alert| for mail to |domain| that was kept back at |host|, since TLS,
   which is required, was not to be had: |verdict| says why, and |detail| what
   was heard of it ("454 4.7.0 TLS not available"; empty for nothing). */
SHAKO_API void shako_alert_required_tls(shako_alert *alert, shako_span domain,
                                        shako_span host,
                                        const shako_delivery_verdict *verdict,
                                        shako_span detail);

/* Fills |*alert| for a peer of the sender group |group| (NULL: none) that had
   to use TLS and did not, once |threshold| such were seen: |address| says who
   it was, and |failure| how its TLS failed; NONE: it did not start any. */
SHAKO_API void shako_alert_inbound_tls(shako_alert *alert, const char *group,
                                       const shako_address *address,
                                       shako_tls_failure failure,
                                       uint32_t threshold);

/* Fills |*alert| for peers that begin more handshakes than their policy allows,
   once |threshold| such were seen: |address| was the last. */
SHAKO_API void shako_alert_handshakes(shako_alert *alert,
                                      const shako_address *address,
                                      uint32_t threshold);

/* Fills |*alert| for the listener |listener|, whose certificate is the
   demonstration one, which proves nothing. */
SHAKO_API void shako_alert_demonstration(shako_alert *alert,
                                         const char *listener);

/* Of a certificate of whose end nothing was said yet. */
#define SHAKO_ALERT_EXPIRY_UNTOLD INT32_MAX

/**
 * Fills |*alert| where the end of the certificate |name| (a file, a host) is to
 * be told: 30, 14, 7 and 1 days before, and when it is there, each once.
 * |*told| is the caller's memory of it, one for each certificate: begin with
 * SHAKO_ALERT_EXPIRY_UNTOLD, and begin anew with another certificate.
 *
 * Returns 1 where |*alert| is filled, or 0.
 */
SHAKO_API int
shako_alert_certificate_expiry(shako_alert *alert, const char *name,
                               const shako_certificate_report *report,
                               int32_t *told);

typedef struct shako_alerts_config {
  size_t struct_size;  /* set by shako_alerts_config_default() */
  uint32_t first_wait; /* seconds until the first duplicate is sent; 0: each
                          alert is sent; 300 */
  uint32_t max_wait;   /* the most seconds between duplicates; 0: any; 3600 */
  uint32_t places;     /* keys that are remembered, of some 1.5 KiB; 64 */
  uint32_t reserved;   /* 0 */
} shako_alerts_config;

/* What shako_alerts_config_default() calls. */
SHAKO_API void shako_alerts_config_default_sized(shako_alerts_config *config,
                                                 size_t size);

/* Fills |*CONFIG| with the defaults. */
#define shako_alerts_config_default(CONFIG)                                    \
  shako_alerts_config_default_sized((CONFIG), sizeof(*(CONFIG)))

/**
 * Alerts that were raised, by the appliances' rule for duplicates.
 *
 * The first one is sent at once.  Those with the same key are counted, and told
 * of in one notice when |first_wait| seconds have passed since the first, and
 * then each time when twice as many and |first_wait| have passed; where that
 * is over |max_wait|, at the next multiple of it.  So 5 seconds give 5, 15, 35,
 * 75, 155, 315; and with 60 at the most 5, 15, 35, 60, 120, 180.  A key of
 * which nothing was heard from one time to the next is forgotten.
 *
 * An alert with a threshold is counted before its first notice likewise, and
 * forgotten where |max_wait| (or else an hour) passes before it is reached.
 *
 * Where all places are taken, a new key has that of the oldest one that was
 * counted and not told of yet.  Without such a one alerts of more keys share
 * one for each class and severity: whoever can choose keys displaces none that
 * was told of.
 *
 * Of one thread at a time.
 */
typedef struct shako_alerts shako_alerts;

/**
 * Makes an empty one by |config| (NULL for the defaults), with memory from
 * |mem| (copied; NULL for malloc), all that it ever takes, and stores it in
 * |*palerts|.
 *
 * Returns 0, or
 *   SHAKO_ERR_INVALID_ARGUMENT  |config| has no struct_size, or no places, or
 *                               over 65536
 *   SHAKO_ERR_NOMEM
 */
SHAKO_API int shako_alerts_new(shako_alerts **palerts,
                               const shako_alerts_config *config,
                               const shako_mem *mem);

/* Frees |alerts|.  NULL does nothing. */
SHAKO_API void shako_alerts_free(shako_alerts *alerts);

/* What is to be sent. */
typedef struct shako_alert_notice {
  const shako_alert *alert; /* the last one */
  uint8_t crowded;          /* it stands for alerts of several keys, which found
                               no place */
  uint8_t reserved[7];      /* 0 */
  uint64_t serial;          /* 1, 2, ... of all notices */
  uint64_t count;           /* alerts since the notice before, this one too */
  uint64_t total;           /* ... since the first */
  shako_time first;         /* when that was raised, and the last */
  shako_time last;
} shako_alert_notice;

/* Raises |alert|.  Returns the notice to be sent now, which lives until the
   next call with |alerts|, or NULL: it was counted. */
SHAKO_API const shako_alert_notice *shako_alerts_raise(shako_alerts *alerts,
                                                       const shako_alert *alert,
                                                       shako_time now);

/* Returns a notice of duplicates that is due, which lives until the next call
   with |alerts|, or NULL when there is none any more. */
SHAKO_API const shako_alert_notice *shako_alerts_due(shako_alerts *alerts,
                                                     shako_time now);

/* Returns when shako_alerts_due() has the next notice, or SHAKO_TIME_NEVER. */
SHAKO_API shako_time shako_alerts_expiry(const shako_alerts *alerts);

/* Who sends a notice to whom, and when. */
typedef struct shako_alert_envelope {
  size_t struct_size;    /* sizeof(shako_alert_envelope) */
  const char *hostname;  /* a domain or an address literal */
  const char *from;      /* an address without brackets; NULL: alert@hostname */
  const char *const *to; /* likewise; one at least */
  size_t to_count;
  int64_t unix_time; /* seconds ... */
  shako_time now;    /* ... and the same on the clock of |notice| */
  uint64_t unique;   /* of this process, for the Message-ID */
} shako_alert_envelope;

/**
 * Writes |notice| as a message (RFC 5322) with a NUL to |buf|, as far as |size|
 * octets hold it, and the length of the whole without the NUL to |*len|.  It is
 * of printable ASCII, whatever is in the alert, in lines that CRLF ends and
 * that are 998 octets at the most; nothing in an alert begins a field.
 *
 * Returns 0, or
 *   SHAKO_ERR_INVALID_ARGUMENT  |hostname|, |from| or one of |to| is not what
 *                               it is to be; none of |to|; the year is not
 *                               1970 to 9999
 */
SHAKO_API int shako_alert_write(const shako_alert_notice *notice,
                                const shako_alert_envelope *envelope, char *buf,
                                size_t size, size_t *len);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_ALERT_H */
