#ifndef SHAKO_LOG_H
#define SHAKO_LOG_H

#include <shako/record.h>
#include <shako/session.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What happened, in lines of text.  Each function writes whole lines, with a
 * line feed behind each and a NUL at the end, to |buf|, as far as |size| octets
 * hold them, and returns their length without the NUL, whatever |size| is.
 *
 * All of it is printable ASCII.  What a peer sent, and every name, is escaped,
 * so that nobody forges a line or a field; no text of a refused command is in
 * any.
 *
 * |icid| is the program's number of the connection; the appliances count from
 * 1.  |unix_ms| is when, in milliseconds since 1970; 0: the line has no time.
 */

/**
 * Writes |record|, as shako_session_record() fills it, as one JSON object (RFC
 * 8259) on a line.  Its keys are always all there, in this order; new ones come
 * at the end of their object:
 *
 *   type              "connection"
 *   time              "2025-11-24T16:22:00.123Z" (RFC 3339), or null
 *   icid              a number
 *   listener          its name, or null
 *   address, port     of the peer; the address is "unknown" for a Unix socket
 *   local_address, local_port
 *   name              the peer's verified name, or null
 *   name_state        "unasked", "verified", "none", "temporary", "mismatch"
 *   score_tenths      its reputation, -100 to 100, or null
 *   owner             its network owner, a number, or null
 *   group, policy     names, or null
 *   access            "ACCEPT", "RELAY", "REJECT" or "TCPREFUSE"
 *   rule, line        the member of the table that decided, or null, and its
 *                     line, or 0
 *   tls               an object:
 *     outcome           shako_tls_outcome_name()
 *     setting           "off", "preferred" or "required"
 *     observed          whether Required is only observed
 *     implicit          whether TLS comes before the greeting
 *     asked, completed  whether TLS was asked for, and a handshake completed
 *     version, cipher   what was agreed, or null
 *     failure           shako_tls_failure_name(); where no handshake was tried,
 *                       the reason, or "not-started"; "unfinished" where one
 *                       was and had not ended; or null
 *     alert             the number of the alert that ended it, or null
 *     native_error      the TLS library's own code, or 0
 *     offered           the highest version in the ClientHello, or null
 *     handshake_ms, handshake_octets
 *     client            the client's certificate, an object, or null: none was
 *                       asked for, or no handshake completed
 *       verified, pinned  as the policy judges it
 *       fault             shako_client_fault_name(), or null
 *       subject, names    as tls.h describes them; null, as all that follows,
 *                         where the client gave no certificate
 *       sha256, spki_sha256   in hexadecimal digits
 *       not_before, not_after   Unix time, in seconds
 *     group             of the key exchange, or null
 *     offer             what the client offered (shako_tls_offer), where the
 *                       handshake did not complete, an object, or null
 *       versions, cipher_suites, groups, signature_algorithms   of each
 *                         count, allowed, and first: an array of names, or
 *                         "0x1a2b" for what has none here
 *       can_ecdsa, can_rsa
 *       min_version, ciphers   what is allowed: "intermediate", "modern" or
 *                         "legacy"
 *   greeted           whether it was not turned away
 *   how               how the connection ended, or null: it has not
 *   error             a fatal shako_error, or 0
 *   commands, transactions, recipients, messages, messages_tls
 *   refusals          a number
 *   refused           an object: a reason, and how often; those of 0 are left
 *                     out.  null where there was no memory to count them
 *   observed          a number
 *   octets_received, octets_sent, octets_messages
 *   duration_ms
 *   proxied           whether a proxy announced the peer
 *   identity          as whom it is authenticated, or null
 *   unwaited          how many commands it did not wait behind (record.h)
 *
 * In a string an octet that is not printable ASCII is \u00XX, whatever encoding
 * it was meant in.
 */
SHAKO_API size_t shako_record_json(const shako_record *record, uint64_t icid,
                                   int64_t unix_ms, char *buf, size_t size);

/**
 * Writes |event|, while it lives, as one JSON object on a line: "type" is
 * "event", "time" and "icid" are as above, "event" is its name in lower case,
 * "question" the number of the question that it is, or null.  Then, all as
 * session.h describes them:
 *
 *   lookup     need: names of facts; lists: the places of DNS lists
 *   connect    group, policy, access, rule, line
 *   hello      name, extended
 *   tls        version, cipher, client, group: as above
 *   auth       mechanism, step; never what was said
 *   mail       path, size; eight_bit, binary, smtputf8, requiretls: what was
 *              said (SHAKO_MAIL_*)
 *   rcpt       path, given
 *   body       octets: how many
 *   message    octets; recipient: which, on LMTP
 *   command    verb; never its argument
 *   reset      reason
 *   violation  reason, code, enhanced, closes, octets
 *   observed   reason, code, enhanced
 *   closed     how, error
 */
SHAKO_API size_t shako_event_json(const shako_event *event, uint64_t icid,
                                  int64_t unix_ms, char *buf, size_t size);

/* A connection in the appliances' mail logs, from its first event on. */
typedef struct shako_asyncos {
  size_t struct_size; /* sizeof(shako_asyncos) */
  uint64_t icid;
  uint64_t mid;    /* the program's number of the message, from 1 on: another
                      one before each MAIL */
  shako_span from; /* the path of that MAIL, or empty; lives as long as the
                      message */
  uint32_t recipients; /* the library's, as the rest: of the message, so far */
  uint8_t told;        /* what was said of the connection; 0 at first */
  uint8_t reserved[3]; /* 0 */
} shako_asyncos;

/**
 * Writes what |event|, while it lives, adds to the appliances' mail logs
 * (AsyncOS), where |record| is that of the session as of now: no line, or some
 * of these.  Where all of it fits, it is noted in |*log|, and never written
 * again.
 *
 * With the first event but LOOKUP, whatever it is, who connected and what the
 * table makes of him:
 *
 *   New SMTP ICID 7 interface Inbound (192.0.2.1) address 192.0.2.7 reverse
 *       dns host mx.partner.example verified yes             (one line)
 *   ICID 7 ACCEPT SG PARTNERS match 192.0.2.0/24 SBRS None
 *
 * With TLS, or else with CLOSED, what became of TLS, in one of these ways;
 * |failure| is as in JSON, and "alert 70" and "offered TLSv1.1", with the rest
 * of shako_tls_offer_text() behind it, follow where they are known:
 *
 *   ICID 7 TLS success protocol TLSv1.3 cipher TLS_AES_128_GCM_SHA256
 *   ICID 7 TLS failed: no-shared-version
 *   ICID 7 TLS was required but remote host did not initiate it
 *   ICID 7 TLS none
 *
 * With MAIL, RCPT, MESSAGE, RESET and CLOSED:
 *
 *   Start MID 12 ICID 7
 *   MID 12 ICID 7 From: <a@partner.example>
 *   MID 12 ICID 7 RID 0 To: <b@example.com>
 *   MID 12 ready 3456 bytes from <a@partner.example>
 *   Message aborted MID 12 Receiving aborted: rset
 *   ICID 7 close quit messages 1 encrypted 1 refused none observed 0
 *
 * MESSAGE is to be given here once it is answered with yes; a program that
 * says no gives a RESET of its own instead.  "refused" has the reasons and how
 * often: tls-required:2,application:1; none; or unknown, where there was no
 * memory to count them.  In a word what is not printable ASCII, and a blank, \,
 * ", < and >, is \xHH.
 */
SHAKO_API size_t shako_event_asyncos(const shako_event *event,
                                     const shako_record *record,
                                     shako_asyncos *log, char *buf,
                                     size_t size);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHAKO_LOG_H */
