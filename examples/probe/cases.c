#include "cases.h"

#include <string.h>

#include "talk.h"

#define OCTETS(text) text, sizeof(text) - 1
#define NOTHING      NULL, 0

#define REQUIRED "RFC 3207 4"
#define INJECTED "RFC 3207 4, CVE-2011-0411"
#define SMUGGLED "RFC 5321 4.1.1.4, CVE-2023-51764"
#define PROXY    "proxy-protocol.txt 2"

#define SIGNATURE_2 "\r\n\r\n\0\r\nQUIT\n"
#define ENDS_2      "\x7f\0\0\1\x7f\0\0\1\0\1\0\1"

#define INJECT(name, proves, run, octets)                                      \
  { name, proves, INJECTED, NEEDS_STARTTLS, run, OCTETS(octets) }

#define GATE(name, what, octets)                                               \
  {                                                                            \
    "required-" name, what " is refused with 530 before TLS", REQUIRED,        \
        NEEDS_REQUIRED, gate_refuses, OCTETS(octets)                           \
  }

#define VECTOR(name, octets)                                                   \
  {                                                                            \
    "smuggle-" name, "no split of it ends a message", SMUGGLED, NEEDS_MAIL,    \
        data_vector, OCTETS(octets)                                            \
  }

#define REFUSED(name, what, source, octets)                                    \
  { name, what " is refused", source, 0, line_refused, OCTETS(octets) }

#define HEADER(version, name, what, octets)                                    \
  {                                                                            \
    "proxy-v" #version "-" name, what " gets no word", PROXY "." #version,     \
        NEEDS_CLEAR | NEEDS_PROXY_##version, proxy_refused, OCTETS(octets)     \
  }

const probe_case cases[] = {
    /* Octets behind STARTTLS. */
    INJECT("inject-command", "a command behind STARTTLS is never answered",
           inject_behind, "STARTTLS\r\nNOOP\r\n"),
    INJECT("inject-reset", "RSET behind STARTTLS is never answered",
           inject_behind, "STARTTLS\r\nRSET\r\n"),
    INJECT("inject-envelope", "an envelope behind STARTTLS is never answered",
           inject_behind,
           "STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@evil.example>\r\n"
           "RCPT TO:<postmaster>\r\nDATA\r\n"),
    INJECT("inject-auth", "AUTH behind STARTTLS is never answered",
           inject_behind, "STARTTLS\r\nAUTH PLAIN AGEAYg==\r\n"),
    INJECT("inject-octet",
           "one octet behind STARTTLS is no part of a command inside TLS",
           inject_behind, "STARTTLS\r\nx"),
    INJECT("inject-partial",
           "half a command behind STARTTLS is not completed inside TLS",
           inject_behind, "STARTTLS\r\nNOOP "),
    INJECT("inject-pipeline",
           "of a pipeline nothing behind STARTTLS is answered", inject_pipeline,
           "NOOP\r\nSTARTTLS\r\nRSET\r\n"),
    INJECT("inject-segment",
           "a command in the segment behind STARTTLS is never answered",
           inject_second_segment, "STARTTLS\r\nNOOP\r\n"),
    INJECT("inject-after-220",
           "a command in the clear behind the 220 is never answered",
           inject_after_220, "NOOP\r\n"),
    INJECT("inject-splits",
           "a command behind STARTTLS is never answered, "
           "wherever the network splits them",
           inject_splits, "STARTTLS\r\nNOOP\r\n"),
    INJECT("inject-octets",
           "a command behind STARTTLS is never answered, octet by octet",
           inject_octets, "STARTTLS\r\nNOOP\r\n"),
    INJECT("inject-hello",
           "a ClientHello in the segment of STARTTLS is no command",
           inject_hello, "STARTTLS\r\n"),
    INJECT("inject-command-hello",
           "a command between STARTTLS and a ClientHello is never answered",
           inject_hello, "STARTTLS\r\nNOOP\r\n"),

    /* After a handshake. */
    {"upgrade-offered", "STARTTLS is offered", "RFC 3207 2", NEEDS_STARTTLS,
     upgrade_is_offered, NOTHING},
    {"upgrade-works", "STARTTLS in any case of letters leads to TLS",
     "RFC 3207 4", NEEDS_STARTTLS, upgrade_works, NOTHING},
    {"upgrade-no-greeting", "there is no second greeting inside TLS",
     "RFC 3207 4.2", NEEDS_STARTTLS, upgrade_greeting, NOTHING},
    {"upgrade-not-offered", "STARTTLS is not offered inside TLS",
     "RFC 3207 4.2", NEEDS_TLS, upgrade_not_offered, NOTHING},
    {"upgrade-twice", "STARTTLS inside TLS is refused", "RFC 3207 4.2",
     NEEDS_TLS, upgrade_twice, NOTHING},
    {"upgrade-hello", "the EHLO of before is forgotten: MAIL gets 503",
     "RFC 3207 4.2", NEEDS_STARTTLS, upgrade_hello, NOTHING},
    {"upgrade-envelope", "the envelope of before is forgotten",
     "RFC 3207 4.2, RFC 5321 4.1.4",
     NEEDS_STARTTLS | NEEDS_CLEAR_MAIL | NEEDS_MAIL, upgrade_envelope, NOTHING},
    {"upgrade-parameter",
     "STARTTLS with a parameter gets 501, and nothing has changed",
     "RFC 3207 4", NEEDS_STARTTLS, upgrade_parameter, NOTHING},
    {"upgrade-before-hello", "STARTTLS before EHLO is refused",
     "RFC 3207 4, RFC 5321 4.1.4", NEEDS_STARTTLS, upgrade_before_hello,
     NOTHING},
    {"upgrade-clear-text", "clear text inside TLS is never answered",
     "RFC 3207 4", NEEDS_TLS, upgrade_clear_text, OCTETS("NOOP\r\nQUIT\r\n")},
    {"upgrade-close-notify", "nothing is read in the clear once TLS has ended",
     "CVE-2020-28018, CVE-2026-45185", NEEDS_TLS, upgrade_close_notify,
     OCTETS("NOOP\r\nQUIT\r\n")},
    {"upgrade-renegotiation", "TLS 1.2 is not negotiated again",
     "RFC 9325 3.5, CVE-2009-3555", NEEDS_TLS, upgrade_renegotiation, NOTHING},

    /* Required. */
    GATE("helo", "HELO", "HELO probe.example"),
    GATE("lhlo", "LHLO", "LHLO probe.example"),
    GATE("mail", "MAIL", "MAIL FROM:<>"),
    GATE("mail-case", "MAIL in any case of letters", "mAiL fRoM:<>"),
    GATE("rcpt", "RCPT", "RCPT TO:<postmaster>"),
    GATE("data", "DATA", "DATA"),
    GATE("rset", "RSET", "RSET"),
    GATE("vrfy", "VRFY", "VRFY postmaster"),
    GATE("expn", "EXPN", "EXPN postmaster"),
    GATE("help", "HELP", "HELP"),
    GATE("etrn", "ETRN", "ETRN probe.example"),
    GATE("xclient", "XCLIENT", "XCLIENT ADDR=192.0.2.1"),
    GATE("auth", "AUTH with a response", "AUTH PLAIN AGEAYg=="),
    GATE("auth-login", "AUTH without a response", "AUTH LOGIN"),
    GATE("unknown", "an unknown command", "PROBE"),
    GATE("bad-verb", "a verb of bad octets", "\xff\xfe\x01"),
    GATE("bad-argument", "a command with a NUL", "MAIL FROM:<\0>"),
    {"required-long", "an over-long line is refused with 530 before TLS",
     REQUIRED, NEEDS_REQUIRED, gate_long, OCTETS("MAIL FROM:<")},
    {"required-bdat",
     "BDAT is refused with 530 before TLS, and its chunk is no command",
     REQUIRED ", RFC 3030 2", NEEDS_REQUIRED, gate_bdat,
     OCTETS("BDAT 25 LAST\r\nMAIL FROM:<a@b.example>")},
    {"required-before-hello", "nothing is served before EHLO either", REQUIRED,
     NEEDS_REQUIRED, gate_before_hello, OCTETS("RSET")},
    {"required-pipeline", "a message in one flight is refused whole", REQUIRED,
     NEEDS_REQUIRED, gate_pipeline,
     OCTETS("MAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nDATA\r\nNOBODY")},
    {"required-allowed",
     "NOOP, EHLO and STARTTLS are taken before TLS, and MAIL inside it",
     REQUIRED, NEEDS_REQUIRED, gate_allows, NOTHING},

    /* No, Preferred, and TLS from the first octet. */
    {"no-offer", "STARTTLS is not offered", "RFC 3207 2", NEEDS_NO,
     gate_no_offer, NOTHING},
    {"no-starttls", "STARTTLS is refused, and nothing has changed",
     "RFC 3207 4", NEEDS_NO, gate_no_starttls, NOTHING},
    {"no-serves", "mail is served in the clear", "RFC 3207 4", NEEDS_NO,
     gate_serves, NOTHING},
    {"preferred-serves", "mail is served in the clear", "RFC 3207 4",
     NEEDS_PREFERRED, gate_serves, NOTHING},
    {"smtps-clear-text", "clear text on a port of TLS is never answered",
     "RFC 8314 3.3", NEEDS_SMTPS, handshake_clear_text,
     OCTETS("EHLO probe.example\r\n")},
    {"auth-clear", "AUTH is neither offered nor taken in the clear",
     "RFC 4954 4", NEEDS_CLEAR, gate_auth,
     OCTETS("AUTH PLAIN\r\nAUTH PLAIN AGEAYg==")},

    /* Handshakes. */
    {"tls-garbage",
     "what is no handshake ends the connection without a word in the clear",
     "RFC 3207 4", NEEDS_TLS, handshake_garbage, NOTHING},
    {"tls-alert", "nothing is read in the clear once a handshake has failed",
     "RFC 3207 4.1", NEEDS_TLS, handshake_alert,
     OCTETS("\x15\x03\x03\0\2\2\x28NOOP\r\nQUIT\r\n")},
    {"tls-cut",
     "half a ClientHello ends the connection without a word in the clear",
     "RFC 3207 4", NEEDS_TLS, handshake_cut, NOTHING},
    {"tls-flood", "a ClientHello of 1 MiB ends the connection", "RFC 8446 4",
     NEEDS_TLS, handshake_flood, OCTETS("\1\xff\xff\xff\3\3")},
    {"tls-ssl2", "SSL 2 is refused", "RFC 6176 3", NEEDS_TLS, handshake_ssl_2,
     OCTETS("\x80\x2e\1\0\2\0\x15\0\0\0\x10\1\0\x80\2\0\x80\3\0\x80\4\0\x80"
            "\6\0\x40\7\0\xc0\0\0\x2f\0\1\2\3\4\5\6\7\0\1\2\3\4\5\6\7")},
    {"tls-ssl3", "SSL 3 is refused", "RFC 7568 3", NEEDS_TLS, handshake_version,
     OCTETS("\3\0")},
    {"tls-10", "TLS 1.0 is refused", "RFC 8996 4", NEEDS_TLS, handshake_version,
     OCTETS("\3\1")},
    {"tls-11", "TLS 1.1 is refused", "RFC 8996 5", NEEDS_TLS, handshake_version,
     OCTETS("\3\2")},
    {"tls-weak", "NULL, RC4, export and DES suites are refused", "RFC 9325 4.1",
     NEEDS_TLS, handshake_weak, NOTHING},
    {"tls-alpn", "a client that speaks HTTP alone is refused",
     "RFC 7301 3.2, RFC 9325 3.7", NEEDS_TLS, handshake_alpn,
     OCTETS("\2h2\10http/1.1")},
    {"tls-alpn-smtp", "a client that speaks SMTP is served", "RFC 7301 3.2",
     NEEDS_TLS, handshake_alpn_smtp, OCTETS("\4smtp")},
    {"tls-pieces", "a ClientHello of many records and segments is understood",
     "RFC 8446 5.1", NEEDS_TLS, handshake_pieces, NOTHING},
    {"tls-names", "a client that asks for an odd name does no harm",
     "CVE-2019-15846", NEEDS_TLS, handshake_names, NOTHING},

    /* The end of a message. */
    {"data-end", "CRLF.CRLF ends a message, wherever the network splits it",
     "RFC 5321 4.1.1.4", NEEDS_MAIL, data_end, OCTETS("\r\n.\r\nNOOP\r\n")},
    VECTOR("lf-dot-lf", "\n.\n"),
    VECTOR("lf-dot-crlf", "\n.\r\n"),
    VECTOR("lf-dot-cr", "\n.\r"),
    VECTOR("cr-dot-lf", "\r.\n"),
    VECTOR("cr-dot-cr", "\r.\r"),
    VECTOR("cr-dot-crlf", "\r.\r\n"),
    VECTOR("crlf-dot-lf", "\r\n.\n"),
    VECTOR("crlf-dot-cr", "\r\n.\r"),
    VECTOR("crlf-dot-crcrlf", "\r\n.\r\r\n"),
    VECTOR("crcrlf-dot-crcrlf", "\r\r\n.\r\r\n"),
    VECTOR("crlf-dot-nul-crlf", "\r\n.\0\r\n"),
    VECTOR("crlf-nul-dot-crlf", "\r\n\0.\r\n"),
    VECTOR("crlf-dot-dot-crlf", "\r\n..\r\n"),
    VECTOR("crlf-dot-blank-crlf", "\r\n. \r\n"),
    VECTOR("commands", "\r\nSTARTTLS\r\nBDAT 0\r\n"),
    {"bare-lf", "LF alone in a message costs the message",
     "RFC 5321 2.3.8, CVE-2023-51764", NEEDS_MAIL, data_bare, OCTETS("a\nb")},
    {"bare-cr", "CR alone in a message costs the message",
     "RFC 5321 2.3.8, CVE-2023-51764", NEEDS_MAIL, data_bare, OCTETS("a\rb")},
    {"truncated-data", "a message that is cut off is not taken",
     "RFC 5321 4.1.1.4, RFC 8446 6.1", NEEDS_MAIL, data_truncated, NOTHING},
    {"truncated-notified", "nor one that is cut off with a close_notify",
     "RFC 5321 4.1.1.4", NEEDS_MAIL | NEEDS_TLS, data_truncated_notified,
     NOTHING},
    {"bdat-octets", "BDAT counts octets, and nothing else ends a chunk",
     "RFC 3030 2", NEEDS_MAIL, data_bdat,
     OCTETS("Subject: probe\r\n\r\n.a\r\n.\r\nNOOP\r\nRSET\r\n")},
    {"bdat-swallowed", "the chunk of a refused BDAT is no command",
     "RFC 3030 2, CVE-2017-16943", 0, data_bdat_swallowed,
     OCTETS("NOOP\r\nRSET\r\n")},

    {"bdat-truncated", "a chunk that is cut off is not taken", "RFC 3030 2",
     NEEDS_MAIL, data_bdat_refused,
     OCTETS("BDAT 60 LAST\r\nSubject: probe\r\n\r\nbefore")},
    {"bdat-huge", "a chunk of 2^64 and 6 octets is none of 6", "RFC 3030 2",
     NEEDS_MAIL, data_bdat_refused,
     OCTETS("BDAT 18446744073709551622 LAST\r\nNOOP\r\nNOOP\r\n")},

    /* Lines. */
    {"line-lf", "LF alone does not end a command", "RFC 5321 2.3.8", 0,
     line_alone, OCTETS("NOOP\nNOOP")},
    {"line-cr", "CR alone does not end a command", "RFC 5321 2.3.8", 0,
     line_alone, OCTETS("NOOP\rNOOP")},
    {"line-long",
     "a command of 128 KiB is refused as one, or ends the connection",
     "RFC 5321 4.5.3.1.4", 0, line_long, OCTETS("NOOP ")},
    REFUSED("line-unknown", "an unknown command", "RFC 5321 4.2.4", "PROBE"),
    REFUSED("line-nul", "a NUL in a command", "RFC 5321 4.1.2", "VRFY a\0b"),
    REFUSED("line-nul-path", "a NUL in a path", "RFC 5321 4.1.2",
            "MAIL FROM:<a\0@b.example>"),
    REFUSED("line-verb", "a verb of bad octets", "RFC 5321 2.4", "\xc3NOOP"),
    REFUSED("line-hello", "a control octet in EHLO", "RFC 5321 4.1.1.1",
            "EHLO probe\x01.example"),
    REFUSED("path-shell", "a path that is a command of the shell",
            "RFC 5321 4.1.2, CVE-2020-7247", "MAIL FROM:<;sleep 66;>"),
    REFUSED("path-utf8", "a path beyond ASCII, without SMTPUTF8",
            "RFC 5321 2.3.1, RFC 6531 3.4", "MAIL FROM:<\xc3\xa4@b.example>"),
    REFUSED("path-parameter", "a parameter without a name",
            "RFC 5321 4.1.2, CVE-2020-28022", "MAIL FROM:<> ="),
    REFUSED("path-unknown", "an unknown parameter", "RFC 5321 4.1.1.11",
            "MAIL FROM:<> PROBE=1"),
    {"http-get", "GET ends the connection", "RFC 9325 3.7", 0, line_http,
     OCTETS("GET / HTTP/1.1\r\nHost: probe.example\r\n\r\nQUIT\r\n")},
    {"http-post", "POST ends the connection, and its content is no command",
     "RFC 9325 3.7", 0, line_http,
     OCTETS("POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nQUIT\r\n")},
    {"http-connect", "CONNECT ends the connection", "RFC 9325 3.7", 0,
     line_http, OCTETS("CONNECT a.example:25 HTTP/1.1\r\n\r\nQUIT\r\n")},
    {"http-header", "the head of a message ends the connection", "RFC 9325 3.7",
     0, line_http, OCTETS("From: <a@b.example>\r\n\r\nQUIT\r\n")},
    {"limit-errors", "300 errors end the connection", "RFC 5321 4.3.2", 0,
     limit_errors, OCTETS("PROBE\r\n")},
    {"limit-recipients", "100 recipients are taken, and not without limit",
     "RFC 5321 4.5.3.1.8", NEEDS_MAIL, limit_recipients, NOTHING},
    {"limit-size", "a message over the declared limit is refused at MAIL",
     "RFC 1870 6.1", 0, limit_size, NOTHING},
    {"limit-data",
     "a message over the declared limit is refused at its end, "
     "and is no command",
     "RFC 5321 4.5.3.1.10", NEEDS_MAIL, limit_data, OCTETS("NOOP\r\n")},

    /* Order. */
    {"pipeline-order", "replies come in the order of the commands",
     "RFC 2920 3.2", 0, order_replies,
     OCTETS("NOOP\r\nPROBE\r\nRSET\r\nDATA\r\nNOOP\r\nQUIT\r\n")},
    {"pipeline-envelope", "an envelope in one flight is answered in order",
     "RFC 2920 3.1", NEEDS_MAIL, order_envelope, NOTHING},
    {"early-greeting",
     "octets before the greeting are refused, or answered in step",
     "RFC 5321 4.3.1", 0, order_early_greeting,
     OCTETS("EHLO probe.example\r\nQUIT\r\n")},
    {"early-hello", "octets behind EHLO are refused, or answered in step",
     "RFC 2920 3.1", 0, order_early_hello,
     OCTETS("EHLO probe.example\r\nNOOP\r\nQUIT\r\n")},
    {"early-data", "octets behind DATA are refused, or the message",
     "RFC 2920 3.1", NEEDS_MAIL, order_early_data, NOTHING},
    {"order-data", "DATA without a recipient is refused", "RFC 5321 3.3", 0,
     order_data, NOTHING},
    {"order-rcpt", "RCPT without MAIL is refused", "RFC 5321 3.3", 0,
     order_rcpt, NOTHING},
    {"order-mail", "a second MAIL is refused", "RFC 5321 4.1.4", 0, order_mail,
     NOTHING},
    {"order-reset", "RSET and EHLO forget the envelope",
     "RFC 5321 4.1.1.5, 4.1.4", NEEDS_MAIL, order_reset, NOTHING},
    {"order-refused-data", "behind a refused DATA no message is taken",
     "RFC 5321 3.3", 0, order_refused_data, NOTHING},

    /* Replies. */
    {"reply-lines", "replies are lines of one code, of 512 octets, in order",
     "RFC 5321 4.2, 4.5.3.1.5", 0, reply_lines,
     OCTETS("HELP\r\nVRFY postmaster\r\nNOOP \x1b[2J\r\nEHLO [192.0.2.1]\r\n"
            "PROBE\tx\r\nRSET\r\nQUIT\r\n")},
    {"reply-enhanced", "replies have an enhanced code of their class",
     "RFC 2034 4", NEEDS_ENHANCED, reply_codes, NOTHING},
    {"reply-plain", "the greeting and the reply to EHLO have no enhanced code",
     "RFC 2034 4", NEEDS_ENHANCED, reply_no_codes, NOTHING},
    {"reply-helo", "the reply to HELO lists nothing", "RFC 5321 4.1.1.1", 0,
     reply_helo, NOTHING},

    /* The PROXY protocol. */
    {"proxy-cut", "a header that is cut off gets no word", PROXY,
     NEEDS_CLEAR | NEEDS_PROXY_1 | NEEDS_PROXY_2, proxy_cut, NOTHING},
    {"proxy-pieces", "a header octet by octet is understood", PROXY,
     NEEDS_PROXY_1 | NEEDS_PROXY_2, proxy_pieces, NOTHING},
    {"proxy-glued", "of what follows a header in its segment nothing is lost",
     PROXY, NEEDS_PROXY_1 | NEEDS_PROXY_2, proxy_glued, OCTETS("QUIT\r\n")},
    {"proxy-v1-unknown", "a peer that is unknown is served", PROXY ".1",
     NEEDS_PROXY_1, proxy_local, OCTETS("PROXY UNKNOWN\r\n")},
    HEADER(1, "none", "a client without a header", "EHLO probe.example\r\n"),
    HEADER(1, "lf", "a header that ends in LF",
           "PROXY TCP4 127.0.0.1 127.0.0.1 1 1\n"),
    HEADER(1, "long", "a header of 108 octets",
           "PROXY UNKNOWN "
           "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
           "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n"),
    HEADER(1, "zero", "a number that begins with 0",
           "PROXY TCP4 127.0.0.01 127.0.0.1 1 1\r\n"),
    HEADER(1, "port", "a port over 65535",
           "PROXY TCP4 127.0.0.1 127.0.0.1 65536 1\r\n"),
    HEADER(1, "family", "an address of another family",
           "PROXY TCP4 ::1 ::1 1 1\r\n"),
    HEADER(1, "blank", "a second blank",
           "PROXY TCP4  127.0.0.1 127.0.0.1 1 1\r\n"),
    {"proxy-v2-local", "a connection of the proxy itself is served", PROXY ".2",
     NEEDS_PROXY_2, proxy_local, OCTETS(SIGNATURE_2 "\x20\0\0\0")},
    HEADER(2, "none", "a client without a header", "EHLO probe.example\r\n"),
    HEADER(2, "version", "another version",
           SIGNATURE_2 "\x31\x11\0\x0c" ENDS_2),
    HEADER(2, "command", "an unknown command",
           SIGNATURE_2 "\x22\x11\0\x0c" ENDS_2),
    HEADER(2, "family", "an unknown family",
           SIGNATURE_2 "\x21\x41\0\x0c" ENDS_2),
    HEADER(2, "short", "a header without room for its addresses",
           SIGNATURE_2 "\x21\x11\0\x0b\x7f\0\0\1\x7f\0\0\1\0\1\0"),
    HEADER(2, "signature", "a wrong signature",
           "\r\n\r\n\0\r\nQUIX\n\x21\x11\0\x0c" ENDS_2),
};

const size_t case_count = sizeof(cases) / sizeof(cases[0]);

bool case_is(const probe_case *c, const char *only) {
  size_t len = strlen(only);

  return len > 0 && only[len - 1] == '-' ? strncmp(c->name, only, len) == 0
                                         : strcmp(c->name, only) == 0;
}

/* What cases can need, and when it is there.  Of several that are needed, for
   the PROXY header, one is enough. */
static const char *lack_of(const probe *p, unsigned needs) {
  const options *o = p->o;
  unsigned version = o->proxy == 1 ? NEEDS_PROXY_1 : NEEDS_PROXY_2;
  bool is_offered = !o->is_smtps && p->mode != MODE_NO;
  const struct {
    unsigned need;
    bool is_there;
    const char *lack;
  } rows[] = {
      {NEEDS_STARTTLS, is_offered, "STARTTLS is not offered"},
      {NEEDS_TLS, is_offered || o->is_smtps, "there is no TLS"},
      {NEEDS_CLEAR, !o->is_smtps, "the port is TLS from the first octet"},
      {NEEDS_SMTPS, o->is_smtps, "the port is not TLS from the first octet"},
      {NEEDS_NO, !o->is_smtps && p->mode == MODE_NO, "the setting is not No"},
      {NEEDS_PREFERRED, is_offered && p->mode == MODE_PREFERRED,
       "the setting is not Preferred"},
      {NEEDS_REQUIRED, is_offered && p->mode == MODE_REQUIRED,
       "the setting is not Required"},
      {NEEDS_CLEAR_MAIL, talk_has(p, TALK_CLEAR),
       "mail is not served in the clear"},
      {NEEDS_MAIL, p->takes_mail, "the recipient is not taken (--rcpt)"},
      {NEEDS_PROXY_1 | NEEDS_PROXY_2, o->proxy != 0 && (needs & version) != 0,
       "no PROXY header of that version was asked for (--proxy)"},
      {NEEDS_ENHANCED, p->gives_reasons, "ENHANCEDSTATUSCODES are not offered"},
  };
  size_t i;

  for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    if ((needs & rows[i].need) != 0 && !rows[i].is_there) {
      return rows[i].lack;
    }
  }
  return NULL;
}

bool case_play(probe *p, const probe_case *c) {
  const char *lack = lack_of(p, c->needs);

  wire_close(&p->wire);
  p->why[0] = '\0';
  p->is_skipped = false;
  return lack != NULL ? skip(p, lack) : c->run(p, c);
}
