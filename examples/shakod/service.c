#include "service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

static bool set_hostname(service *s, const options *o) {
  if (o->hostname == NULL) {
    if (gethostname(s->hostname, sizeof(s->hostname) - 1) != 0) {
      log_line("gethostname: %s: give --hostname", strerror(errno));
      return false;
    }
  } else if (strlen(o->hostname) < sizeof(s->hostname)) {
    strcpy(s->hostname, o->hostname);
  } else {
    log_line("--hostname: longer than %zu octets", sizeof(s->hostname) - 1);
    return false;
  }

  return true;
}

/* Asks the library what it thinks of the name, before anything is made for
   it. */
static bool check_hostname(const service *s, const options *o) {
  shako_listener_config config;
  shako_listener *listener = NULL;
  const char *reason = "";
  int error;

  shako_listener_config_default(&config);
  config.hostname = s->hostname;
  error = shako_listener_new(&listener, &config, NULL, &reason);
  shako_listener_unref(listener);
  if (error != 0) {
    log_line("%s%s: %s",
             o->hostname != NULL ? "--hostname "
                                 : "no --hostname, and the machine's ",
             s->hostname,
             error == SHAKO_ERR_INVALID_ARGUMENT ? reason
                                                 : shako_strerror(error));
  }

  return error == 0;
}

/* Makes one of the two listeners. */
static bool add_listener(service *s, const options *o, bool implicit_tls,
                         shako_listener **plistener) {
  shako_policy policy;
  shako_listener_config config;
  const char *reason = "";
  int error;

  shako_policy_default(&policy);
  policy.tls = implicit_tls ? SHAKO_TLS_SETTING_REQUIRED : o->tls;
  policy.max_message_size = o->max_message_size;

  shako_listener_config_default(&config);
  config.hostname = s->hostname;
  config.policy = &policy;
  config.implicit_tls = implicit_tls;
  if (policy.tls != SHAKO_TLS_SETTING_NO) {
    config.engine = s->tls->engine();
    config.context = s->context;
    config.certificates = &s->provider;
  }

  error = shako_listener_new(plistener, &config, NULL, &reason);
  if (error != 0) {
    log_line("%s: %s", shako_strerror(error), reason);
  }

  return error == 0;
}

static void warn_of_demonstration(void) {
  log_line("WARNING: no --certificate: clients are shown the demonstration "
           "certificate,");
  log_line("WARNING: which was made at this start and proves nothing. Whoever "
           "checks refuses it.");
  log_line("WARNING: Before real mail comes, give --certificate FILE and "
           "--key FILE (PEM).");
}

/* A certificate that was given is read, needed or not: one that is of no use
   is an error and never a reason for another. */
static bool add_certificate(service *s, const options *o) {
  char message[ENGINE_MESSAGE_SIZE];
  int error;

  if (o->certificate != NULL) {
    error = s->tls->certificate_read(&s->certificate, o->certificate, o->key,
                                     NULL, message);
  } else {
    warn_of_demonstration();
    error = s->tls->demonstration(&s->certificate, s->hostname,
                                  (int64_t)time(NULL), NULL, message);
  }

  if (error != 0) {
    log_line("%s", message[0] != '\0' ? message : shako_strerror(error));
    return false;
  }

  shako_certificate_provider_single(&s->provider, s->certificate);

  return true;
}

static bool add_tls(service *s, const options *o) {
  char message[ENGINE_MESSAGE_SIZE];
  bool need = options_need_tls(o);
  int error = 0;

  if ((need || o->certificate != NULL) && !add_certificate(s, o)) {
    return false;
  }

  if (need) {
    error = s->tls->context_new(&s->context, message);
  }

  if (error != 0) {
    log_line("%s", message[0] != '\0' ? message : shako_strerror(error));
    return false;
  }

  if (!need && o->certificate != NULL) {
    log_line("--certificate: not used: --tls is no, and there is no "
             "--listen-tls");
  }

  return true;
}

bool service_open(service *s, const options *o) {
  memset(s, 0, sizeof(*s));
  s->tls = o->engine;
  s->discard = o->discard;
  s->mail.tmp_fd = -1;
  s->mail.new_fd = -1;

  return set_hostname(s, o) && check_hostname(s, o) && add_tls(s, o) &&
         add_listener(s, o, false, &s->smtp) &&
         (s->context == NULL || add_listener(s, o, true, &s->smtps));
}

bool service_open_mail(service *s, const options *o) {
  int error = s->discard ? 0 : maildir_open(&s->mail, o->maildir);

  if (error != 0) {
    log_line("--maildir %s: %s", o->maildir, strerror(error));
  }

  return error == 0;
}

void service_close(service *s) {
  shako_listener_unref(s->smtp);
  shako_listener_unref(s->smtps);
  shako_certificate_unref(s->certificate);
  if (s->context != NULL) {
    s->tls->context_free(s->context);
  }

  maildir_close(&s->mail);
}
