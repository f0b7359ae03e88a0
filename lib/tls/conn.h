#ifndef SHAKO_TLS_CONN_H
#define SHAKO_TLS_CONN_H

#include <stdbool.h>

#include <shako/certificate.h>

/* Copies of what an application says of its own TLS, cut where they are too
   long. */
typedef struct shako__conn_names {
  char cipher[64];
  char group[64];
} shako__conn_names;

/*
 * The TLS of one session: an engine's connection, what it was given, and what
 * is known of it.  Where the application runs TLS itself there is no engine,
 * and only |info| lives here.
 *
 * A conn is made before the 220 to STARTTLS and lives as long as the session,
 * since |info| does; the engine's own state goes as soon as it is of no more
 * use (shako__conn_end()).
 */
typedef struct shako__conn {
  const shako_tls_engine *engine; /* NULL once ended, or external */
  size_t size;                    /* of this object */
  shako_tls_info info;
  shako_client_certificate *client; /* NULL: none is asked for */
  shako_certificate *certificates[SHAKO_CERTIFICATES_MAX];
  size_t certificate_count;
  shako__conn_names *names; /* external: for |info|; else NULL */
  shako_time since;         /* when the handshake began ... */
  uint64_t octets_before;   /* ... and what had been read until then */
  uint32_t taken;           /* octets, by the engine for the handshake */
  bool started;             /* the peer was told to begin, or is expected to */
  bool measured;            /* the handshake is over */
  bool chosen;              /* the provider gave its certificates */
  bool agreed;              /* the handshake is complete */
  bool dry;                 /* read() has nothing until the wire brings more */
  bool over; /* the peer's side has ended: close_notify or a failure */
  /* max_align_t is C11's; not every C library has it where asked for C99 */
  _Alignas(16) unsigned char state[];
} shako__conn;

/* Makes a conn with |mem| for |engine| (NULL: external), which gets |context|
   and |config|.  Returns NULL and stores in |*out_of_memory| why: no memory, or
   the engine's conn_init() failed. */
shako__conn *shako__conn_new(const shako_mem *mem,
                             const shako_tls_engine *engine,
                             const void *context,
                             const shako_tls_conn_config *config,
                             bool *out_of_memory);
void shako__conn_free(shako__conn *conn, const shako_mem *mem);

/* Notes what |hello| offers under |policy|, if it says anything, with |mem|. */
void shako__conn_note_offer(shako__conn *conn, const shako_mem *mem,
                            const shako_policy *policy,
                            const shako_client_hello *hello);

/* Asks |provider| with |hello| and hands what it gives to the engine.  NONE
   also where the engine takes none of them. */
shako_provider_status
shako__conn_choose(shako__conn *conn,
                   const shako_certificate_provider *provider,
                   const shako_client_hello *hello);

/* Returns how many of |len| octets from the wire the engine may have, and notes
   that it took them: for a handshake 65,536 are enough. */
size_t shako__conn_take(shako__conn *conn, size_t len);

/* Whether a handshake that wants more has had them all. */
bool shako__conn_is_spent(const shako__conn *conn);

/* As the engine's functions; |info| is brought up to date, and nothing is
   called that the engine's contract forbids.  |mem|: what a complete handshake
   no longer needs is freed. */
shako_tls_status shako__conn_handshake(shako__conn *conn, const shako_mem *mem);
shako_tls_status shako__conn_read(shako__conn *conn, uint8_t *buf, size_t len,
                                  size_t *n);

/* Writes all |len| octets.  Returns false on failure. */
bool shako__conn_write(shako__conn *conn, const uint8_t *buf, size_t len);

/* Stores the channel binding (tls.h) of a complete handshake.  Returns false
   where there is none. */
bool shako__conn_binding(const shako__conn *conn,
                         uint8_t binding[SHAKO_CHANNEL_BINDING_SIZE]);

/* Notes |failure|, unless one is known, and sends |alert| (negative: none). */
void shako__conn_fail(shako__conn *conn, shako_tls_failure failure, int alert);

/* Sends close_notify where that is due, and frees the engine's state. */
void shako__conn_end(shako__conn *conn);

/* Notes what the application says of its own TLS; copies what it points to,
   with |mem|.  Returns false without memory. */
bool shako__conn_external(shako__conn *conn, const shako_mem *mem,
                          const shako_tls_info *info);

#endif /* SHAKO_TLS_CONN_H */
