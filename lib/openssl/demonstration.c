#include <string.h>

#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "openssl/internal.h"

#define SUBJECT "shako demonstration certificate - do not trust"

enum {
  DAY = 24 * 60 * 60,
  VALID_DAYS = 30,
  HOSTNAME_MAX = 255,
  SERIAL_SIZE = 16
};

/* The days of the years 1970 to 9999, less those that a certificate needs. */
#define TIME_MIN ((int64_t)DAY)
#define TIME_MAX (INT64_C(253402300799) - (int64_t)DAY * (VALID_DAYS + 1))

/* What follows returns false where OpenSSL fails, with why in its queue. */

static bool set_serial(X509 *leaf) {
  unsigned char octets[SERIAL_SIZE];
  BIGNUM *number;
  bool done;

  if (RAND_bytes_ex(shako__openssl_library(), octets, sizeof(octets), 0) != 1) {
    return false;
  }
  octets[0] = (unsigned char)((octets[0] & 0x7f) | 0x40); /* positive, full */
  number = BN_bin2bn(octets, sizeof(octets), NULL);
  done = number != NULL &&
         BN_to_ASN1_INTEGER(number, X509_get_serialNumber(leaf)) != NULL;
  BN_free(number);

  return done;
}

/* Sets |date| to |unix_time|, counted from 1970 so that no time_t is too small
   for it. */
static bool set_date(ASN1_TIME *date, int64_t unix_time) {
  return ASN1_TIME_adj(date, 0, (int)(unix_time / DAY),
                       (long)(unix_time % DAY)) != NULL;
}

/* Makes the name that |hostname| is: an address or a domain name. */
static bool set_name(GENERAL_NAME *name, const char *hostname) {
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  shako_span text = {(const uint8_t *)hostname, strlen(hostname)};
  shako_address address = {.known = 0};
  bool is_address = shako_address_parse(&address, text) == 0;
  size_t skip = 0;
  ASN1_STRING *value =
      ASN1_STRING_type_new(is_address ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);

  if (value == NULL) {
    return false;
  }
  GENERAL_NAME_set0_value(name, is_address ? GEN_IPADD : GEN_DNS, value);
  if (!is_address) {
    return ASN1_STRING_set(value, hostname, (int)text.len) == 1;
  }
  if (memcmp(address.bytes, mapped, sizeof(mapped)) == 0) {
    skip = sizeof(mapped);
  }

  return ASN1_STRING_set(value, address.bytes + skip,
                         (int)(sizeof(address.bytes) - skip)) == 1;
}

static bool add_name(X509 *leaf, const char *hostname) {
  GENERAL_NAMES *names = GENERAL_NAMES_new();
  GENERAL_NAME *name = GENERAL_NAME_new();
  bool done = false;

  if (names != NULL && name != NULL && sk_GENERAL_NAME_push(names, name) > 0) {
    done = set_name(name, hostname) &&
           X509_add1_ext_i2d(leaf, NID_subject_alt_name, names, 0,
                             X509V3_ADD_APPEND) == 1;
  } else {
    GENERAL_NAME_free(name);
  }
  GENERAL_NAMES_free(names);

  return done;
}

static bool add_constraints(X509 *leaf) {
  BASIC_CONSTRAINTS *constraints = BASIC_CONSTRAINTS_new(); /* of no CA */
  bool done = constraints != NULL &&
              X509_add1_ext_i2d(leaf, NID_basic_constraints, constraints, 0,
                                X509V3_ADD_APPEND) == 1;

  BASIC_CONSTRAINTS_free(constraints);

  return done;
}

/* Fills in |leaf| for |key|. */
static bool fill_in(X509 *leaf, EVP_PKEY *key, const char *hostname,
                    int64_t unix_time) {
  X509_NAME *subject = X509_get_subject_name(leaf);

  return X509_set_version(leaf, X509_VERSION_3) && set_serial(leaf) &&
         X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_ASC,
                                    (const unsigned char *)SUBJECT, -1, -1,
                                    0) &&
         X509_set_issuer_name(leaf, subject) &&
         set_date(X509_getm_notBefore(leaf), unix_time - DAY) &&
         set_date(X509_getm_notAfter(leaf),
                  unix_time + (int64_t)VALID_DAYS * DAY) &&
         X509_set_pubkey(leaf, key) && add_constraints(leaf) &&
         add_name(leaf, hostname);
}

/* Makes key and leaf of |certificate|. */
static bool make(shako__openssl_certificate *certificate, const char *hostname,
                 int64_t unix_time) {
  OSSL_LIB_CTX *library = shako__openssl_library();

  if (library == NULL) {
    return false;
  }
  certificate->key = EVP_PKEY_Q_keygen(library, NULL, "EC", "P-256");
  certificate->leaf = X509_new_ex(library, NULL);

  return certificate->key != NULL && certificate->leaf != NULL &&
         fill_in(certificate->leaf, certificate->key, hostname, unix_time) &&
         X509_sign(certificate->leaf, certificate->key, EVP_sha256()) > 0 &&
         shako__openssl_certificate_settle(certificate);
}

int shako_openssl_certificate_demonstration(shako_certificate **pcertificate,
                                            const char *hostname,
                                            int64_t unix_time,
                                            const shako_mem *mem,
                                            char *message) {
  shako__openssl_certificate *certificate;
  size_t len = strlen(hostname);
  int error = 0;

  message[0] = '\0';
  if (len == 0 || len > HOSTNAME_MAX || unix_time < TIME_MIN ||
      unix_time > TIME_MAX) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  certificate = shako__openssl_certificate_new(mem);
  if (certificate == NULL) {
    return SHAKO_ERR_NOMEM;
  }

  ERR_clear_error();
  if (!make(certificate, hostname, unix_time)) {
    error =
        shako__openssl_explain(message, SHAKO_ERR_TLS, "",
                               "OpenSSL makes no demonstration certificate");
  }
  ERR_clear_error();
  if (error != 0) {
    certificate->base.release(&certificate->base);
    return error;
  }
  *pcertificate = &certificate->base;

  return 0;
}
