#ifndef WALK_WORLD_H
#define WALK_WORLD_H

#include <stdbool.h>

#include "fake_engine.h"
#include "octets.h"

#include <shako/shako.h>

/*
 * A session, its peer and its application for a walk over all states: one
 * input at a time, and after each what must hold is checked.  The peer reads
 * what it is sent and expects nothing but what RFC 3207 and 5321 let it.
 */

/* What a walk is made under. */
typedef struct walk_setting {
  const char *name;
  shako_tls_setting tls;
  shako_access access;
  bool implicit; /* a port that is always TLS */
  bool external; /* the application shakes hands */
  bool slow;     /* the provider waits, once each time it is asked */
  bool two_flights;
  bool early;    /* octets that come too early are taken */
  bool observed; /* Required, and only observed */
  bool asks;     /* a table needs to know the peer's name */
  bool proxied;  /* the peer is a proxy */
  bool auth;     /* inside TLS there is AUTH */
} walk_setting;

typedef enum walk_kind {
  WALK_SAY,    /* octets; inside TLS where the peer is in TLS */
  WALK_RAW,    /* octets as they are */
  WALK_RECORD, /* a record of the fake engine, its type first */
  WALK_ACCEPT,
  WALK_ANSWER,
  WALK_TLS_DONE, /* the application's own handshake */
  WALK_TLS_FAILED,
  WALK_SENT,     /* all that there is to be sent was sent */
  WALK_SENT_ONE, /* one octet of it was */
  WALK_LEND,     /* takes a loan, and keeps it */
  WALK_GIVE_BACK,
  WALK_EOF,
  WALK_LOST,
  WALK_EXPIRE, /* polls when time has run out */
  WALK_SHUTDOWN
} walk_kind;

typedef struct walk_input {
  const char *name;
  walk_kind kind;
  const char *octets;
  size_t len;
  int code;
  bool early; /* may be said while a question is open */
  bool auth;  /* only where there is AUTH */
} walk_input;

/* What the peer takes the next octets of the session for. */
typedef enum walk_ear {
  WALK_EAR_CLEAR,     /* replies */
  WALK_EAR_HANDSHAKE, /* after a 220 to STARTTLS: TLS and nothing else */
  WALK_EAR_INSIDE
} walk_ear;

#define WALK_OWED_MAX 64

typedef struct walk_world {
  const walk_setting *setting;
  shako_listener *listener;
  shako_session *session;
  shako_time now;
  shako_question question;
  bool lookup; /* it is LOOKUP */
  bool login;  /* it is AUTH */
  fake_context context;
  fake_counters counters;
  fake_certificate certificate;
  fake_provider provider;

  /* The peer.  |owed| are the replies that it may expect: the greeting is
     UNKNOWN, a message's is DATA, and else the command's. */
  walk_ear ear;
  shako_verb owed[WALK_OWED_MAX];
  size_t owed_count;
  bool last;     /* a 421 came */
  bool injected; /* behind the last STARTTLS line there were octets */
  octets wire;   /* what it heard and has not yet understood */
  octets speech; /* ... inside TLS */

  /* What is known. */
  bool handshaken; /* the peer, or the application, did its handshake */
  bool tls;        /* TLS came */
  bool authenticated;
  bool transaction;  /* an accepted MAIL has not had its end */
  bool violation;    /* one is owed, and known of */
  bool closed;       /* CLOSED came */
  const char *wrong; /* what did not hold; NULL: all did */
} walk_world;

/* Makes the listener of |setting|, once for many sessions. */
void walk_world_open(walk_world *world, const walk_setting *setting);
void walk_world_close(walk_world *world);

/* Begins anew: a fresh session, and a peer that knows nothing. */
void walk_world_restart(walk_world *world);

/* Does |input|, and polls until there is nothing more.  Returns false where it
   has no place: nothing has changed. */
bool walk_world_do(walk_world *world, const walk_input *input);

/* Everything that the future depends on, but counters and the clock. */
typedef struct walk_digest {
  uint8_t octets[192];
} walk_digest;

void walk_world_digest(const walk_world *world, walk_digest *digest);

/* Whether what is on the wire is TLS's. */
bool walk_are_records(const shako_session *session);

/* walk_peer.c */

/* Notes what did not hold; the first counts. */
void walk_wrong(walk_world *world, const char *what);

/* Takes |world| for the one whose session takes commands. */
void walk_begin(walk_world *world);

/* The peer may expect one more reply. */
void walk_owe(walk_world *world, shako_verb verb);

/* Sends it |most| octets, and judges them.  Returns false where there is
   nothing to send. */
bool walk_hear(walk_world *world, size_t most);

#endif /* WALK_WORLD_H */
