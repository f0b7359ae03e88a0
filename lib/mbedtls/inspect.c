#include <string.h>

#include <psa/crypto.h>

#include "base/date.h"
#include "mbedtls/internal.h"

#define DAY 86400

/* Returns the |index|-th certificate of the chain, or NULL. */
static const mbedtls_x509_crt *member(const shako_certificate *base,
                                      size_t index) {
  const mbedtls_x509_crt *crt =
      &((const shako__mbedtls_certificate *)base)->chain;

  while (crt != NULL && index > 0) {
    crt = crt->next;
    index--;
  }

  return crt;
}

int64_t shako__mbedtls_unix_time(const mbedtls_x509_time *time) {
  const shako__date date = {time->year, time->mon, time->day};

  return shako__date_days(date) * DAY + time->hour * 3600 + time->min * 60 +
         time->sec;
}

static shako_span span(const mbedtls_x509_buf *buf) {
  return (shako_span){buf->p, buf->len};
}

static const char *curve_of(psa_key_type_t type, size_t bits) {
  if (PSA_KEY_TYPE_ECC_GET_FAMILY(type) != PSA_ECC_FAMILY_SECP_R1) {
    return NULL;
  }

  return bits == 256   ? "P-256"
         : bits == 384 ? "P-384"
         : bits == 521 ? "P-521"
                       : NULL;
}

static void read_key(shako_certificate_facts *facts,
                     const mbedtls_pk_context *key) {
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_key_type_t type = PSA_KEY_TYPE_NONE;

  if (mbedtls_pk_get_psa_attributes(key, PSA_KEY_USAGE_VERIFY_HASH,
                                    &attributes) == 0) {
    type = psa_get_key_type(&attributes);
  }
  psa_reset_key_attributes(&attributes);

  facts->key_bits = (uint32_t)mbedtls_pk_get_bitlen(key);
  facts->key = "other";
  if (PSA_KEY_TYPE_IS_RSA(type)) {
    facts->key = "RSA";
  } else if (PSA_KEY_TYPE_IS_ECC(type)) {
    facts->key = "ECDSA";
    facts->curve = curve_of(type, facts->key_bits);
  }
}

int shako__mbedtls_inspect(const shako_certificate *certificate, size_t index,
                           shako_certificate_facts *facts) {
  const mbedtls_x509_crt *crt = member(certificate, index);
  shako_certificate_facts known = {.struct_size = sizeof(known)};
  size_t len;

  if (crt == NULL) {
    return 0;
  }
  if (psa_hash_compute(PSA_ALG_SHA_256, crt->pk_raw.p, crt->pk_raw.len,
                       known.spki_sha256, sizeof(known.spki_sha256),
                       &len) != PSA_SUCCESS) {
    return SHAKO_ERR_NOMEM; /* nothing else goes wrong there */
  }
  known.not_before = shako__mbedtls_unix_time(&crt->valid_from);
  known.not_after = shako__mbedtls_unix_time(&crt->valid_to);
  known.subject = span(&crt->subject_raw);
  known.issuer = span(&crt->issuer_raw);
  known.signature_oid = span(&crt->sig_oid);
  known.key_fits = index == 0; /* else it was not read */
  read_key(&known, &crt->pk);
  shako__sized_fill(facts, facts->struct_size, &known, sizeof(known));

  return 1;
}

/* Stores the |index|-th of the leaf's names of |kind|. */
static int name_of_kind(const shako_certificate *certificate, int kind,
                        size_t index, shako_span *name) {
  const mbedtls_x509_crt *leaf = member(certificate, 0);
  const mbedtls_x509_sequence *at;

  if (leaf->subject_alt_names.buf.p == NULL) {
    return 0;
  }
  for (at = &leaf->subject_alt_names; at != NULL; at = at->next) {
    if ((at->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) == kind && index-- == 0) {
      *name = span(&at->buf);
      return 1;
    }
  }

  return 0;
}

int shako__mbedtls_name_at(const shako_certificate *certificate, size_t index,
                           shako_span *name) {
  return name_of_kind(certificate, MBEDTLS_X509_SAN_DNS_NAME, index, name);
}

int shako__mbedtls_address_at(const shako_certificate *certificate,
                              size_t index, shako_span *address) {
  return name_of_kind(certificate, MBEDTLS_X509_SAN_IP_ADDRESS, index, address);
}

/* Reads |crt| once more, alone.  Returns false for want of memory. */
static bool copy(mbedtls_x509_crt *to, const mbedtls_x509_crt *crt) {
  mbedtls_x509_crt_init(to);

  return mbedtls_x509_crt_parse_der_nocopy(to, crt->raw.p, crt->raw.len) == 0;
}

/* mbed TLS judges a chain as a whole, and knows what time it is; of a chain of
   one, trusted to its issuer alone, one of the flags says what is asked. */
int shako__mbedtls_is_signed(const shako_certificate *certificate,
                             size_t index) {
  const mbedtls_x509_crt *crt = member(certificate, index);
  mbedtls_x509_crt child;
  mbedtls_x509_crt issuer;
  uint32_t flags = 0;
  bool done;

  if (crt == NULL || crt->next == NULL) {
    return 0;
  }
  done = copy(&child, crt);
  done = copy(&issuer, crt->next) && done;
  if (done) {
    (void)mbedtls_x509_crt_verify(&child, &issuer, NULL, NULL, &flags, NULL,
                                  NULL);
  }
  mbedtls_x509_crt_free(&child);
  mbedtls_x509_crt_free(&issuer);

  if (!done) {
    return SHAKO_ERR_NOMEM;
  }

  return (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) == 0;
}
