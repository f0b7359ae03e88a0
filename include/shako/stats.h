#ifndef SHAKO_STATS_H
#define SHAKO_STATS_H

#include <shako/record.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Counts of what happened, made of the records of closed connections: by
 * listener and sender group what became of TLS, messages and how many came
 * encrypted, why handshakes failed and commands were refused; by version and
 * cipher; by how connections ended; and the heaviest peers and domains.
 *
 * Share one among all workers, and keep it when a listener is replaced.
 * Thread-safe, reference-counted, and bounded whatever peers do: once as many
 * groups are told apart as the configuration allows (or 256 ciphers, or ways to
 * end), further ones are counted together as "other".  Names over 255 octets
 * are cut.  A count that is full stays at 2^64 - 1.
 *
 * A peer is an IPv4 address, or the first 64 bits of one of IPv6.  A domain is
 * that of a verified host name: the name without its first label, unless only
 * one would be left.  Peers without such a name count as the domain "".  Of
 * each the heaviest by connections are kept (Metwally et al., Space-Saving):
 * one that is new takes the place of the lightest and begins to count at 0, and
 * its |error| is how many connections it may have made before, at the most.
 * Whoever made more than one in |heaviest| of all connections is there.
 */
typedef struct shako_stats shako_stats;

typedef struct shako_stats_config {
  size_t struct_size; /* set by shako_stats_config_default() */
  uint32_t groups;    /* of all listeners, each of about 700 octets, which come
                         when they are needed; 1 to 65536; 1024 */
  uint32_t heaviest;  /* peers, and domains, of about 200 octets each; 1 to
                         1024; 128 */
} shako_stats_config;

/* What shako_stats_config_default() calls. */
SHAKO_API void shako_stats_config_default_sized(shako_stats_config *config,
                                                size_t size);

/* Fills |*CONFIG| with the defaults. */
#define shako_stats_config_default(CONFIG)                                     \
  shako_stats_config_default_sized((CONFIG), sizeof(*(CONFIG)))

/**
 * Makes counts by |*config| (NULL for the defaults) that stand at zero, with
 * memory from |mem| (copied; NULL for malloc), and stores them in |*pstats|.
 *
 * Returns 0, or
 *   SHAKO_ERR_INVALID_ARGUMENT  |groups| or |heaviest|
 *   SHAKO_ERR_NOMEM
 */
SHAKO_API int shako_stats_new(shako_stats **pstats,
                              const shako_stats_config *config,
                              const shako_mem *mem);

/* Takes one more reference to |stats| and returns it. */
SHAKO_API shako_stats *shako_stats_ref(shako_stats *stats);

/* Gives a reference back; the last one frees.  NULL does nothing. */
SHAKO_API void shako_stats_unref(shako_stats *stats);

/* Counts the connection of |record|, which has ended.  Without memory its group
   counts as "other", and its peer and domain for the error of the rest. */
SHAKO_API void shako_stats_add(shako_stats *stats, const shako_record *record);

/**
 * Adds all that |from|, which is another object and does not change, has
 * counted: of another worker, or of another host (shako_stats_read()).  In
 * whatever order, the sums are the same; so is all else while there is room for
 * every name, and of the heaviest what is said above holds for the whole.
 * Where memory runs out it is as for shako_stats_add().
 */
SHAKO_API void shako_stats_merge(shako_stats *into, shako_stats *from);

/**
 * Makes a copy of |stats|, of one moment, with memory from |mem| (copied; NULL
 * for malloc), and stores it in |*pcopy|: for texts of which the length is
 * asked first, or that are to agree.
 *
 * Returns 0, or SHAKO_ERR_NOMEM.
 */
SHAKO_API int shako_stats_copy(shako_stats **pcopy, shako_stats *stats,
                               const shako_mem *mem);

/* The appliances' report of TLS connections. */
typedef struct shako_stats_totals {
  size_t struct_size;   /* sizeof(shako_stats_totals) */
  uint64_t connections; /* all */
  uint64_t required_ok; /* TLS was required, and a handshake was completed */
  uint64_t required_failed; /* ... was not; or the peer did not ask for it */
  uint64_t preferred_ok;
  uint64_t preferred_failed;
  uint64_t clear;        /* in the clear, and allowed to be */
  uint64_t none;         /* TLS was not at issue: record.h */
  uint64_t messages;     /* accepted */
  uint64_t messages_tls; /* ... inside TLS */
} shako_stats_totals;

/* Fills |*totals|, whose struct_size is set. */
SHAKO_API void shako_stats_total(shako_stats *stats,
                                 shako_stats_totals *totals);

/**
 * Writes |stats| as text with a NUL to |buf|, as far as |size| octets hold it,
 * for shako_stats_read() of the same version of the library:
 *
 *   shako-stats 1 groups=1024 heaviest=128 peers-floor=0 domains-floor=0
 *   group Inbound PARTNERS required-ok=2 messages=1 refused.tls-required=1
 *   cipher TLSv1.3 TLS_AES_128_GCM_SHA256 connections=2
 *   closed quit connections=2
 *   peer 192.0.2.7 error=0 required-ok=2 messages=1
 *   domain partner.example error=0 required-ok=2 messages=1
 *   end
 *
 * Each kind of line is sorted by its names, in octets; in a name what is not
 * printable ASCII, and a blank or %, is %HH, and an empty one is %.  Counts
 * that are 0 are left out, the others stand in the order of the library's.
 *
 * Returns the length of the whole text without the NUL.
 */
SHAKO_API size_t shako_stats_write(shako_stats *stats, char *buf, size_t size);

/**
 * Reads |text|, as shako_stats_write() wrote it, from wherever it comes, with
 * memory from |mem| (copied; NULL for malloc), and stores the counts in
 * |*pstats|.
 *
 * Returns 0, or
 *   SHAKO_ERR_SYNTAX  |*place| says where and why; |*pstats| is untouched
 *   SHAKO_ERR_NOMEM
 */
SHAKO_API int shako_stats_read(shako_stats **pstats, shako_span text,
                               const shako_mem *mem, shako_place *place);

/* The three below write |stats| with a NUL to |buf|, as far as |size| octets
   hold it, and return the length of the whole without the NUL.  What stands in
   names is escaped; all is ASCII. */

/* In the text format of Prometheus (text/plain; version=0.0.4).  Peers and
   domains are left out: there is no end of them. */
SHAKO_API size_t shako_stats_prometheus(shako_stats *stats, char *buf,
                                        size_t size);

/* As one JSON object: |totals| has the fields of shako_stats_totals; |groups|,
   |ciphers| and |closed| are arrays of rows, |peers| and |domains| objects with
   |floor|, the most connections of one that is not among the |rows|, which are
   the heaviest first.  Counts by outcome (|tls|), failure (|failures|) and
   reason (|refused|) are objects without those at 0. */
SHAKO_API size_t shako_stats_json(shako_stats *stats, char *buf, size_t size);

/* As a page of HTML that needs nothing else and runs nothing; its heading is
   |title|. */
SHAKO_API size_t shako_stats_html(shako_stats *stats, const char *title,
                                  char *buf, size_t size);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_STATS_H */
