#include <string.h>

#include "base/date.h"
#include "openssl/internal.h"

#define DAY 86400

/* Returns the |index|-th certificate of the chain, or NULL. */
static X509 *member(const shako_certificate *base, size_t index) {
  const shako__openssl_certificate *certificate =
      (const shako__openssl_certificate *)base;

  return index == 0 ? certificate->leaf
                    : sk_X509_value(certificate->chain, (int)index - 1);
}

/* Has OpenSSL read the extensions of |x|, which it does once, and where memory
   runs out then never again. */
static bool settle(X509 *x) {
  return X509_check_purpose(x, -1, 0) == 1 ||
         ERR_GET_REASON(ERR_peek_last_error()) != ERR_R_MALLOC_FAILURE;
}

bool shako__openssl_certificate_settle(
    shako__openssl_certificate *certificate) {
  bool done = settle(certificate->leaf);
  int found; /* -1: there is no such extension */
  int i;

  for (i = 0; done && i < sk_X509_num(certificate->chain); i++) {
    done = settle(sk_X509_value(certificate->chain, i));
  }
  if (!done) {
    return false;
  }
  ERR_clear_error();
  certificate->names =
      X509_get_ext_d2i(certificate->leaf, NID_subject_alt_name, &found, NULL);

  return certificate->names != NULL || found == -1;
}

/* Returns 0 for what is no date, which there is none of in a certificate that
   OpenSSL read. */
int64_t shako__openssl_unix_time(const ASN1_TIME *time) {
  struct tm at;
  shako__date date;

  if (ASN1_TIME_to_tm(time, &at) != 1) {
    return 0;
  }
  date = (shako__date){at.tm_year + 1900, at.tm_mon + 1, at.tm_mday};

  return shako__date_days(date) * DAY + at.tm_hour * 3600 + at.tm_min * 60 +
         at.tm_sec;
}

static shako_span name_span(const X509_NAME *name) {
  shako_span span = {NULL, 0};

  (void)X509_NAME_get0_der(name, &span.ptr, &span.len);

  return span;
}

static shako_span algorithm_span(const X509 *x) {
  const X509_ALGOR *algorithm = X509_get0_tbs_sigalg(x);
  const ASN1_OBJECT *oid = NULL;

  X509_ALGOR_get0(&oid, NULL, NULL, algorithm);

  return (shako_span){OBJ_get0_data(oid), OBJ_length(oid)};
}

static const char *curve_of(const EVP_PKEY *key) {
  static const struct {
    const char *theirs;
    const char *ours;
  } curves[] = {{SN_X9_62_prime256v1, "P-256"},
                {SN_secp384r1, "P-384"},
                {SN_secp521r1, "P-521"}};
  char name[32];
  size_t i;

  if (EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) != 1) {
    return NULL;
  }
  for (i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
    if (strcmp(name, curves[i].theirs) == 0) {
      return curves[i].ours;
    }
  }

  return NULL;
}

static void read_key(shako_certificate_facts *facts, const EVP_PKEY *key) {
  facts->key = "other";
  if (key == NULL) {
    return;
  }
  facts->key_bits = (uint32_t)EVP_PKEY_get_bits(key);
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
    facts->key = "RSA";
  } else if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
    facts->key = "ECDSA";
    facts->curve = curve_of(key);
  }
}

bool shako__openssl_hash_key(uint8_t *digest, const X509 *x) {
  unsigned char *der = NULL;
  int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
  bool done = len > 0 && EVP_Q_digest(shako__openssl_library(), "SHA256", NULL,
                                      der, (size_t)len, digest, NULL) == 1;

  OPENSSL_free(der);

  return done;
}

int shako__openssl_inspect(const shako_certificate *certificate, size_t index,
                           shako_certificate_facts *facts) {
  const X509 *x = member(certificate, index);
  shako_certificate_facts known = {.struct_size = sizeof(known)};

  if (x == NULL) {
    return 0;
  }
  ERR_clear_error();
  if (!shako__openssl_hash_key(known.spki_sha256, x)) {
    ERR_clear_error();
    return SHAKO_ERR_NOMEM; /* nothing else goes wrong there */
  }
  known.not_before = shako__openssl_unix_time(X509_get0_notBefore(x));
  known.not_after = shako__openssl_unix_time(X509_get0_notAfter(x));
  known.subject = name_span(X509_get_subject_name(x));
  known.issuer = name_span(X509_get_issuer_name(x));
  known.signature_oid = algorithm_span(x);
  known.key_fits = index == 0; /* else it was not read */
  read_key(&known, X509_get0_pubkey(x));
  ERR_clear_error();
  shako__sized_fill(facts, facts->struct_size, &known, sizeof(known));

  return 1;
}

/* Stores the |index|-th of the leaf's names of |kind|, a string's. */
static int name_of_kind(const shako_certificate *certificate, int kind,
                        size_t index, shako_span *name) {
  const GENERAL_NAMES *names =
      ((const shako__openssl_certificate *)certificate)->names;
  int count = names != NULL ? sk_GENERAL_NAME_num(names) : 0;
  int i;

  for (i = 0; i < count; i++) {
    int type;
    const ASN1_STRING *value =
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type);

    if (type == kind && index-- == 0) {
      name->ptr = ASN1_STRING_get0_data(value);
      name->len = (size_t)ASN1_STRING_length(value);
      return 1;
    }
  }

  return 0;
}

int shako__openssl_name_at(const shako_certificate *certificate, size_t index,
                           shako_span *name) {
  return name_of_kind(certificate, GEN_DNS, index, name);
}

int shako__openssl_address_at(const shako_certificate *certificate,
                              size_t index, shako_span *address) {
  return name_of_kind(certificate, GEN_IPADD, index, address);
}

int shako__openssl_is_signed(const shako_certificate *certificate,
                             size_t index) {
  X509 *child = member(certificate, index);
  X509 *issuer = member(certificate, index + 1);
  bool is;

  if (child == NULL || issuer == NULL) {
    return 0;
  }
  ERR_clear_error();
  is = X509_check_ca(issuer) == 1 &&
       X509_verify(child, X509_get0_pubkey(issuer)) == 1;

  return shako__openssl_take_error() == SHAKO__OPENSSL_NO_MEMORY && !is
             ? SHAKO_ERR_NOMEM
             : is;
}
