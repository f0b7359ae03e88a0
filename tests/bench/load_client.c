#define _GNU_SOURCE

#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How far a step into the network came. */
typedef enum progress { MOVED, BLOCKED, BROKEN } progress;

static void say(load_client *c) {
  const load_step *step = c->step;
  const char *text = step->say;

  c->text =
      (load_text){.last = (const uint8_t *)text, .last_len = strlen(text)};
  if (step->kind == LOAD_BODY) {
    c->text = c->script->body;
  }
  c->sent = 0;
  c->waiting = step->replies;
}

bool load_client_open(load_client *c, const load_script *script, int port) {
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_port = htons((uint16_t)port)};
  int on = 1;

  *c = (load_client){.script = script, .step = script->steps};
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&at, sizeof(at)) != 0 ||
      setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
      fcntl(c->fd, F_SETFL, O_NONBLOCK) != 0) {
    perror("load: connect");
    return false;
  }
  say(c);

  return true;
}

static progress judge_tls(const load_client *c, int result) {
  int error = SSL_get_error(c->tls, result);

  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? BLOCKED
                                                                       : BROKEN;
}

static progress judge_socket(ssize_t n) {
  return n < 0 && errno == EAGAIN ? BLOCKED : BROKEN;
}

static progress put(load_client *c, const void *buf, size_t len, size_t *n) {
  ssize_t sent;

  if (c->tls != NULL) {
    int result = SSL_write_ex(c->tls, buf, len, n);

    return result == 1 ? MOVED : judge_tls(c, result);
  }

  sent = send(c->fd, buf, len, MSG_NOSIGNAL);
  *n = (size_t)sent;

  return sent > 0 ? MOVED : judge_socket(sent);
}

static progress get(load_client *c, void *buf, size_t len, size_t *n) {
  ssize_t received;

  if (c->tls != NULL) {
    int result = SSL_read_ex(c->tls, buf, len, n);

    return result == 1 ? MOVED : judge_tls(c, result);
  }

  received = recv(c->fd, buf, len, 0);
  *n = (size_t)received;

  return received > 0 ? MOVED : judge_socket(received);
}

static progress send_some(load_client *c) {
  load_text *text = &c->text;
  bool whole = text->times > 0;
  size_t len = whole ? text->unit_len : text->last_len;
  size_t n = 0;
  progress result =
      put(c, (whole ? text->unit : text->last) + c->sent, len - c->sent, &n);

  if (result != MOVED) {
    return result;
  }
  c->sent += n;
  if (c->sent == len) {
    c->sent = 0;
    text->times -= whole;
    text->last_len = whole ? text->last_len : 0;
  }

  return MOVED;
}

/* Counts the replies in |text|.  Returns false where one is a no. */
static bool count_replies(load_client *c, const char *text, size_t len) {
  size_t i;

  for (i = 0; i < len; i++) {
    if (c->column == 0 && text[i] != '2' && text[i] != '3') {
      fprintf(stderr, "load: refused: %.*s\n", (int)(len - i), text + i);
      return false;
    }
    if (c->column == 3) {
      c->final = text[i] == ' ';
    }
    c->column++;
    if (text[i] == '\n') {
      c->column = 0;
      c->waiting -= c->final && c->waiting > 0;
    }
  }

  return true;
}

static progress take_replies(load_client *c) {
  char buf[4096];
  size_t n = 0;
  progress result = get(c, buf, sizeof(buf), &n);

  if (result != MOVED) {
    return result;
  }

  return count_replies(c, buf, n) ? MOVED : BROKEN;
}

static progress shake_hands(load_client *c) {
  int result;

  if (c->tls == NULL) {
    c->tls = SSL_new(c->script->tls);
    if (c->tls == NULL || !SSL_set_fd(c->tls, c->fd)) {
      return BROKEN;
    }
    SSL_set_connect_state(c->tls);
  }
  result = SSL_do_handshake(c->tls);
  if (result != 1) {
    return judge_tls(c, result);
  }
  c->shaking = false;

  return MOVED;
}

static void go_on(load_client *c) {
  const load_script *script = c->script;

  c->shaking = c->step->kind == LOAD_STARTTLS;
  if (c->step == script->again && ++c->repeated < script->repeat) {
    say(c);
    return;
  }
  c->step++;
  if (c->step->kind != LOAD_END) {
    say(c);
  }
}

/* Takes one step.  Having sent, it goes on to the reply at once: there is
   nothing to read while something is to be sent. */
static progress advance(load_client *c) {
  if (c->shaking) {
    return shake_hands(c);
  }
  if (c->text.times > 0 || c->text.last_len > 0) {
    return send_some(c);
  }
  if (c->waiting > 0) {
    return take_replies(c);
  }
  go_on(c);

  return MOVED;
}

load_state load_client_advance(load_client *c) {
  progress result = MOVED;

  while (result == MOVED && (c->step->kind != LOAD_END || c->shaking)) {
    result = advance(c);
  }
  if (result == BROKEN) {
    fprintf(stderr, "load: the connection broke before \"%.10s\" was over\n",
            c->step->say);
    return LOAD_FAILED;
  }

  return result == BLOCKED ? LOAD_WAITS : LOAD_DONE;
}

void load_client_close(load_client *c) {
  SSL_free(c->tls);
  close(c->fd);
}
