#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

#include "fake_engine.h"
#include "octets.h"

#include <stdbool.h>

/* tests/transcripts/README.md describes the language and how a file is
   played.  A file is read (transcript_parse.c) once for each side on which it
   is played, and played (transcript_play.c) in many variants, each of which
   is one run (transcript_run.c) that compares what comes with what is
   expected (transcript_match.c). */

typedef enum transcript_side {
  TRANSCRIPT_SIDE_CLEAR, /* as it stands */
  TRANSCRIPT_SIDE_TLS    /* wrapped in TLS from the first octet */
} transcript_side;

typedef enum transcript_engine {
  TRANSCRIPT_ENGINE_FAKE,
  TRANSCRIPT_ENGINE_NONE,
  TRANSCRIPT_ENGINE_EXTERNAL
} transcript_engine;

/* The head of a file. */
typedef struct transcript_head {
  shako_policy policy;
  char *hostname;
  bool implicit_tls;
  bool only_clear;
  bool only_tls;
  bool timing;
  transcript_engine engine;
  fake_context context;
  fake_script ready;
  fake_script select;
  uint64_t recv_buffer_size; /* 0: the default */
  octets hat;                /* the table's text; empty for none */
  shako_peer peer;
  char *default_domain; /* NULL for none */
  shako_domain_map_row map[4];
  size_t map_rows;
  shako_listener_config offers; /* what EHLO offers, and the texts for it */
} transcript_head;

typedef enum transcript_answer_kind {
  TRANSCRIPT_ANSWER_ACCEPT,
  TRANSCRIPT_ANSWER_REPLY,
  TRANSCRIPT_ANSWER_NONE,
  TRANSCRIPT_ANSWER_TLS,
  TRANSCRIPT_ANSWER_INFORM,
  TRANSCRIPT_ANSWER_CHALLENGE,
  TRANSCRIPT_ANSWER_AUTHENTICATE,
  TRANSCRIPT_ANSWER_STALE
} transcript_answer_kind;

typedef struct transcript_answer {
  transcript_answer_kind kind;
  int code;
  char *enhanced; /* NULL for none */
  char *text;     /* of a reply; the cipher of TLS; AUTHENTICATE: as whom */
  octets data;    /* CHALLENGE */
  uint16_t version;
  shako_tls_failure failure;
  shako_peer facts; /* of INFORM */
} transcript_answer;

/* An S: or an E: line. */
typedef struct transcript_item {
  unsigned line;
  bool is_event;
  bool is_body;
  bool open_end; /* "..." stood at the end */
  char *text;    /* without "..."; of a body its first line */
  octets body;
  transcript_answer answer; /* of a question */
} transcript_item;

/* What must come of a step. */
typedef struct transcript_outcome {
  unsigned line;
  char *words;
  transcript_item *items;
  size_t count;
} transcript_outcome;

typedef enum transcript_step_kind {
  TRANSCRIPT_STEP_START,
  TRANSCRIPT_STEP_CLIENT,
  TRANSCRIPT_STEP_TLS,
  TRANSCRIPT_STEP_CLOSE_NOTIFY,
  TRANSCRIPT_STEP_EOF,
  TRANSCRIPT_STEP_LOST,
  TRANSCRIPT_STEP_SHUTDOWN,
  TRANSCRIPT_STEP_TIME,
  TRANSCRIPT_STEP_ANSWER
} transcript_step_kind;

/* Octets of the client: text, or |raw| octets of the wire. */
typedef struct transcript_piece {
  bool raw;
  octets octets;
} transcript_piece;

typedef struct transcript_step {
  transcript_step_kind kind;
  unsigned line;
  transcript_piece *pieces; /* CLIENT */
  size_t piece_count;
  char *text;               /* SHUTDOWN: or NULL; TLS: the client's record */
  bool fails;               /* TLS: the handshake fails ... */
  bool alerted;             /* ... and the engine says so */
  uint64_t milliseconds;    /* TIME */
  transcript_answer answer; /* ANSWER */
  transcript_outcome *outcomes; /* one, or those of a file about timing */
  size_t outcome_count;
} transcript_step;

typedef struct transcript {
  char *path;
  transcript_side side;
  transcript_head head;
  transcript_step *steps;
  size_t count;
  bool has_tls; /* there is a TLS: line */
  void *kept;   /* what is to be freed */
} transcript;

/* Reads |path| for |side|.  Returns NULL with |*message| added to where it is
   no transcript. */
transcript *transcript_read(const char *path, transcript_side side,
                            octets *message);
void transcript_free(transcript *script);

/* Returns whether the file is wrapped in TLS too. */
bool transcript_is_wrapped(const transcript *script);

/* Plays |script| in every variant and adds their number to |*runs|.  Returns
   false with |*message| at the first that fails. */
bool transcript_play(const transcript *script, unsigned *runs, octets *message);

/* Reads |path| for each side on which it is played, and plays it. */
bool transcript_play_file(const char *path, unsigned *runs, octets *message);

#endif /* TRANSCRIPT_H */
