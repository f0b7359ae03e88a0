#include "paper_certificate.h"

#include <string.h>

static shako_span span(const char *text) {
  return (shako_span){(const uint8_t *)text, strlen(text)};
}

static int inspect(const shako_certificate *base, size_t index,
                   shako_certificate_facts *facts) {
  const paper_certificate *certificate = (const paper_certificate *)base;
  const paper_member *member = &certificate->members[index];

  if (index >= PAPER_MEMBERS_MAX ||
      (index > 0 && member->subject == NULL)) { /* there is a leaf */
    return 0;
  }
  *facts = (shako_certificate_facts){
      .struct_size = sizeof(*facts),
      .not_before = member->not_before,
      .not_after = member->not_after,
      .subject = span(member->subject != NULL ? member->subject : ""),
      .issuer = span(member->issuer != NULL ? member->issuer : ""),
      .signature_oid =
          span(member->oid != NULL ? member->oid
                                   : "\x2a\x86\x48\xce\x3d\x04\x03\x02"),
      .key = certificate->key != NULL ? certificate->key : "ECDSA",
      .curve = "P-256",
      .key_bits = 256,
      .key_fits = !certificate->misfit,
  };
  memset(facts->spki_sha256, (int)(0xa0 + index), sizeof(facts->spki_sha256));
  return 1;
}

static int name_at(const shako_certificate *base, size_t index,
                   shako_span *name) {
  const paper_certificate *certificate = (const paper_certificate *)base;

  if (certificate->names[index] == NULL) {
    return 0;
  }
  *name = span(certificate->names[index]);
  return 1;
}

static int address_at(const shako_certificate *base, size_t index,
                      shako_span *address) {
  const paper_certificate *certificate = (const paper_certificate *)base;

  *address = certificate->addresses[index];
  return address->ptr != NULL;
}

static int is_signed(const shako_certificate *base, size_t index) {
  const paper_certificate *certificate = (const paper_certificate *)base;

  return !certificate->members[index].unproved;
}

static void release(shako_certificate *base) {
  ((paper_certificate *)base)->released++;
}

const shako_tls_engine paper_engine = {
    .version = SHAKO_TLS_ENGINE_VERSION,
    .name = "paper",
    .inspect = inspect,
    .name_at = name_at,
    .is_signed = is_signed,
    .address_at = address_at,
};

const shako_tls_engine blind_engine = {
    .version = SHAKO_TLS_ENGINE_VERSION,
    .name = "blind",
};

shako_certificate *paper_init(paper_certificate *certificate) {
  certificate->base.engine = &paper_engine;
  certificate->base.release = release;
  certificate->base.references = 1;
  certificate->released = 0;

  return &certificate->base;
}
