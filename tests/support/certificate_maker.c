#include "certificate_maker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mbedtls/psa_util.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>

#if MBEDTLS_VERSION_NUMBER < 0x04000000
#  define RANDOM , mbedtls_psa_get_random, MBEDTLS_PSA_RANDOM_STATE
#else
#  define RANDOM
#endif

#define NAMES_MAX 64

static void must(int result) {
  if (result != 0) {
    fprintf(stderr, "certificate_maker: -0x%04x\n", (unsigned)-result);
    abort();
  }
}

static void make_key(mbedtls_pk_context *key) {
  psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
  psa_key_id_t id = PSA_KEY_ID_NULL;

  must(psa_crypto_init());
  psa_set_key_type(&attributes,
                   PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
  psa_set_key_bits(&attributes, 256);
  psa_set_key_usage_flags(&attributes,
                          PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_EXPORT);
  psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
  must(psa_generate_key(&attributes, &id));
  mbedtls_pk_init(key);
  must(mbedtls_pk_copy_from_psa(id, key));
  must(psa_destroy_key(id));
}

/* mbed TLS writes the last of a list first. */
static void set_names(mbedtls_x509write_cert *writer,
                      const char *const *names) {
  mbedtls_x509_san_list list[NAMES_MAX];
  mbedtls_x509_san_list *last = NULL;
  size_t i;

  memset(list, 0, sizeof(list));
  for (i = 0; i < NAMES_MAX && names[i] != NULL; i++) {
    mbedtls_x509_buf *name = &list[i].node.san.unstructured_name;

    list[i].node.type = MBEDTLS_X509_SAN_DNS_NAME;
    name->p = (unsigned char *)names[i]; /* only read */
    name->len = strlen(names[i]);
    list[i].next = last;
    last = &list[i];
  }
  must(mbedtls_x509write_crt_set_subject_alternative_name(writer, last));
}

static void fill_in(mbedtls_x509write_cert *writer, made_certificate *made,
                    const made_options *options) {
  const made_certificate *issuer =
      options->issuer != NULL ? options->issuer : made;
  const made_certificate *signer =
      options->signer != NULL ? options->signer : issuer;
  unsigned char serial[] = {0x51};

  mbedtls_x509write_crt_set_subject_key(writer, &made->key);
  mbedtls_x509write_crt_set_issuer_key(writer,
                                       (mbedtls_pk_context *)&signer->key);
  mbedtls_x509write_crt_set_version(writer, MBEDTLS_X509_CRT_VERSION_3);
  mbedtls_x509write_crt_set_md_alg(writer, MBEDTLS_MD_SHA256);
  must(mbedtls_x509write_crt_set_serial_raw(writer, serial, sizeof(serial)));
  must(mbedtls_x509write_crt_set_subject_name(writer, made->subject));
  must(mbedtls_x509write_crt_set_issuer_name(writer, issuer->subject));
  must(mbedtls_x509write_crt_set_validity(
      writer, options->from != NULL ? options->from : "20200101000000",
      options->to != NULL ? options->to : "20300101000000"));
  must(mbedtls_x509write_crt_set_basic_constraints(writer,
                                                   options->is_authority, -1));
  if (options->dns_names != NULL) {
    set_names(writer, options->dns_names);
  }
}

void make_certificate(made_certificate *made, const made_options *options) {
  mbedtls_x509write_cert writer;
  unsigned char text[8192];

  memset(made, 0, sizeof(*made));
  snprintf(made->subject, sizeof(made->subject), "CN=%s", options->name);
  make_key(&made->key);
  mbedtls_x509write_crt_init(&writer);
  fill_in(&writer, made, options);
  must(mbedtls_x509write_crt_pem(&writer, text, sizeof(text) RANDOM));
  octets_add_text(&made->pem, (const char *)text);
  mbedtls_x509write_crt_free(&writer);
  must(mbedtls_pk_write_key_pem(&made->key, text, sizeof(text)));
  octets_add_text(&made->key_pem, (const char *)text);
}

void unmake_certificate(made_certificate *made) {
  mbedtls_pk_free(&made->key);
  octets_free(&made->pem);
  octets_free(&made->key_pem);
}
