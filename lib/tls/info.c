#include <shako/tls.h>

const char *shako_tls_failure_name(shako_tls_failure failure) {
  static const char *const names[SHAKO_TLS_FAILURE_COUNT] = {
      [SHAKO_TLS_FAILURE_NONE] = "none",
      [SHAKO_TLS_FAILURE_NO_SHARED_VERSION] = "no-shared-version",
      [SHAKO_TLS_FAILURE_NO_SHARED_CIPHER] = "no-shared-cipher",
      [SHAKO_TLS_FAILURE_NO_SHARED_PROTOCOL] = "no-shared-protocol",
      [SHAKO_TLS_FAILURE_CERTIFICATE_REFUSED] = "certificate-refused",
      [SHAKO_TLS_FAILURE_PEER_ALERT] = "peer-alert",
      [SHAKO_TLS_FAILURE_NOT_TLS] = "not-tls",
      [SHAKO_TLS_FAILURE_PROTOCOL] = "protocol",
      [SHAKO_TLS_FAILURE_CUT_OFF] = "cut-off",
      [SHAKO_TLS_FAILURE_TIMEOUT] = "timeout",
      [SHAKO_TLS_FAILURE_TOO_LONG] = "too-long",
      [SHAKO_TLS_FAILURE_NO_CERTIFICATE] = "no-certificate",
      [SHAKO_TLS_FAILURE_INTERNAL] = "internal",
  };

  if ((unsigned)failure >= SHAKO_TLS_FAILURE_COUNT) {
    return "unknown";
  }
  return names[failure];
}

const char *shako_tls_version_name(uint16_t version) {
  switch (version) {
  case 0:
    return "none";
  case 0x0301:
    return "TLSv1.0";
  case 0x0302:
    return "TLSv1.1";
  case 0x0303:
    return "TLSv1.2";
  case 0x0304:
    return "TLSv1.3";
  }
  return "unknown";
}
