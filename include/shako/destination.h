#ifndef SHAKO_DESTINATION_H
#define SHAKO_DESTINATION_H

#include <shako/common.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The TLS setting of a destination: a domain that mail is delivered to. */
typedef enum shako_destination_tls {
  SHAKO_DESTINATION_TLS_NO,        /* never tried (the default) */
  SHAKO_DESTINATION_TLS_PREFERRED, /* in the clear where TLS is not to be had
                                      before the 220 to STARTTLS; never once
                                      that was said */
  SHAKO_DESTINATION_TLS_REQUIRED,  /* never in the clear */
  /* Likewise, and the certificate is verified: */
  SHAKO_DESTINATION_TLS_PREFERRED_VERIFY, /* ... a bad one is told of, and mail
                                             is delivered inside TLS */
  SHAKO_DESTINATION_TLS_REQUIRED_VERIFY   /* ... a bad one keeps mail back */
} shako_destination_tls;

/* Returns "No", "Preferred", "Required", "Preferred (Verify)" or "Required
   (Verify)"; "unknown" for a number out of range. */
SHAKO_API const char *shako_destination_tls_name(shako_destination_tls tls);

/* How mail for a domain is to be delivered. */
typedef struct shako_destination {
  size_t struct_size; /* set by shako_destination_default() */
  const char *name;   /* of the section that decided: "example.com",
                         ".example.com"; NULL: the default; as the table */
  uint32_t line;      /* of that section; 0: there is none */
  shako_destination_tls tls;
  uint16_t tls_min_version; /* 0x0303 (TLS 1.2) or 0x0304 (TLS 1.3) */
  uint8_t alert;            /* required TLS that fails is told */
  uint8_t reserved[5];      /* 0 */
} shako_destination;

/* What shako_destination_default() calls. */
SHAKO_API void shako_destination_default_sized(shako_destination *destination,
                                               size_t size);

/* Fills |*DESTINATION| with what a table without a word says: TLS No, 1.2 or
   later, no alerts. */
#define shako_destination_default(DESTINATION)                                 \
  shako_destination_default_sized((DESTINATION), sizeof(*(DESTINATION)))

/**
 * Destination controls: a setting for each domain, and one for all others.
 *
 *   [DEFAULT]
 *   table_tls = on
 *   send_tls_req_alert = on
 *   [bank.example]
 *   table_tls = require_verify
 *   tls_min_version = 1.3
 *   [.bank.example]
 *   table_tls = required
 *
 * lib/policy/README.md describes the language.  It reads what Cisco's
 * appliances export.  Immutable once read, reference-counted, shared by
 * threads.
 */
typedef struct shako_destinations shako_destinations;

/**
 * Reads the table that |text| holds and stores it in |*pdestinations|, with
 * memory from |mem| (copied; NULL for malloc).
 *
 * Returns 0, or
 *   SHAKO_ERR_SYNTAX  |*place| says where and why; |*pdestinations| is
 *                     untouched
 *   SHAKO_ERR_NOMEM
 */
SHAKO_API int shako_destinations_read(shako_destinations **pdestinations,
                                      shako_span text, const shako_mem *mem,
                                      shako_place *place);

/* Takes one more reference to |destinations| and returns it. */
SHAKO_API shako_destinations *
shako_destinations_ref(shako_destinations *destinations);

/* Gives a reference back; the last one frees.  NULL does nothing. */
SHAKO_API void shako_destinations_unref(shako_destinations *destinations);

/**
 * Writes |destinations| as text with a NUL to |buf|, as far as |size| octets
 * hold it; shako_destinations_read() reads it in again as the same table.
 * Comments are not kept.
 *
 * Returns the length of the whole text without the NUL.
 */
SHAKO_API size_t shako_destinations_write(
    const shako_destinations *destinations, char *buf, size_t size);

/* Fills |*destination|, whose struct_size is set, with what holds for |domain|,
   the one behind the @ of a recipient, in any case: its own section, or else
   that of the longest ".domain" over it, or else the default.  Sections are of
   ASCII: give a domain with labels of UTF-8 as DNS has it, in A-labels (RFC
   5890), or none but the default holds. */
SHAKO_API void shako_destinations_find(const shako_destinations *destinations,
                                       shako_span domain,
                                       shako_destination *destination);

/* Fills |*destination|, whose struct_size is set, with the |i|-th section, in
   the order of the text; the 0-th is the default.  Returns 0, or
   SHAKO_ERR_INVALID_ARGUMENT past the last. */
SHAKO_API int shako_destination_at(const shako_destinations *destinations,
                                   size_t i, shako_destination *destination);

/* How far an attempt to start TLS with a next hop got. */
typedef enum shako_attempt_state {
  SHAKO_ATTEMPT_BROKEN,      /* no connection, or it ended or was refused where
                                TLS was not what it ended over */
  SHAKO_ATTEMPT_NOT_OFFERED, /* the reply to EHLO has no STARTTLS */
  SHAKO_ATTEMPT_NOT_STARTED, /* STARTTLS got another reply than 220, or none */
  SHAKO_ATTEMPT_FAILED,      /* after the 220 the handshake failed */
  SHAKO_ATTEMPT_SECURED      /* TLS is up, or was given up for its certificate
                                alone */
} shako_attempt_state;

/* What verifying the next hop's certificate gave. */
typedef enum shako_attempt_certificate {
  SHAKO_ATTEMPT_CERTIFICATE_UNCHECKED,
  SHAKO_ATTEMPT_CERTIFICATE_GOOD,
  SHAKO_ATTEMPT_CERTIFICATE_MISMATCH,    /* of another host */
  SHAKO_ATTEMPT_CERTIFICATE_EXPIRED,     /* or not yet valid */
  SHAKO_ATTEMPT_CERTIFICATE_NOT_TRUSTED, /* no trusted authority signed it */
  SHAKO_ATTEMPT_CERTIFICATE_INVALID      /* wrong in another way */
} shako_attempt_certificate;

/* What happened when mail was to be delivered. */
typedef struct shako_attempt {
  size_t struct_size; /* sizeof(shako_attempt) */
  shako_attempt_state state;
  shako_attempt_certificate certificate; /* where TLS was SECURED */
  uint16_t version;    /* of TLS; 0: the TLS library saw to the floor */
  uint16_t reply;      /* 4yz or 5yz that refused the connection or the
                          message, not STARTTLS alone; 0: none */
  uint8_t last;        /* no further attempt is made: what would be deferred
                          bounces */
  uint8_t reserved[3]; /* 0 */
} shako_attempt;

typedef enum shako_delivery {
  SHAKO_DELIVERY_ENCRYPTED, /* deliver, inside TLS */
  SHAKO_DELIVERY_CLEAR,     /* deliver, in the clear */
  SHAKO_DELIVERY_DEFER,     /* keep the mail and try again later */
  SHAKO_DELIVERY_BOUNCE     /* give it back to its sender */
} shako_delivery;

/* What is to be done, and what is to be told. */
typedef struct shako_delivery_verdict {
  shako_delivery delivery;
  const char *result; /* the result type of RFC 8460 4.3 ("certificate-expired")
                         of a TLS that was wanted and not had, whatever is
                         done; NULL: none */
  const char *text;   /* why, in English; static storage, as |result| */
  uint8_t alert;      /* an alert is due: required TLS failed */
} shako_delivery_verdict;

/**
 * Judges what |attempt| says under |destination| and fills |*verdict|.  A pure
 * function, and all that decides between TLS and clear text: what it does not
 * call CLEAR must not be sent in the clear.
 */
SHAKO_API void shako_destination_judge(const shako_destination *destination,
                                       const shako_attempt *attempt,
                                       shako_delivery_verdict *verdict);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_DESTINATION_H */
