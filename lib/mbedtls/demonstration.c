#include <string.h>

#include <mbedtls/error.h>
#include <psa/crypto.h>

#include "base/date.h"
#include "mbedtls/internal.h"

#define SUBJECT "CN=shako demonstration certificate - do not trust"

enum {
  DAY = 24 * 60 * 60,
  VALID_DAYS = 30,
  HOSTNAME_MAX = 255,
  SERIAL_SIZE = 16,
  DER_SIZE_MAX = 1024 + HOSTNAME_MAX,
  DATE_SIZE = 15 /* YYYYMMDDhhmmss and its NUL */
};

/* The days of the years 1970 to 9999, less those that a certificate needs. */
#define TIME_MIN ((int64_t)DAY)
#define TIME_MAX (INT64_C(253402300799) - (int64_t)DAY * (VALID_DAYS + 1))

/* Writes |number| as |digits| decimal digits to |text|. */
static void write_number(char *text, int64_t number, int digits) {
  while (digits-- > 0) {
    text[digits] = (char)('0' + number % 10);
    number /= 10;
  }
}

/* Writes the date of |unix_time| (UTC, not before 1970) to |text|. */
static void write_date(char *text, int64_t unix_time) {
  shako__date date = shako__date_of(unix_time / DAY);
  int64_t seconds = unix_time % DAY;

  write_number(text, date.year, 4);
  write_number(text + 4, date.month, 2);
  write_number(text + 6, date.day, 2);
  write_number(text + 8, seconds / 3600, 2);
  write_number(text + 10, seconds / 60 % 60, 2);
  write_number(text + 12, seconds % 60, 2);
  text[DATE_SIZE - 1] = '\0';
}

/* Makes a new key.  Returns 0, or an error of mbed TLS. */
static int make_key(mbedtls_pk_context *key) {
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_key_id_t id = PSA_KEY_ID_NULL;
  int error;

  psa_set_key_type(&attributes,
                   PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
  psa_set_key_bits(&attributes, 256);
  psa_set_key_usage_flags(&attributes,
                          PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_EXPORT);
  psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
  if (psa_generate_key(&attributes, &id) != PSA_SUCCESS) {
    return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
  }
  error = mbedtls_pk_copy_from_psa(id, key);
  (void)psa_destroy_key(id);

  return error;
}

/* Sets the name that |hostname| is: an address or a domain name.  |*address|
   lives as long as |san|. */
static void set_name(mbedtls_x509_san_list *san, shako_address *address,
                     const char *hostname) {
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  shako_span text = {(const uint8_t *)hostname, strlen(hostname)};
  mbedtls_x509_buf *name = &san->node.san.unstructured_name;

  if (shako_address_parse(address, text) != 0) {
    san->node.type = MBEDTLS_X509_SAN_DNS_NAME;
    name->p = (unsigned char *)hostname; /* only read */
    name->len = text.len;
  } else if (memcmp(address->bytes, mapped, sizeof(mapped)) == 0) {
    san->node.type = MBEDTLS_X509_SAN_IP_ADDRESS;
    name->p = address->bytes + sizeof(mapped);
    name->len = 4;
  } else {
    san->node.type = MBEDTLS_X509_SAN_IP_ADDRESS;
    name->p = address->bytes;
    name->len = sizeof(address->bytes);
  }
}

/* Fills in |writer|.  Returns 0, or an error of mbed TLS. */
static int fill_in(mbedtls_x509write_cert *writer, const char *hostname,
                   int64_t unix_time) {
  char from[DATE_SIZE];
  char to[DATE_SIZE];
  unsigned char serial[SERIAL_SIZE];
  shako_address address = {.known = 0};
  mbedtls_x509_san_list san;
  int error;

  write_date(from, unix_time - DAY);
  write_date(to, unix_time + (int64_t)VALID_DAYS * DAY);
  memset(&san, 0, sizeof(san));
  set_name(&san, &address, hostname);
  if (psa_generate_random(serial, sizeof(serial)) != PSA_SUCCESS) {
    return MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE;
  }
  serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40); /* positive, full */

  mbedtls_x509write_crt_set_version(writer, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(writer, MBEDTLS_MD_SHA256);
  error = mbedtls_x509write_crt_set_serial_raw(writer, serial, sizeof(serial));
  if (error == 0) {
    error = mbedtls_x509write_crt_set_subject_name(writer, SUBJECT);
  }
  if (error == 0) {
    error = mbedtls_x509write_crt_set_issuer_name(writer, SUBJECT);
  }
  if (error == 0) {
    error = mbedtls_x509write_crt_set_validity(writer, from, to);
  }
  if (error == 0) {
    error = mbedtls_x509write_crt_set_basic_constraints(writer, 0, -1);
  }
  if (error == 0) {
    error = mbedtls_x509write_crt_set_subject_alternative_name(writer, &san);
  }

  return error;
}

/* Makes key and chain of |certificate|.  Returns likewise. */
static int make(shako__mbedtls_certificate *certificate, const char *hostname,
                int64_t unix_time) {
  mbedtls_x509write_cert writer;
  unsigned char der[DER_SIZE_MAX];
  int result = make_key(&certificate->key);

  if (result != 0) {
    return result;
  }

  mbedtls_x509write_crt_init(&writer);
  mbedtls_x509write_crt_set_subject_key(&writer, &certificate->key);
  mbedtls_x509write_crt_set_issuer_key(&writer, &certificate->key);
  result = fill_in(&writer, hostname, unix_time);
  if (result == 0) {
    result = mbedtls_x509write_crt_der(&writer, der, sizeof(der) SHAKO__RANDOM);
  }
  mbedtls_x509write_crt_free(&writer);
  if (result < 0) {
    return result;
  }

  /* It was written to the end of the buffer. */
  return mbedtls_x509_crt_parse_der(
      &certificate->chain, der + sizeof(der) - (size_t)result, (size_t)result);
}

int shako_mbedtls_certificate_demonstration(shako_certificate **pcertificate,
                                            const char *hostname,
                                            int64_t unix_time,
                                            const shako_mem *mem,
                                            char *message) {
  shako__mbedtls_certificate *certificate;
  size_t len = strlen(hostname);
  char reason[128];
  int error;

  message[0] = '\0';
  if (len == 0 || len > HOSTNAME_MAX || unix_time < TIME_MIN ||
      unix_time > TIME_MAX) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  certificate = shako__mbedtls_certificate_new(mem);
  if (certificate == NULL) {
    return SHAKO_ERR_NOMEM;
  }

  if (psa_crypto_init() != PSA_SUCCESS) {
    SHAKO__SAY(message, "mbed TLS does not start");
    error = SHAKO_ERR_TLS;
  } else {
    error = make(certificate, hostname, unix_time);
    if (error != 0) {
      mbedtls_strerror(error, reason, sizeof(reason));
      SHAKO__SAY(message, reason);
      error = SHAKO_ERR_TLS;
    }
  }
  if (error != 0) {
    certificate->base.release(&certificate->base);
    return error;
  }
  *pcertificate = &certificate->base;

  return 0;
}
