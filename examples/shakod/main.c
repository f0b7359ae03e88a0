/*
 * shakod: the example server of shako.  It receives mail over SMTP, with TLS
 * as strict as it is told to be for each peer, and puts it into a Maildir.
 *
 *   main       starts and ends all of it: this file
 *   server     the main thread: signals, workers, reloading
 *   worker     a thread with its loop; accepts connections
 *   connection octets and time: between a session and a socket of libuv
 *   linger     how a connection ends
 *   mail       what happened and what is answered
 *   message    a message, from MAIL to its last reply
 *   lookup, resolver, peer_names, dns_name, dns_reply   what the DNS says of a
 *              peer
 *   auth       answers AUTH
 *   sasl, passwords, password_line   ... by GNU SASL and a file of secrets
 *   envelope   the head that delivery adds
 *   maildir, delivery   the folder, and a message on its way into it
 *
 *   options, options_set, help   the command line
 *   config, config_text, config_judge, config_take, config_certificate,
 *   config_alert, policy_keys   the configuration file
 *   settings   what either of them says
 *   offers     the words for what EHLO offers
 *   setup      the library's listeners, made of that; what a reload replaces
 *   table      a Host Access Table, from its file
 *   certificates, passphrase   certificates by name, from their files
 *   certificate_check   what is thought of them, and when they expire
 *   alerts, alert_message   what an operator must hear of, and hears
 *   alert_relay, alert_attempt   ... by mail: deliver, another process
 *   watch, watch_files   what has files read again when they change
 *   report     what is said of a setup without starting it
 *   password_print, ask_password   a new line for a file of secrets
 *   status, status_page, status_request   the counts, told by HTTP
 *   service    what all threads share from start to end
 *   listen     the listening sockets
 *   engine     the TLS libraries there are
 *   pid_file   who the running server is
 *   become     from root to an ordinary user
 *   log, log_connection   what is told on standard error
 *   address, buffer, file, number   small tools
 */
#include <signal.h>
#include <unistd.h>

#include <ares.h>

#include "alerts.h"
#include "become.h"
#include "certificate_check.h"
#include "config.h"
#include "log.h"
#include "password_print.h"
#include "pid_file.h"
#include "report.h"
#include "server.h"
#include "watch.h"

#define EXIT_WRONG 2

static void close_all(endpoints *all) {
  size_t i;

  for (i = 0; i < all->count; i++) {
    endpoint_close(&all->items[i]);
  }

  endpoint_close(&all->status);
}

static bool bind_all(endpoints *all, unsigned workers) {
  size_t i;

  for (i = 0; i < all->count; i++) {
    if (!endpoint_bind(&all->items[i], workers)) {
      return false;
    }
  }

  return all->status.text == NULL || endpoint_bind(&all->status, 1);
}

static bool listen_all(const endpoints *all) {
  size_t i;

  for (i = 0; i < all->count; i++) {
    if (!endpoint_listen(&all->items[i])) {
      return false;
    }
  }

  return true;
}

/* Goes from root to an ordinary user on the way, where that is asked for:
   keys and ports before it, mail after. */
static bool prepare(const settings *s, service *shared, endpoints *sockets,
                    setup **first) {
  endpoints_fill(sockets, s);
  *first = setup_new(s, shared->hostname, NULL);
  if (*first != NULL) {
    certificates_judge(*first, s, shared->hostname, NULL);
  }

  return *first != NULL && bind_all(sockets, s->workers) &&
         (s->pid_file == NULL || pid_file_write(s->pid_file)) &&
         (s->user == NULL || become(s->user)) && service_open_mail(shared, s) &&
         alerts_open(&shared->alerts, s, shared->hostname) &&
         listen_all(sockets);
}

static int serve(const options *o, const settings *s, service *shared) {
  endpoints sockets;
  setup *first;
  uint64_t stamp = watch_stamp(s);

  int status;

  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN); /* a file too large is an error of write() */
  if (!prepare(s, shared, &sockets, &first)) {
    close_all(&sockets);
    setup_unref(first);
    return EXIT_WRONG;
  }

  status = server_run(&(server_start){o, s, shared, &sockets, first, stamp});
  if (s->pid_file != NULL) {
    unlink(s->pid_file); /* where we still may; else the lock tells */
  }

  return status;
}

static int run(const options *o, const settings *s) {
  service shared;
  int status = o->task == TASK_CHECK ? 1 : EXIT_WRONG;

  if (service_open(&shared, s)) {
    switch (o->task) {
    case TASK_SERVE:
      status = serve(o, s, &shared);
      break;
    case TASK_CHECK:
      status = report_check(s, shared.hostname);
      break;
    case TASK_EXPLAIN:
      status = report_explain(s, o);
      break;
    case TASK_PASSWORD: /* is done */
      break;
    }
  }

  alerts_close(shared.alerts);
  service_close(&shared);

  return status;
}

int main(int argc, char **argv) {
  options o;
  settings from_file = {0};
  const settings *s = &o.line;
  options_result result = options_read(&o, argc, argv);
  int status = result == OPTIONS_DONE ? 0 : EXIT_WRONG;

  ares_library_init(ARES_LIB_INIT_ALL);
  if (result == OPTIONS_RUN && o.config != NULL) {
    s = &from_file;
    if (!settings_open(&from_file) || !config_read(&from_file, o.config)) {
      result = OPTIONS_WRONG;
      status = o.task == TASK_CHECK ? 1 : EXIT_WRONG;
    }
  }

  if (result == OPTIONS_RUN && o.task == TASK_PASSWORD) {
    status = password_print(o.user) ? 0 : EXIT_WRONG;
  } else if (result == OPTIONS_RUN) {
    status = run(&o, s);
  }

  settings_close(&from_file);
  settings_close(&o.line);
  ares_library_cleanup();

  return status;
}
