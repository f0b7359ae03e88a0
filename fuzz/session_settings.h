#ifndef SESSION_SETTINGS_H
#define SESSION_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <shako/shako.h>

/*
 * The head of an input of session_fuzzer: SETTINGS_HEAD octets, a line.  Each
 * octet counts from '0' and is reduced to what there is to choose from, so
 * that the head of a seed is read as digits (README.md has the table).
 */
#define SETTINGS_ANSWERS 8u
#define SETTINGS_HEAD    (18u + SETTINGS_ANSWERS + 1u)

typedef enum settings_engine {
  SETTINGS_ENGINE_NONE,
  SETTINGS_ENGINE_FAKE,
  SETTINGS_ENGINE_FAKE_TWO_FLIGHTS,
  SETTINGS_ENGINE_EXTERNAL,
  SETTINGS_ENGINE_CHATTY /* fake, and sends a record whenever it reads */
} settings_engine;

/* Who makes the octets of the wire out of the rest of the input. */
typedef enum settings_peer {
  SETTINGS_PEER_RAW,     /* nobody: they are it */
  SETTINGS_PEER_CLIENT,  /* up to a STARTTLS line; behind it, waits for the
                            reply, shakes hands and sends the rest in TLS */
  SETTINGS_PEER_RECORDS, /* likewise, and the rest says record by record what
                            is sent */
  SETTINGS_PEER_COUNT
} settings_peer;

/* How octets get into the session and out of it. */
typedef enum settings_handling {
  SETTINGS_HANDLING_LOANS, /* a loan is asked for when there are octets */
  SETTINGS_HANDLING_HELD,  /* ... as soon as it is to be had, and kept */
  SETTINGS_HANDLING_DRIVE, /* shako_session_drive() */
  SETTINGS_HANDLING_PUSH,  /* shako_session_push() */
  SETTINGS_HANDLING_COUNT
} settings_handling;

typedef enum settings_order {
  SETTINGS_ORDER_POLL, /* poll first, as long as there is POLL */
  SETTINGS_ORDER_RECV,
  SETTINGS_ORDER_SEND,
  SETTINGS_ORDER_TURNS,
  SETTINGS_ORDER_COUNT
} settings_order;

typedef enum settings_ending {
  SETTINGS_ENDING_EOF,     /* behind the last octet */
  SETTINGS_ENDING_SILENCE, /* the clock runs to expiry() */
  SETTINGS_ENDING_LOST,    /* at step |moment|, as those that follow */
  SETTINGS_ENDING_SHUTDOWN,
  SETTINGS_ENDING_ABANDON,     /* freed in the middle */
  SETTINGS_ENDING_CUT,         /* end of stream */
  SETTINGS_ENDING_NOMEM,       /* the |moment|th allocation fails */
  SETTINGS_ENDING_EOF_AT_ONCE, /* with the last octet, before it is read */
  SETTINGS_ENDING_COUNT
} settings_ending;

typedef enum settings_answer {
  SETTINGS_ANSWER_ACCEPT,
  SETTINGS_ANSWER_OWN_WORDS,
  SETTINGS_ANSWER_4YZ,
  SETTINGS_ANSWER_5YZ,
  SETTINGS_ANSWER_421,
  SETTINGS_ANSWER_LATE, /* after some more steps */
  SETTINGS_ANSWER_4YZ_LATE,
  SETTINGS_ANSWER_LONG_YES, /* of many lines where there may be */
  SETTINGS_ANSWER_LONG_NO,  /* ... and without an enhanced code */
  SETTINGS_ANSWER_WRONG_FIRST,
  SETTINGS_ANSWER_SHUTDOWN, /* instead of an answer */
  SETTINGS_ANSWER_LOST,
  SETTINGS_ANSWER_NEVER, /* the clock runs to expiry() */
  SETTINGS_ANSWER_COUNT
} settings_answer;

typedef enum settings_provider {
  SETTINGS_PROVIDER_GOOD,
  SETTINGS_PROVIDER_NOT_READY,
  SETTINGS_PROVIDER_READY_LATER,
  SETTINGS_PROVIDER_SELECTS_NONE,
  SETTINGS_PROVIDER_SELECTS_LATER,
  SETTINGS_PROVIDER_INIT_FAILS,
  SETTINGS_PROVIDER_CERTIFICATE_FAILS,
  SETTINGS_PROVIDER_NEVER_READY,
  SETTINGS_PROVIDER_COUNT
} settings_provider;

/* What EHLO offers beyond what every listener does. */
typedef enum settings_offers {
  SETTINGS_OFFERS_NONE,
  SETTINGS_OFFERS_ALL,  /* every SHAKO_OFFER_* */
  SETTINGS_OFFERS_LMTP, /* on LMTP, with CHUNKING */
  SETTINGS_OFFERS_OWN,  /* commands, parameters and keywords of its own */
  SETTINGS_OFFERS_AUTH, /* AUTH, in the clear too */
  SETTINGS_OFFERS_AUTH_REQUIRED,
  SETTINGS_OFFERS_PROXY, /* the peer is a proxy, and says a header first */
  SETTINGS_OFFERS_COUNT
} settings_offers;

typedef struct settings {
  shako_policy policy;
  settings_offers offers;
  settings_engine engine;
  bool implicit;
  bool table; /* the policy comes by a table that asks for the peer's name */
  settings_peer peer;
  size_t recv_buffer;
  size_t piece;     /* octets a time from the peer; 0: all there are */
  size_t send_size; /* octets acked a time; 0: all that is lent */
  bool send_late;   /* only when nothing else can be done */
  settings_handling handling;
  settings_order order;
  settings_ending ending;
  unsigned moment;
  settings_provider provider;
  uint16_t engine_version; /* what the engine agrees on */
  size_t record;           /* octets a record of the client's; 0: most */
  bool close_notify;
  unsigned repeat; /* how often the peer says all it has to say */
  unsigned tick;   /* milliseconds that go by with each piece */
  settings_answer answers[SETTINGS_ANSWERS]; /* question by question, again
                                                and again */
} settings;

/* Reads the head of |octets|, |len| of them.  Returns false if they are too
   few. */
bool settings_read(settings *out, const uint8_t *octets, size_t len);

/* Whether an answer of this kind is among them. */
bool settings_has_answer(const settings *s, settings_answer answer);

/* Whether our engine, not the application's, does TLS. */
bool settings_has_engine(const settings *s);

#endif /* SESSION_SETTINGS_H */
