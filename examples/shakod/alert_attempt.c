#include "alert_attempt.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void on_closed(uv_handle_t *handle) {
  alert_attempt *a = handle->data;

  if (--a->handles == 0) {
    a->done(a);
  }
}

/* It may be closing already. */
static void close_handle(uv_handle_t *handle) {
  if (!uv_is_closing(handle)) {
    uv_close(handle, on_closed);
  }
}

static void close_all(alert_attempt *a) {
  close_handle((uv_handle_t *)&a->process);
  close_handle((uv_handle_t *)&a->in);
  close_handle((uv_handle_t *)&a->out);
  close_handle((uv_handle_t *)&a->timer);
}

static void say(alert_attempt *a, const char *why) {
  a->len = (size_t)snprintf(a->line, sizeof(a->line), "%s", why);
}

/* What it said may still be in the pipe, which ends by itself. */
static void on_exit(uv_process_t *process, int64_t status, int number) {
  alert_attempt *a = process->data;

  a->status = number == 0 ? (int)status : -1;
  if (a->len == 0 && number != 0) {
    say(a, uv_is_active((uv_handle_t *)&a->timer) ? "it was killed"
                                                  : "it took too long");
  }

  close_handle((uv_handle_t *)process);
  close_handle((uv_handle_t *)&a->in);
  close_handle((uv_handle_t *)&a->timer);
}

static void on_time(uv_timer_t *timer) {
  alert_attempt_kill(timer->data);
}

/* All is written, or nobody reads: its input ends. */
static void on_written(uv_write_t *request, int error) {
  (void)error;
  close_handle((uv_handle_t *)request->handle);
}

/* Lends room for more, which is thrown away once the line is full. */
static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf) {
  alert_attempt *a = handle->data;
  size_t room = sizeof(a->line) - 1 - a->len;

  (void)size;
  *buf = room > 0 ? uv_buf_init(a->line + a->len, (unsigned)room)
                  : uv_buf_init(a->rest, sizeof(a->rest));
}

/* Cuts the line off where it ends. */
static void clean(alert_attempt *a) {
  size_t i;

  a->line[a->len] = '\0';
  a->line[strcspn(a->line, "\n")] = '\0';
  for (i = 0; a->line[i] != '\0'; i++) {
    if (a->line[i] < ' ' || a->line[i] > '~') {
      a->line[i] = '?';
    }
  }
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf) {
  alert_attempt *a = stream->data;

  if (n < 0) {
    clean(a);
    close_handle((uv_handle_t *)stream);
  } else if (buf->base != a->rest) {
    a->len += (size_t)n;
  }
}

/* Returns 0, or an error of libuv. */
static int spawn(alert_attempt *a, uv_loop_t *loop, char **words) {
  uv_stdio_container_t ends[3] = {
      {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE,
       .data.stream = (uv_stream_t *)&a->in},
      {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
       .data.stream = (uv_stream_t *)&a->out},
      {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO}};
  const uv_process_options_t options = {.exit_cb = on_exit,
                                        .file = words[0],
                                        .args = words,
                                        .stdio_count = 3,
                                        .stdio = ends};

  return uv_spawn(loop, &a->process, &options);
}

static void open_handles(alert_attempt *a, uv_loop_t *loop) {
  uv_pipe_init(loop, &a->in, 0);
  uv_pipe_init(loop, &a->out, 0);
  uv_timer_init(loop, &a->timer);
  a->process.data = a;
  a->in.data = a;
  a->out.data = a;
  a->timer.data = a;
  a->handles = 4;
  a->status = -1;
  a->len = 0;
}

void alert_attempt_start(alert_attempt *a, uv_loop_t *loop, char **words,
                         uv_buf_t text, unsigned seconds) {
  int error;

  open_handles(a, loop);
  error = spawn(a, loop, words);
  if (error != 0) {
    say(a, uv_strerror(error));
    close_all(a);
    return;
  }

  uv_timer_start(&a->timer, on_time, seconds * (uint64_t)1000, 0);
  uv_read_start((uv_stream_t *)&a->out, on_alloc, on_read);
  if (uv_write(&a->write, (uv_stream_t *)&a->in, &text, 1, on_written) != 0) {
    close_handle((uv_handle_t *)&a->in);
  }
}

void alert_attempt_kill(alert_attempt *a) {
  if (!uv_is_closing((uv_handle_t *)&a->process)) {
    uv_process_kill(&a->process, SIGKILL);
  }
}
