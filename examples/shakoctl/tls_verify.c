#include "tls_verify.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "limit.h"
#include "smtp_client.h"

#define LIMIT 60 /* seconds, for all of it */

/* What is to be verified. */
typedef struct target {
  const char *domain;           /* of the recipients */
  char host[TERMINAL_LINE_MAX]; /* that serves them */
  const char *port;
} target;

/* Takes "HOST", "HOST:PORT", "[ADDRESS]" or "[ADDRESS]:PORT" apart. */
static void take_host(target *t, const char *text) {
  bool bracketed = text[0] == '[';
  const char *end = strchr(text, bracketed ? ']' : ':');

  if (!bracketed && end != NULL && strchr(end + 1, ':') != NULL) {
    end = NULL; /* IPv6, bare */
  }

  snprintf(t->host, sizeof(t->host), "%.*s",
           (int)(end != NULL ? end - text - bracketed : (int)strlen(text)),
           text + bracketed);
  end = end != NULL && bracketed ? end + 1 : end;
  t->port = end != NULL && *end == ':' ? end + 1 : "25";
}

static void say_failure(const SSL *ssl, int result) {
  unsigned long error = ERR_peek_last_error();

  if (error != 0) {
    printf("TLS connection failed: %s.\n", ERR_reason_error_string(error));
  } else {
    printf("TLS connection failed: the server %s.\n",
           SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ
               ? "did not answer in time"
               : "closed the connection");
  }
}

static const char *group_of(SSL *ssl) {
  int nid = (int)SSL_get_negotiated_group(ssl);

  return nid != 0 ? SSL_group_to_name(ssl, nid) : NULL;
}

static void say_connection(SSL *ssl) {
  const char *group = group_of(ssl);

  printf("TLS connection established: protocol %s, cipher %s%s%s.\n",
         SSL_get_version(ssl), SSL_get_cipher_name(ssl),
         group != NULL ? ", group " : "", group != NULL ? group : "");
}

static void say_name(const char *what, const X509_NAME *name) {
  char text[512];
  size_t i;

  X509_NAME_oneline(name, text, sizeof(text));
  for (i = 0; text[i] != '\0'; i++) {
    text[i] = terminal_octet(text[i]);
  }

  printf("%s: %s\n", what, text);
}

static void say_end(const X509 *certificate) {
  int days = 0;
  int seconds = 0;

  ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate));
  if (days < 0 || seconds < 0) {
    puts("  EXPIRED");
  } else {
    printf("  %d days left\n", days);
  }
}

/* Says of the certificates that were sent what they are. */
static void say_chain(const SSL *ssl) {
  STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
  int i;

  for (i = 0; i < sk_X509_num(chain); i++) {
    X509 *each = sk_X509_value(chain, i);
    printf("Certificate %d of %d\n", i + 1, sk_X509_num(chain));
    say_name("  subject", X509_get_subject_name(each));
    say_name("  issuer", X509_get_issuer_name(each));
    say_end(each);
  }
}

/* Whether |name|, a domain or an address, is one of the certificate's. */
static bool match(X509 *certificate, const char *name) {
  bool matches = X509_check_ip_asc(certificate, name, 0) == 1 ||
                 X509_check_host(certificate, name, 0, 0, NULL) == 1;

  printf("TLS certificate %s %s.\n", matches ? "match" : "mismatch", name);

  return matches;
}

/* Verifies what the server showed, and says each step. */
static bool verify(const SSL *ssl, const target *t) {
  X509 *certificate = SSL_get0_peer_certificate(ssl);
  long result = SSL_get_verify_result(ssl);
  bool named;

  puts("Verifying peer certificate.");
  if (certificate == NULL) {
    puts("The server showed no certificate.");
    return false;
  }

  say_chain(ssl);
  if (result == X509_V_OK) {
    puts("TLS certificate chain verified.");
  } else {
    printf("TLS certificate chain not verified: %s.\n",
           X509_verify_cert_error_string(result));
  }

  printf("Verifying certificate names %s and %s.\n", t->host, t->domain);
  named = match(certificate, t->host);
  named =
      (strcasecmp(t->host, t->domain) != 0 && match(certificate, t->domain)) ||
      named;
  puts(named && result == X509_V_OK ? "TLS certificate verified."
                                    : "TLS certificate NOT verified.");

  return named && result == X509_V_OK;
}

/* An address is not asked for by its name (RFC 6066 3). */
static bool is_address(const char *host) {
  ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);

  ASN1_OCTET_STRING_free(address);

  return address != NULL;
}

/* Shakes hands over |fd|.  Returns whether the certificate is verified;
   |*secure| whether there was TLS at all. */
static bool shake_hands(SSL *ssl, int fd, const target *t, bool *secure) {
  int result;
  bool verified;

  if (SSL_set_fd(ssl, fd) != 1 ||
      (!is_address(t->host) && SSL_set_tlsext_host_name(ssl, t->host) != 1)) {
    return false;
  }

  ERR_clear_error();
  result = SSL_connect(ssl);
  *secure = result == 1;
  if (!*secure) {
    say_failure(ssl, result);
    return false;
  }

  say_connection(ssl);
  verified = verify(ssl, t);
  SSL_shutdown(ssl);

  return verified;
}

/* Checks TLS on a connection that expects it. */
static bool check(const smtp_client *client, const target *t, bool *secure) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  SSL *ssl = NULL;
  bool verified = false;

  puts("Checking TLS connection.");
  if (context != NULL) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_default_verify_paths(context);
    ssl = SSL_new(context);
  }

  if (ssl != NULL) {
    verified = shake_hands(ssl, client->fd, t, secure);
  }

  SSL_free(ssl);
  SSL_CTX_free(context);

  return verified;
}

/* Returns whether all went well. */
static bool run(const target *t, const char *hostname) {
  smtp_client client = {.fd = -1};
  bool secure = false;
  bool verified;

  limit_begin(&client.fd, LIMIT);
  verified = smtp_client_connect(&client, t->host, t->port) &&
             smtp_client_start_tls(&client, hostname) &&
             check(&client, t, &secure);

  if (client.fd >= 0) {
    printf("TLS connection to %s %s.\n", client.address,
           secure ? "succeeded" : "failed");
  }

  smtp_client_close(&client);
  puts(verified ? "TLS successfully connected, and verified."
       : secure ? "TLS connected, but NOT verified: where verification is "
                  "required, no mail is delivered."
                : "TLS did not connect: where TLS is required, no mail is "
                  "delivered.");
  puts(limit_is_over() ? "TLS verification was cut short."
                       : "TLS verification completed.");
  limit_end();

  return verified;
}

/* Asks for what the command line left out. */
static bool ask(ctl *c, char *arguments, answer *domain, answer *host) {
  char *second = arguments + strcspn(arguments, " ");

  if (*second != '\0') {
    *second++ = '\0';
    second += strspn(second, " ");
  }

  snprintf(domain->text, sizeof(domain->text), "%s", arguments);
  snprintf(host->text, sizeof(host->text), "%s", second);

  return (domain->text[0] != '\0' ||
          ask_text(&c->terminal,
                   "Enter the TLS domain to verify against:", NULL, domain)) &&
         (host->text[0] != '\0' ||
          ask_text(&c->terminal,
                   "Enter the destination host to connect to. Append the port "
                   "(example.com:26) if\nyou are not connecting on port 25:",
                   domain->text, host));
}

bool tls_verify(ctl *c, char *arguments) {
  char hostname[256];
  answer domain;
  answer host;
  target t;

  if (!ask(c, arguments, &domain, &host)) {
    return false;
  }

  t.domain = domain.text;
  take_host(&t, host.text);
  c->status = draft_hostname(&c->draft, hostname) && run(&t, hostname) ? 0 : 1;

  return true;
}
