#include <string.h>

#include <mbedtls/asn1.h>
#include <psa/crypto.h>

#include "mbedtls/internal.h"

/*
 * Clients' certificates.  mbed TLS judges the chain during the handshake and
 * goes on whatever it finds (MBEDTLS_SSL_VERIFY_OPTIONAL): in TLS 1.3 it could
 * not even say no so that the client can read it.
 */

void shako__mbedtls_ask_client(mbedtls_ssl_context *ssl,
                               const shako__mbedtls_conn *conn) {
  /* mbed TLS does not write to them. */
  shako__mbedtls_authorities *authorities =
      (shako__mbedtls_authorities *)conn->authorities;

  if (!conn->ask_client) {
    return;
  }
  mbedtls_ssl_set_hs_authmode(ssl, MBEDTLS_SSL_VERIFY_OPTIONAL);
  if (authorities != NULL) {
    mbedtls_ssl_set_hs_ca_chain(ssl, &authorities->chain,
                                authorities->has_crls ? &authorities->crls
                                                      : NULL);
  }
}

/* What each flag of mbed TLS means; all others are OTHER. */
static const struct {
  uint32_t flags;
  uint32_t fault;
} meanings[] = {
    {MBEDTLS_X509_BADCERT_MISSING | MBEDTLS_X509_BADCERT_SKIP_VERIFY,
     SHAKO_CLIENT_FAULT_ABSENT},
    {MBEDTLS_X509_BADCERT_REVOKED, SHAKO_CLIENT_FAULT_REVOKED},
    {MBEDTLS_X509_BADCERT_EXPIRED, SHAKO_CLIENT_FAULT_EXPIRED},
    {MBEDTLS_X509_BADCERT_FUTURE, SHAKO_CLIENT_FAULT_NOT_YET},
    {MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK |
         MBEDTLS_X509_BADCERT_BAD_KEY,
     SHAKO_CLIENT_FAULT_WEAK},
    {MBEDTLS_X509_BADCERT_NOT_TRUSTED, SHAKO_CLIENT_FAULT_UNTRUSTED},
    {MBEDTLS_X509_BADCRL_NOT_TRUSTED | MBEDTLS_X509_BADCRL_EXPIRED |
         MBEDTLS_X509_BADCRL_FUTURE | MBEDTLS_X509_BADCRL_BAD_MD |
         MBEDTLS_X509_BADCRL_BAD_PK | MBEDTLS_X509_BADCRL_BAD_KEY,
     SHAKO_CLIENT_FAULT_NO_CRL},
    {MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
         MBEDTLS_X509_BADCERT_NS_CERT_TYPE,
     SHAKO_CLIENT_FAULT_PURPOSE},
};

static uint32_t faults_of(uint32_t flags) {
  uint32_t faults = 0;
  size_t i;

  for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
    if (flags & meanings[i].flags) {
      faults |= meanings[i].fault;
    }
    flags &= ~meanings[i].flags;
  }

  return flags != 0 ? faults | SHAKO_CLIENT_FAULT_OTHER : faults;
}

/* Whether the issuer of |crt| has a revocation list.  mbed TLS heeds those that
   it finds and does not miss any. */
static bool has_crl(const mbedtls_x509_crt *crt,
                    const shako__mbedtls_authorities *authorities) {
  const mbedtls_x509_crl *crl = &authorities->crls;

  while (crl != NULL && (crl->issuer_raw.len != crt->issuer_raw.len ||
                         memcmp(crl->issuer_raw.p, crt->issuer_raw.p,
                                crt->issuer_raw.len) != 0)) {
    crl = crl->next;
  }

  return crl != NULL;
}

static bool hash(uint8_t *digest, const mbedtls_x509_buf *der) {
  size_t len;

  return psa_hash_compute(PSA_ALG_SHA_256, der->p, der->len, digest, 32,
                          &len) == PSA_SUCCESS;
}

static void put_names(shako_client_certificate *client,
                      const mbedtls_x509_crt *crt) {
  const mbedtls_x509_sequence *at = &crt->subject_alt_names;

  while (at != NULL && at->buf.p != NULL) {
    const shako_span name = {at->buf.p, at->buf.len};

    switch (at->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK) {
    case MBEDTLS_X509_SAN_DNS_NAME:
      shako__client_name_put(client, "dns:", name);
      break;
    case MBEDTLS_X509_SAN_RFC822_NAME:
      shako__client_name_put(client, "email:", name);
      break;
    }
    at = at->next;
  }
}

shako_tls_status
shako__mbedtls_client_certificate(const void *ctx,
                                  shako_client_certificate *client) {
  const shako__mbedtls_conn *conn = ctx;
  const mbedtls_x509_crt *crt = mbedtls_ssl_get_peer_cert(&conn->ssl);
  shako_client_certificate known = {.struct_size = sizeof(known)};
  char subject[4096];

  if (crt == NULL) {
    known.faults = SHAKO_CLIENT_FAULT_ABSENT;
    shako__sized_fill(client, client->struct_size, &known, sizeof(known));
    return SHAKO_TLS_STATUS_OK;
  }

  known.faults = faults_of(mbedtls_ssl_get_verify_result(&conn->ssl));
  if (conn->authorities != NULL && conn->authorities->has_crls &&
      !has_crl(crt, conn->authorities)) {
    known.faults |= SHAKO_CLIENT_FAULT_NO_CRL;
  }
  known.not_before = shako__mbedtls_unix_time(&crt->valid_from);
  known.not_after = shako__mbedtls_unix_time(&crt->valid_to);
  if (!hash(known.sha256, &crt->raw) ||
      !hash(known.spki_sha256, &crt->pk_raw)) {
    return SHAKO_TLS_STATUS_FAILED;
  }
  if (mbedtls_x509_dn_gets(subject, sizeof(subject), &crt->subject) >= 0) {
    shako__client_subject_put(&known, subject);
  }
  put_names(&known, crt);
  shako__sized_fill(client, client->struct_size, &known, sizeof(known));

  return SHAKO_TLS_STATUS_OK;
}
