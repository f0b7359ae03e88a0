#include "smtp.h"

#include <curl/curl.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

/* What crossed the wire, as libcurl shows it. */
typedef struct trace {
  bool said_ehlo;
  bool asked;   /* STARTTLS was sent */
  bool agreed;  /* ... and answered with 220 */
  bool secured; /* ... and a command was sent since */
  bool leaving; /* QUIT was sent: its reply says nothing of the message */
  smtp_result *result;
} trace;

typedef struct upload {
  const contents *message;
  size_t at;
} upload;

static bool begins(const char *octets, size_t len, const char *with) {
  return len >= strlen(with) && memcmp(octets, with, strlen(with)) == 0;
}

/* Keeps the first line of |octets|, without blanks at its end.  They may be a
   peer's: what is no printable ASCII becomes a question mark. */
static void keep_line(char *to, size_t size, const char *octets, size_t len) {
  size_t n = 0;

  while (n < len && n < size - 1 && octets[n] != '\r' && octets[n] != '\n') {
    to[n] = octets[n];
    if (octets[n] < ' ' || octets[n] > '~') {
      to[n] = '?';
    }
    n++;
  }
  while (n > 0 && to[n - 1] == ' ') {
    n--;
  }
  to[n] = '\0';
}

static void see_command(trace *t, const char *octets, size_t len) {
  t->secured = t->secured || t->agreed;
  t->said_ehlo = t->said_ehlo || begins(octets, len, "EHLO");
  t->asked = t->asked || begins(octets, len, "STARTTLS");
  t->leaving = t->leaving || begins(octets, len, "QUIT");
}

static void see_reply(trace *t, const char *octets, size_t len) {
  t->agreed = t->agreed || (t->asked && begins(octets, len, "220"));
  if (!t->leaving) {
    keep_line(t->result->detail, sizeof(t->result->detail), octets, len);
  }
}

static void see_text(trace *t, const char *octets, size_t len) {
  static const char tls[] = "SSL connection using ";

  if (begins(octets, len, tls)) {
    keep_line(t->result->tls, sizeof(t->result->tls), octets + sizeof(tls) - 1,
              len - (sizeof(tls) - 1));
  }
}

static int see(CURL *curl, curl_infotype type, char *octets, size_t len,
               void *ctx) {
  (void)curl;
  if (type == CURLINFO_HEADER_OUT) {
    see_command(ctx, octets, len);
  } else if (type == CURLINFO_HEADER_IN) {
    see_reply(ctx, octets, len);
  } else if (type == CURLINFO_TEXT) {
    see_text(ctx, octets, len);
  }
  return 0;
}

static size_t read_message(char *buf, size_t size, size_t n, void *ctx) {
  upload *u = ctx;
  size_t left = u->message->len - u->at;

  n = size * n < left ? size * n : left;
  memcpy(buf, u->message->octets + u->at, n);
  u->at += n;
  return n;
}

/* libcurl copies what it is told.  Does not return without memory. */
static void check(CURLcode code) {
  if (code != CURLE_OK) {
    fprintf(stderr, "deliver: libcurl: %s\n", curl_easy_strerror(code));
    exit(EX_SOFTWARE);
  }
}

static void set_tls(CURL *curl, const smtp_job *job) {
  static const long levels[] = {
      [SMTP_TLS_NEVER] = CURLUSESSL_NONE,
      [SMTP_TLS_IF_OFFERED] = CURLUSESSL_TRY,
      [SMTP_TLS_ALWAYS] = CURLUSESSL_ALL,
  };
  long version = CURL_SSLVERSION_DEFAULT;

  if (job->min_version >= 0x0304) {
    version = CURL_SSLVERSION_TLSv1_3;
  } else if (job->min_version == 0x0303) {
    version = CURL_SSLVERSION_TLSv1_2;
  }

  check(curl_easy_setopt(curl, CURLOPT_USE_SSL, levels[job->tls]));
  check(curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, job->verified ? 1L : 0));
  check(curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, job->verified ? 2L : 0));
  check(curl_easy_setopt(curl, CURLOPT_SSLVERSION, version));
  if (job->authorities != NULL) {
    check(curl_easy_setopt(curl, CURLOPT_CAINFO, job->authorities));
    check(curl_easy_setopt(curl, CURLOPT_CAPATH, (char *)NULL));
  }
}

static void set_transfer(CURL *curl, const smtp_job *job, trace *t, upload *u) {
  char url[640];

  snprintf(url, sizeof(url), "smtp://%s:%s/%s", job->name, job->port,
           job->hostname);
  check(curl_easy_setopt(curl, CURLOPT_URL, url));
  check(curl_easy_setopt(curl, CURLOPT_PROXY, ""));
  check(curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L));
  check(curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)job->timeout));
  check(curl_easy_setopt(curl, CURLOPT_MAIL_FROM, job->from));
  check(curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L));
  check(curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_message));
  check(curl_easy_setopt(curl, CURLOPT_READDATA, u));
  check(curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE,
                         (curl_off_t)job->message->len));
  check(curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L));
  check(curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, see));
  check(curl_easy_setopt(curl, CURLOPT_DEBUGDATA, t));
}

/* Sets a list, which is freed behind the transfer, to an option. */
static struct curl_slist *set_list(CURL *curl, CURLoption option,
                                   const char *const *texts, size_t count) {
  struct curl_slist *list = NULL;
  size_t i;

  for (i = 0; i < count; i++) {
    struct curl_slist *longer = curl_slist_append(list, texts[i]);

    check(longer != NULL ? CURLE_OK : CURLE_OUT_OF_MEMORY);
    list = longer;
  }
  check(curl_easy_setopt(curl, option, list));
  return list;
}

static shako_attempt_certificate certificate_of(CURL *curl) {
  long found = X509_V_OK;

  curl_easy_getinfo(curl, CURLINFO_SSL_VERIFYRESULT, &found);
  switch (found) {
  case X509_V_OK: /* OpenSSL refused nothing, so libcurl refused the name; */
  case X509_V_ERR_UNSPECIFIED: /* ... as it stands before it asks OpenSSL */
  case X509_V_ERR_HOSTNAME_MISMATCH:
    return SHAKO_ATTEMPT_CERTIFICATE_MISMATCH;
  case X509_V_ERR_CERT_NOT_YET_VALID:
  case X509_V_ERR_CERT_HAS_EXPIRED:
    return SHAKO_ATTEMPT_CERTIFICATE_EXPIRED;
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_CERT_UNTRUSTED:
    return SHAKO_ATTEMPT_CERTIFICATE_NOT_TRUSTED;
  }
  return SHAKO_ATTEMPT_CERTIFICATE_INVALID;
}

/* Returns how far TLS came, where libcurl ended with |code|, and the last reply
   was |reply|. */
static shako_attempt_state state_of(const trace *t, CURLcode code, long reply) {
  if (t->agreed) {
    return t->secured || code == CURLE_PEER_FAILED_VERIFICATION
               ? SHAKO_ATTEMPT_SECURED
               : SHAKO_ATTEMPT_FAILED;
  }
  if (t->asked) {
    return SHAKO_ATTEMPT_NOT_STARTED;
  }
  return code == CURLE_USE_SSL_FAILED || code == CURLE_OK ||
                 (t->said_ehlo && reply >= 500)
             ? SHAKO_ATTEMPT_NOT_OFFERED
             : SHAKO_ATTEMPT_BROKEN;
}

/* Fills in what happened.  A message that was not refused, and not delivered,
   was lost on the way. */
static void conclude(const smtp_job *job, const trace *t, CURL *curl,
                     CURLcode code) {
  shako_attempt *attempt = &t->result->attempt;
  bool is_refused_certificate =
      code == CURLE_PEER_FAILED_VERIFICATION && t->agreed && !t->secured;
  long reply = 0;

  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply);
  attempt->struct_size = sizeof(*attempt);
  attempt->state = state_of(t, code, reply);
  if (is_refused_certificate) {
    attempt->certificate = certificate_of(curl);
  } else if (t->secured && job->verified) {
    attempt->certificate = SHAKO_ATTEMPT_CERTIFICATE_GOOD;
  }
  if (code == CURLE_OK || is_refused_certificate) {
    return;
  }
  if (job->tls == SMTP_TLS_NEVER || t->secured ||
      attempt->state == SHAKO_ATTEMPT_BROKEN) {
    attempt->reply = reply >= 400 && reply < 600 ? (uint16_t)reply : 0;
    if (attempt->reply == 0) {
      attempt->state = SHAKO_ATTEMPT_BROKEN;
    }
  }
}

/* What libcurl says of TLS, or of the network, is more than the last reply. */
static void put_detail(smtp_result *result, const char *said) {
  if (result->attempt.reply == 0 &&
      result->attempt.state != SHAKO_ATTEMPT_NOT_STARTED && said[0] != '\0') {
    keep_line(result->detail, sizeof(result->detail), said, strlen(said));
  }
}

void smtp_send(const smtp_job *job, smtp_result *result) {
  CURL *curl = curl_easy_init();
  char said[CURL_ERROR_SIZE] = "";
  trace t = {.result = result};
  upload u = {job->message, 0};
  struct curl_slist *recipients;
  struct curl_slist *connect;
  char where[300];
  const char *wheres[] = {where};
  CURLcode code;

  check(curl != NULL ? CURLE_OK : CURLE_OUT_OF_MEMORY);
  *result = (smtp_result){.delivered = false};
  snprintf(where, sizeof(where), "::%s:%s", job->connect->host,
           job->connect->port);
  set_transfer(curl, job, &t, &u);
  set_tls(curl, job);
  recipients =
      set_list(curl, CURLOPT_MAIL_RCPT, job->recipients, job->recipient_count);
  connect =
      set_list(curl, CURLOPT_CONNECT_TO, wheres, job->connect->host[0] != '\0');
  check(curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, said));
  code = curl_easy_perform(curl);
  result->delivered = code == CURLE_OK;
  conclude(job, &t, curl, code);
  put_detail(result, said);
  curl_easy_cleanup(curl);
  curl_slist_free_all(recipients);
  curl_slist_free_all(connect);
}
