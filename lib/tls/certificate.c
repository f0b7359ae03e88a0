#include <shako/certificate.h>

shako_certificate *shako_certificate_ref(shako_certificate *certificate) {
  __atomic_add_fetch(&certificate->references, 1, __ATOMIC_RELAXED);

  return certificate;
}

void shako_certificate_unref(shako_certificate *certificate) {
  if (!certificate) {
    return;
  }
  if (__atomic_sub_fetch(&certificate->references, 1, __ATOMIC_ACQ_REL) == 0) {
    certificate->release(certificate);
  }
}

static shako_provider_status single_ready(void *ctx) {
  (void)ctx;

  return SHAKO_PROVIDER_OK;
}

static shako_provider_status single_select(void *ctx,
                                           const shako_client_hello *hello,
                                           shako_certificate **certificates,
                                           size_t *count) {
  (void)hello;
  certificates[0] = shako_certificate_ref(ctx);
  *count = 1;

  return SHAKO_PROVIDER_OK;
}

void shako_certificate_provider_single(shako_certificate_provider *provider,
                                       shako_certificate *certificate) {
  *provider = (shako_certificate_provider){
      .struct_size = sizeof(*provider),
      .ctx = certificate,
      .ready = single_ready,
      .select = single_select,
  };
}
