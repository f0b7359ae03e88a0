#include <string.h>

#include "openssl/internal.h"

/*
 * Clients' certificates.  OpenSSL checks the chain during the handshake and
 * asks about each fault that it finds: it is noted, and the handshake goes on.
 */

/* RSA of 2048 bits, SHA-256 (RFC 9325 4.5): what mbed TLS asks too. */
#define AUTH_LEVEL 2

/* What each error of OpenSSL means; all others are OTHER. */
static const struct {
  int error;
  uint32_t fault;
} meanings[] = {
    {X509_V_ERR_CERT_REVOKED, SHAKO_CLIENT_FAULT_REVOKED},
    {X509_V_ERR_CERT_HAS_EXPIRED, SHAKO_CLIENT_FAULT_EXPIRED},
    {X509_V_ERR_CERT_NOT_YET_VALID, SHAKO_CLIENT_FAULT_NOT_YET},
    {X509_V_ERR_EE_KEY_TOO_SMALL, SHAKO_CLIENT_FAULT_WEAK},
    {X509_V_ERR_CA_KEY_TOO_SMALL, SHAKO_CLIENT_FAULT_WEAK},
    {X509_V_ERR_CA_MD_TOO_WEAK, SHAKO_CLIENT_FAULT_WEAK},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, SHAKO_CLIENT_FAULT_UNTRUSTED},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
     SHAKO_CLIENT_FAULT_UNTRUSTED},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, SHAKO_CLIENT_FAULT_UNTRUSTED},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, SHAKO_CLIENT_FAULT_UNTRUSTED},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, SHAKO_CLIENT_FAULT_UNTRUSTED},
    {X509_V_ERR_CERT_UNTRUSTED, SHAKO_CLIENT_FAULT_UNTRUSTED},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, SHAKO_CLIENT_FAULT_UNTRUSTED},
    {X509_V_ERR_INVALID_CA, SHAKO_CLIENT_FAULT_UNTRUSTED},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, SHAKO_CLIENT_FAULT_UNTRUSTED},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, SHAKO_CLIENT_FAULT_UNTRUSTED},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, SHAKO_CLIENT_FAULT_UNTRUSTED},
    {X509_V_ERR_UNABLE_TO_GET_CRL, SHAKO_CLIENT_FAULT_NO_CRL},
    {X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, SHAKO_CLIENT_FAULT_NO_CRL},
    {X509_V_ERR_CRL_HAS_EXPIRED, SHAKO_CLIENT_FAULT_NO_CRL},
    {X509_V_ERR_CRL_NOT_YET_VALID, SHAKO_CLIENT_FAULT_NO_CRL},
    {X509_V_ERR_CRL_SIGNATURE_FAILURE, SHAKO_CLIENT_FAULT_NO_CRL},
    {X509_V_ERR_INVALID_PURPOSE, SHAKO_CLIENT_FAULT_PURPOSE},
};

static uint32_t fault_of(int error) {
  size_t i;

  for (i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
    if (meanings[i].error == error) {
      return meanings[i].fault;
    }
  }

  return SHAKO_CLIENT_FAULT_OTHER;
}

/* The lists of issuers above that of the leaf are heeded where they are
   there. */
static bool is_missing_above(const X509_STORE_CTX *check) {
  return X509_STORE_CTX_get_error(check) == X509_V_ERR_UNABLE_TO_GET_CRL &&
         X509_STORE_CTX_get_error_depth(check) > 0;
}

/* OpenSSL asks whether it may go on. */
static int note_fault(int good, X509_STORE_CTX *check) {
  SSL *ssl =
      X509_STORE_CTX_get_ex_data(check, SSL_get_ex_data_X509_STORE_CTX_idx());
  shako__openssl_conn *conn = shako__openssl_conn_of(ssl);

  if (!good && !is_missing_above(check)) {
    conn->client_faults |= fault_of(X509_STORE_CTX_get_error(check));
  }

  return 1;
}

bool shako__openssl_ask_client(const shako__openssl_conn *conn) {
  const shako__openssl_authorities *mine = conn->authorities;
  X509_VERIFY_PARAM *param = SSL_get0_param(conn->ssl);
  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST;

  /* Without authorities it is the store of the settings, which is empty. */
  if (mine != NULL && SSL_set1_verify_cert_store(conn->ssl, mine->store) != 1) {
    return false;
  }
  if (mine != NULL && mine->has_crls) {
    flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
  }
  SSL_set_verify(conn->ssl, SSL_VERIFY_PEER, note_fault);
  X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);

  return X509_VERIFY_PARAM_set_flags(param, flags) == 1;
}

static void put_names(shako_client_certificate *client,
                      const GENERAL_NAMES *names) {
  int count = names != NULL ? sk_GENERAL_NAME_num(names) : 0;
  int i;

  for (i = 0; i < count; i++) {
    const GENERAL_NAME *at = sk_GENERAL_NAME_value(names, i);
    const ASN1_IA5STRING *text = at->d.ia5; /* of both kinds */
    shako_span name;

    if (at->type == GEN_DNS || at->type == GEN_EMAIL) {
      name.ptr = ASN1_STRING_get0_data(text);
      name.len = (size_t)ASN1_STRING_length(text);
      shako__client_name_put(client,
                             at->type == GEN_DNS ? "dns:" : "email:", name);
    }
  }
}

/* Writes the subject of |x| as mbed TLS does.  Returns false for want of
   memory. */
static bool put_subject(shako_client_certificate *client, const X509 *x) {
  BIO *bio = BIO_new(BIO_s_mem());
  char text[sizeof(client->subject)] = "";
  bool done =
      bio != NULL && X509_NAME_print_ex(bio, X509_get_subject_name(x), 0,
                                        XN_FLAG_ONELINE & ~XN_FLAG_SPC_EQ) >= 0;

  if (done) {
    (void)BIO_read(bio, text, sizeof(text) - 1);
    shako__client_subject_put(client, text);
  }
  BIO_free(bio);

  return done;
}

/* Fills |*client| from |x|.  Returns false for want of memory. */
static bool read(shako_client_certificate *client, X509 *x) {
  GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
  unsigned int len;
  bool done;

  client->not_before = shako__openssl_unix_time(X509_get0_notBefore(x));
  client->not_after = shako__openssl_unix_time(X509_get0_notAfter(x));
  put_names(client, names);
  GENERAL_NAMES_free(names);
  done = X509_digest(x, EVP_sha256(), client->sha256, &len) == 1;

  return done && shako__openssl_hash_key(client->spki_sha256, x) &&
         put_subject(client, x);
}

shako_tls_status
shako__openssl_client_certificate(const void *ctx,
                                  shako_client_certificate *client) {
  const shako__openssl_conn *conn = ctx;
  X509 *x = SSL_get0_peer_certificate(conn->ssl);
  shako_client_certificate known = {.struct_size = sizeof(known)};
  bool done = true;

  known.faults = SHAKO_CLIENT_FAULT_ABSENT;
  if (x != NULL) {
    known.faults = conn->client_faults;
    done = read(&known, x);
  }
  ERR_clear_error();
  shako__sized_fill(client, client->struct_size, &known, sizeof(known));

  return done ? SHAKO_TLS_STATUS_OK : SHAKO_TLS_STATUS_FAILED;
}
