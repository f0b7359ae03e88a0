#include "service.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

static bool set_hostname(service *s, const settings *from) {
  if (from->hostname == NULL) {
    if (gethostname(s->hostname, sizeof(s->hostname) - 1) != 0) {
      log_line("gethostname: %s: give --hostname", strerror(errno));
      return false;
    }
  } else if (strlen(from->hostname) < sizeof(s->hostname)) {
    memcpy(s->hostname, from->hostname, strlen(from->hostname) + 1);
  } else {
    log_line("--hostname: longer than %zu octets", sizeof(s->hostname) - 1);
    return false;
  }

  return true;
}

/* Asks the library what it thinks of the name, before anything is made for
   it. */
static bool check_hostname(const service *s, const settings *from) {
  const char *wrong = settings_judge_hostname(s->hostname);

  if (wrong != NULL) {
    log_line("%s%s: %s",
             from->hostname != NULL ? "--hostname "
                                    : "no --hostname, and the machine's ",
             s->hostname, wrong);
  }

  return wrong == NULL;
}

static bool open_stats(service *s) {
  int error = shako_stats_new(&s->stats, NULL, NULL);

  if (error != 0) {
    log_line("%s", shako_strerror(error));
  }

  return error == 0;
}

bool service_open(service *s, const settings *from) {
  *s = (service){.discard = from->discard,
                 .mail = {.tmp_fd = -1, .new_fd = -1},
                 .resolver = from->resolver,
                 .lookup_time = from->lookup_time,
                 .log = from->log,
                 .workers = from->workers};

  return set_hostname(s, from) && check_hostname(s, from) &&
         (from->status.text == NULL || open_stats(s));
}

bool service_open_mail(service *s, const settings *from) {
  int error = s->discard ? 0 : maildir_open(&s->mail, from->maildir);

  if (error != 0) {
    log_line("%s %s: %s", from->file != NULL ? "maildir" : "--maildir",
             from->maildir, strerror(error));
  }

  return error == 0;
}

void service_close(service *s) {
  maildir_close(&s->mail);
  shako_stats_unref(s->stats);
}
