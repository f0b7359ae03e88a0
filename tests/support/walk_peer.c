#include "walk_world.h"

#include <string.h>

#include "server/verbs.h"
#include "smtp/line.h"

/* What the peer may expect, and what it hears. */

/* Which world a command that is taken belongs to. */
static walk_world *current;

void walk_begin(walk_world *world) {
  current = world;
}

void walk_wrong(walk_world *world, const char *what) {
  if (!world->wrong) {
    world->wrong = what;
  }
}

void walk_owe(walk_world *world, shako_verb verb) {
  if (world->owed_count == WALK_OWED_MAX) {
    walk_wrong(world, "more commands are taken than can be kept in mind");
    return;
  }
  world->owed[world->owed_count++] = verb;
}

/* The linker puts these in the place of the library's, so that the world
   knows which commands were taken without believing the replies. */
void __real_shako__command_take(shako_session *, shako_span, bool);
void __wrap_shako__command_take(shako_session *, shako_span, bool);

void __wrap_shako__command_take(shako_session *session, shako_span line,
                                bool too_long) {
  const uint8_t *blank = memchr(line.ptr, ' ', line.len);
  const shako_span verb = {line.ptr,
                           blank ? (size_t)(blank - line.ptr) : line.len};

  shako_verb found = shako__verb_find(verb)->verb;

  if (found == SHAKO_VERB_STARTTLS) {
    current->injected = shako__input_text(session).len > 0;
  }
  walk_owe(current, found);
  __real_shako__command_take(session, line, too_long);
}

/* Likewise the responses of AUTH. */
void __real_shako__auth_step(shako_session *, shako_span);
void __wrap_shako__auth_step(shako_session *, shako_span);

void __wrap_shako__auth_step(shako_session *session, shako_span text) {
  size_t len;

  if (shako__line_find(text, &len)) {
    walk_owe(current, SHAKO_VERB_AUTH);
  }
  __real_shako__auth_step(session, text);
}

/* One reply is complete. */
static void hear_reply(walk_world *world, int code) {
  shako_verb verb = SHAKO_VERB_UNKNOWN;

  if (world->last) {
    walk_wrong(world, "a reply behind a 421");
  }
  world->last = code == 421;
  if (world->owed_count > 0) {
    verb = world->owed[0];
    world->owed_count--;
    memmove(world->owed, world->owed + 1,
            world->owed_count * sizeof(world->owed[0]));
  } else if (code != 421) {
    walk_wrong(world, "a reply without a command");
  }
  if (verb == SHAKO_VERB_STARTTLS && code == 220) {
    if (world->ear != WALK_EAR_CLEAR) {
      walk_wrong(world, "a second 220 to STARTTLS");
    }
    if (world->injected) {
      walk_wrong(world, "a 220 to STARTTLS with octets behind it");
    }
    world->ear = WALK_EAR_HANDSHAKE;
  }
}

static bool is_digit(uint8_t octet) {
  return octet >= '0' && octet <= '9';
}

/* Takes one line of a reply off |from|.  Returns false where there is none. */
static bool hear_line(walk_world *world, octets *from) {
  const uint8_t *end = memchr(from->ptr, '\n', from->len);
  const uint8_t *at = from->ptr;

  if (!end) {
    return false;
  }
  if (end - at < 5 || !is_digit(at[0]) || !is_digit(at[1]) ||
      !is_digit(at[2]) || (at[3] != ' ' && at[3] != '-') || end[-1] != '\r') {
    walk_wrong(world, "what was sent is no reply");
  } else if (at[3] == ' ') {
    hear_reply(world, (at[0] - '0') * 100 + (at[1] - '0') * 10 + (at[2] - '0'));
  }
  octets_drop(from, (size_t)(end - at) + 1);
  return true;
}

/* Takes one record of the fake engine off the wire. */
static bool hear_record(walk_world *world) {
  static fake_view view;
  bool inside = world->ear == WALK_EAR_INSIDE;

  switch (fake_decode(&view, world->wire.ptr, world->wire.len)) {
  case FAKE_DECODED_NOTHING:
    return false;
  case FAKE_DECODED_BAD:
    walk_wrong(world, inside ? "a clear octet inside TLS"
                             : "a clear octet after a 220 to STARTTLS");
    return false;
  case FAKE_DECODED_RECORD:
    break;
  }
  if (view.type == FAKE_DATA && !inside) {
    walk_wrong(world, "data before the end of the handshake");
  } else if (view.type == FAKE_DATA) {
    octets_add(&world->speech, view.payload, view.len);
  } else if (view.type == FAKE_HANDSHAKE && view.len == 4 &&
             memcmp(view.payload, "DONE", 4) == 0) {
    world->ear = WALK_EAR_INSIDE;
  }
  octets_drop(&world->wire, view.used);
  return true;
}

/* Understands one thing more of what was heard. */
static bool understand(walk_world *world) {
  if (world->speech.len > 0 && hear_line(world, &world->speech)) {
    return true;
  }
  if (world->wire.len == 0) {
    return false;
  }
  if (world->ear == WALK_EAR_CLEAR ||
      (world->ear == WALK_EAR_INSIDE && world->setting->external)) {
    return hear_line(world, &world->wire);
  }
  if (world->setting->external) {
    walk_wrong(world, "an octet while the application shakes hands");
    return false;
  }
  return hear_record(world);
}

bool walk_hear(walk_world *world, size_t most) {
  size_t len;
  const uint8_t *buf = shako_session_send_buf(world->session, &len);

  if (!buf) {
    return false;
  }
  len = len < most ? len : most;
  octets_add(&world->wire, buf, len);
  if (shako_session_send_ack(world->session, len)) {
    walk_wrong(world, "send_ack() is refused");
  }
  while (!world->wrong && understand(world)) {
  }
  return true;
}
