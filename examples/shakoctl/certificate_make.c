#include "certificate_make.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "../shakod/log.h"

#define DAY 86400L

/* The greatest length of a common name (RFC 5280, ub-common-name). */
#define COMMON_NAME_MAX 64

static bool name_subject(X509_NAME *subject, const char *names) {
  size_t len = strcspn(names, " ");

  return len > COMMON_NAME_MAX /* the alternative names say it all */
         || X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                       (const unsigned char *)names, (int)len,
                                       -1, 0) == 1;
}

/* Returns |names| as OpenSSL has them, "DNS:a,DNS:b", in |to|. */
static bool write_names(char *to, size_t size, const char *names) {
  size_t used = 0;

  while (*(names += strspn(names, " ")) != '\0' && used < size) {
    size_t len = strcspn(names, " ");

    used += (size_t)snprintf(to + used, size - used, "%sDNS:%.*s",
                             used > 0 ? "," : "", (int)len, names);
    names += len;
  }

  return used > 0 && used < size;
}

/* Makes an extension and puts it on |stack|. */
static bool push(STACK_OF(X509_EXTENSION) * stack, int nid, const char *value) {
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

  if (extension == NULL || sk_X509_EXTENSION_push(stack, extension) == 0) {
    X509_EXTENSION_free(extension);
    return false;
  }

  return true;
}

static bool extend(STACK_OF(X509_EXTENSION) * stack,
                   const certificate_plan *plan) {
  char names[8192];

  return write_names(names, sizeof(names), plan->names) &&
         push(stack, NID_subject_alt_name, names) &&
         push(stack, NID_basic_constraints, "critical,CA:FALSE") &&
         push(stack, NID_key_usage,
              plan->rsa ? "critical,digitalSignature,keyEncipherment"
                        : "critical,digitalSignature") &&
         push(stack, NID_ext_key_usage, "serverAuth");
}

static bool write_request(BIO *to, EVP_PKEY *key, const certificate_plan *plan,
                          STACK_OF(X509_EXTENSION) * extensions) {
  X509_REQ *request = X509_REQ_new();
  bool done = request != NULL &&
              name_subject(X509_REQ_get_subject_name(request), plan->names) &&
              X509_REQ_set_pubkey(request, key) == 1 &&
              X509_REQ_add_extensions(request, extensions) == 1 &&
              X509_REQ_sign(request, key, EVP_sha256()) > 0 &&
              PEM_write_bio_X509_REQ(to, request) == 1;

  X509_REQ_free(request);

  return done;
}

/* Gives it a number that nobody can guess (RFC 5280 4.1.2.2), and its time. */
static bool date(X509 *certificate, long days) {
  unsigned char octets[16];
  BIGNUM *serial;
  bool done;

  if (RAND_bytes(octets, sizeof(octets)) != 1) {
    return false;
  }

  octets[0] = (unsigned char)((octets[0] & 0x7f) | 0x40);
  serial = BN_bin2bn(octets, sizeof(octets), NULL);
  done =
      serial != NULL &&
      BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)) != NULL &&
      X509_gmtime_adj(X509_getm_notBefore(certificate), 0) != NULL &&
      X509_time_adj_ex(X509_getm_notAfter(certificate), (int)days, 0, NULL) !=
          NULL;
  BN_free(serial);

  return done;
}

static bool write_certificate(BIO *to, EVP_PKEY *key,
                              const certificate_plan *plan,
                              STACK_OF(X509_EXTENSION) * extensions) {
  X509 *made = X509_new();
  bool done = made != NULL && X509_set_version(made, 2) == 1 &&
              date(made, plan->days) &&
              name_subject(X509_get_subject_name(made), plan->names) &&
              X509_set_issuer_name(made, X509_get_subject_name(made)) == 1 &&
              X509_set_pubkey(made, key) == 1;
  int i;

  for (i = 0; done && i < sk_X509_EXTENSION_num(extensions); i++) {
    done = X509_add_ext(made, sk_X509_EXTENSION_value(extensions, i), -1) == 1;
  }

  done = done && X509_sign(made, key, EVP_sha256()) > 0 &&
         PEM_write_bio_X509(to, made) == 1;
  X509_free(made);

  return done;
}

bool certificate_make(BIO *certificate, BIO *key,
                      const certificate_plan *plan) {
  EVP_PKEY *pair = plan->rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
  STACK_OF(X509_EXTENSION) *extensions = sk_X509_EXTENSION_new_null();
  bool done =
      pair != NULL && extensions != NULL && extend(extensions, plan) &&
      (plan->request
           ? write_request(certificate, pair, plan, extensions)
           : write_certificate(certificate, pair, plan, extensions)) &&
      PEM_write_bio_PKCS8PrivateKey(key, pair, NULL, NULL, 0, NULL, NULL) == 1;

  if (!done) {
    log_line("the certificate cannot be made: %s",
             ERR_reason_error_string(ERR_peek_last_error()));
  }

  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  EVP_PKEY_free(pair);

  return done;
}
