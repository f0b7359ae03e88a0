#include "model.h"

#include <stdlib.h>
#include <string.h>

#define ANY_5YZ 5

/* splitmix64 */
static uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

int model_answer(uint64_t seed, unsigned n) {
  unsigned dice = (unsigned)(mix(seed ^ mix(n)) % 100);

  return dice == 0 ? 421 : dice < 8 ? 450 : dice < 16 ? 554 : 0;
}

static void reply(model *m, int code) {
  if (m->reply_count == m->reply_room) {
    m->reply_room = m->reply_room * 2 + 64;
    m->replies = must_grow(m->replies, m->reply_room * sizeof(*m->replies));
  }
  m->replies[m->reply_count++] = code;
}

static model_event *show(model *m, shako_event_type type) {
  model_event *event;

  if (m->event_count == m->event_room) {
    m->event_room = m->event_room * 2 + 64;
    m->events = must_grow(m->events, m->event_room * sizeof(*m->events));
  }
  event = &m->events[m->event_count++];
  memset(event, 0, sizeof(*event));
  event->type = type;
  return event;
}

/* Shows a message's octets as far as they came. */
static model_event *show_body(model *m, shako_event_type type, bool whole) {
  model_event *event = show(m, type);

  event->body_at = m->body_at;
  event->body_len = m->bodies.len - m->body_at;
  event->whole = whole;
  return event;
}

static void forget_transaction(model *m) {
  m->transaction = m->chunks = m->text_next = false;
  m->recipients = 0;
  m->body_at = m->bodies.len;
}

/* The transaction, if there is one, has come to nothing. */
static void reset(model *m, bool whole) {
  if (m->transaction) {
    show_body(m, SHAKO_EVENT_RESET, whole);
  }
  forget_transaction(m);
}

static void end(model *m) {
  reset(m, true);
  show(m, SHAKO_EVENT_CLOSED);
  m->over = true;
}

/* Says what the application answers to the event that was shown last.  Returns
   whether it is a yes, for which |yes| is said; 0: nothing. */
static bool ask(model *m, int yes) {
  int no = model_answer(m->seed, m->asked++);

  if (no != 0 || yes != 0) {
    reply(m, no != 0 ? no : yes);
  }
  return no == 0;
}

/* 421 ends the connection. */
static void end_if_last(model *m) {
  if (m->replies[m->reply_count - 1] == 421) {
    end(m);
  }
}

void model_begin(model *m) {
  show(m, SHAKO_EVENT_CONNECT);
  m->turned_away = !ask(m, 220);
  end_if_last(m);
}

/* RFC 5321 4.1.1.1, 4.1.4; RFC 2033 4.1 */
static void take_hello(model *m, const model_step *step) {
  if ((step->verb == MODEL_LHLO) != m->lmtp) {
    reply(m, 500);
  } else if (step->bad) {
    reply(m, 501);
  } else {
    show(m, SHAKO_EVENT_HELLO);
    if (ask(m, 250)) {
      m->hello = step->verb == MODEL_HELO ? MODEL_OLD_HELLO : MODEL_EXTENDED;
      reset(m, true);
    }
    end_if_last(m);
  }
}

/* RFC 5321 4.1.1.2, 4.1.4; RFC 1870 6.1 */
static void take_mail(model *m, const model_step *step) {
  if (m->hello == MODEL_NO_HELLO || m->transaction) {
    reply(m, step->bad ? ANY_5YZ : 503);
  } else if (step->bad || (step->declared > 0 && m->hello == MODEL_OLD_HELLO)) {
    reply(m, ANY_5YZ);
  } else if (m->max_size > 0 && step->declared > m->max_size) {
    reply(m, 552);
  } else {
    show(m, SHAKO_EVENT_MAIL)->number = step->number;
    m->transaction = ask(m, 250);
    end_if_last(m);
  }
}

/* RFC 5321 4.1.1.3 */
static void take_rcpt(model *m, const model_step *step) {
  if (!m->transaction || m->chunks) {
    reply(m, step->bad ? ANY_5YZ : 503);
  } else if (step->bad) {
    reply(m, ANY_5YZ);
  } else {
    show(m, SHAKO_EVENT_RCPT)->number = step->number;
    m->recipients += ask(m, 250);
    end_if_last(m);
  }
}

/* RFC 5321 4.1.1.4; RFC 2033 4.2; RFC 3030 2 */
static void take_data(model *m, const model_step *step) {
  if (m->recipients == 0 || m->chunks) {
    reply(m, step->bad ? ANY_5YZ : 503);
  } else if (step->bad) {
    reply(m, 501);
  } else {
    show(m, SHAKO_EVENT_DATA);
    m->text_next = ask(m, 354);
    end_if_last(m);
  }
}

/* How many replies a message has (RFC 2033 4.2, 4.3). */
static unsigned replies_to_message(const model *m) {
  return m->lmtp ? m->recipients : 1;
}

/* A message is lost, and |code| is said so many times. */
static void lose(model *m, bool whole, unsigned times, int code) {
  reset(m, whole);
  while (times-- > 0) {
    reply(m, code);
  }
}

/* A message is there.  It is each recipient's own on LMTP. */
static void deliver(model *m) {
  unsigned times = replies_to_message(m);

  for (unsigned i = 0; i < times && !m->over; i++) {
    show_body(m, SHAKO_EVENT_MESSAGE, true)->number = i;
    ask(m, 250);
    if (i + 1 == times) {
      forget_transaction(m);
    }
    end_if_last(m);
  }
}

void model_text(model *m, const model_step *step) {
  uint64_t size = step->data.len;

  m->text_next = false;
  octets_add(&m->bodies, step->data.ptr, step->data.len);
  if (step->bare) {
    lose(m, false, replies_to_message(m), ANY_5YZ);
  } else if (m->max_size > 0 && size > m->max_size) {
    lose(m, false, replies_to_message(m), 552);
  } else {
    deliver(m);
  }
}

/* RFC 3030 2: its octets are there. */
static void take_chunk(model *m, const model_step *step) {
  uint64_t size = m->bodies.len - m->body_at + step->data.len;
  unsigned times = step->last ? replies_to_message(m) : 1;

  if (m->max_size > 0 && size > m->max_size) {
    lose(m, true, times, 552);
    return;
  }
  if (!m->chunks) {
    show(m, SHAKO_EVENT_DATA);
    if (!ask(m, 0)) {
      int code = m->replies[--m->reply_count];

      if (code == 421) {
        reply(m, code);
        end(m);
      } else {
        lose(m, true, times, code);
      }
      return;
    }
  }
  m->chunks = true;
  octets_add(&m->bodies, step->data.ptr, step->data.len);
  if (step->last) {
    deliver(m);
  } else {
    reply(m, 250);
  }
}

static void take_bdat(model *m, const model_step *step) {
  if (!m->chunking || m->hello != MODEL_EXTENDED) {
    reply(m, ANY_5YZ);
  } else if (m->recipients == 0) {
    reply(m, 503);
  } else {
    take_chunk(m, step);
  }
}

/* What has no parameters, or any. */
static void take_plain(model *m, const model_step *step, int code) {
  reply(m, step->bad ? 501 : code);
  if (!step->bad && step->verb == MODEL_RSET) {
    reset(m, true);
  } else if (!step->bad && step->verb == MODEL_QUIT) {
    end(m);
  }
}

void model_take(model *m, const model_step *step) {
  bool leaves = step->verb == MODEL_QUIT && !step->bad;
  bool is_lost = step->verb == MODEL_BDAT && step->bad;

  if (is_lost || (m->turned_away && !leaves)) { /* RFC 5321 3.1 */
    reply(m, ANY_5YZ);
    if (is_lost) {
      end(m);
    }
    return;
  }
  switch (step->verb) {
  case MODEL_EHLO:
  case MODEL_HELO:
  case MODEL_LHLO:
    take_hello(m, step);
    break;
  case MODEL_MAIL:
    take_mail(m, step);
    break;
  case MODEL_RCPT:
    take_rcpt(m, step);
    break;
  case MODEL_DATA:
    take_data(m, step);
    break;
  case MODEL_BDAT:
    take_bdat(m, step);
    break;
  case MODEL_RSET:
  case MODEL_NOOP:
    take_plain(m, step, 250);
    break;
  case MODEL_VRFY:
    take_plain(m, step, 252);
    break;
  case MODEL_QUIT:
    take_plain(m, step, 221);
    break;
  case MODEL_STARTTLS:
    reply(m, ANY_5YZ);
    break;
  case MODEL_UNKNOWN:
  case MODEL_COUNT:
    reply(m, 500);
    break;
  }
}

void model_end_of_stream(model *m) {
  if (!m->over) {
    end(m);
  }
}

void model_free(model *m) {
  free(m->replies);
  free(m->events);
  octets_free(&m->bodies);
}
