/*
 * shakod: the example server of shako.  It receives mail over SMTP, with TLS
 * as strict as it is told to be, and puts it into a Maildir.
 *
 *   main       starts and stops all of it: this file
 *   options    the command line
 *   engine     the TLS libraries there are
 *   service    what all threads share: TLS, the library's listeners, the mail
 *              folder
 *   listen     the listening sockets
 *   worker     a thread with its loop; accepts connections
 *   connection octets and time: between a session and a socket of libuv
 *   linger     how a connection ends
 *   mail       what happened and what is answered
 *   envelope   the head that delivery adds
 *   maildir, delivery   the folder, and a message on its way into it
 *   log        what is told on standard error
 *   address, number, buffer   small tools
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

#include "address.h"
#include "log.h"
#include "options.h"
#include "service.h"
#include "worker.h"

#define EXIT_WRONG 2

/* The main thread: it waits for signals and for the workers' end. */
typedef struct server {
  uv_loop_t loop;
  uv_signal_t signals[2];
  uv_async_t done; /* a worker has ended */
  worker *workers[WORKERS_MAX];
  unsigned count; /* of |workers| */
  atomic_uint running;
  bool stopping;
} server;

static void on_signal(uv_signal_t *handle, int number) {
  server *s = handle->data;
  unsigned i;

  (void)number;
  if (s->stopping) {
    _exit(1); /* asked twice: not even for what is in flight */
  }

  s->stopping = true;
  for (i = 0; i < s->count; i++) {
    worker_stop(s->workers[i]);
  }
}

static void on_done(uv_async_t *async) {
  server *s = async->data;

  if (atomic_load(&s->running) > 0) {
    return;
  }

  while (s->count > 0) {
    worker_join(s->workers[--s->count]);
  }

  uv_close((uv_handle_t *)&s->signals[0], NULL);
  uv_close((uv_handle_t *)&s->signals[1], NULL);
  uv_close((uv_handle_t *)&s->done, NULL);
}

static int open_server(server *s) {
  static const int numbers[2] = {SIGTERM, SIGINT};
  int error = uv_loop_init(&s->loop);
  int i;

  if (error == 0) {
    error = uv_async_init(&s->loop, &s->done, on_done);
    s->done.data = s;
  }

  for (i = 0; i < 2 && error == 0; i++) {
    uv_signal_init(&s->loop, &s->signals[i]);
    s->signals[i].data = s;
    error = uv_signal_start(&s->signals[i], on_signal, numbers[i]);
  }

  if (error != 0) {
    log_line("%s", uv_strerror(error));
  }

  return error;
}

/* Becomes |name| for good. */
static bool become(const char *name) {
  struct passwd *user;

  errno = 0;
  user = getpwnam(name);
  if (user == NULL) {
    log_line("--user %s: %s", name,
             errno != 0 ? strerror(errno) : "no such user");
    return false;
  }

  if (initgroups(name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
      setuid(user->pw_uid) != 0) {
    log_line("--user %s: %s", name, strerror(errno));
    return false;
  }

  if (user->pw_uid != 0 && setuid(0) == 0) {
    log_line("--user %s: could become root again", name);
    return false;
  }

  return true;
}

static void close_all(options *o) {
  size_t i;

  for (i = 0; i < o->endpoint_count; i++) {
    endpoint_close(&o->endpoints[i]);
  }
}

static bool bind_all(options *o) {
  size_t i;

  for (i = 0; i < o->endpoint_count; i++) {
    if (!endpoint_bind(&o->endpoints[i], o->workers)) {
      return false;
    }
  }

  return true;
}

static bool listen_all(const options *o) {
  size_t i;

  for (i = 0; i < o->endpoint_count; i++) {
    if (!endpoint_listen(&o->endpoints[i])) {
      return false;
    }
  }

  return true;
}

static void announce(const options *o) {
  size_t i;

  for (i = 0; i < o->endpoint_count; i++) {
    char where[ADDRESS_TEXT_SIZE];

    address_format(&o->endpoints[i].address, o->endpoints[i].port, where);
    log_line("listening on %s (%s)", where,
             o->endpoints[i].implicit_tls ? "smtps" : "smtp");
  }
}

static bool start_workers(server *s, const options *o, const service *shared) {
  while (s->count < o->workers) {
    s->workers[s->count] = worker_new(s->count, shared, o->endpoints,
                                      o->endpoint_count, &s->running, &s->done);
    if (s->workers[s->count] == NULL) {
      return false;
    }

    s->count++;
  }

  return true;
}

/* Goes from root to an ordinary user on the way, where that is asked for:
   keys and ports before it, mail after. */
static bool prepare(options *o, service *shared) {
  return service_open(shared, o) && bind_all(o) &&
         (o->user == NULL || become(o->user)) && service_open_mail(shared, o) &&
         listen_all(o);
}

/* Hands the sockets over to the workers. */
static int serve(server *s, const options *o, const service *shared) {
  if (open_server(s) != 0 || !start_workers(s, o, shared)) {
    _exit(EXIT_WRONG); /* threads may run */
  }

  announce(o);
  uv_run(&s->loop, UV_RUN_DEFAULT);
  uv_loop_close(&s->loop);

  return 0;
}

int main(int argc, char **argv) {
  options o;
  service shared = {0};
  server s = {0};
  int status = EXIT_WRONG;
  options_result result = options_read(&o, argc, argv);

  if (result != OPTIONS_RUN) {
    return result == OPTIONS_DONE ? 0 : EXIT_WRONG;
  }

  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN); /* a file too large is an error of write() */
  if (prepare(&o, &shared)) {
    status = serve(&s, &o, &shared);
  } else {
    close_all(&o);
  }

  service_close(&shared);

  return status;
}
