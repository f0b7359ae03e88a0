#include "policy/refusals.h"

#include <shako/record.h>

#define NO(NAME, CODE, ENHANCED, REASON, CLOSE, TEXT)                          \
  [SHAKO__REFUSAL_##NAME] = {CODE, ENHANCED, TEXT, REASON, CLOSE}

/* Code, enhanced code (RFC 3463), reason, whether the connection ends, text.
   Above: where that comes from. */
/* clang-format off */
static const shako_verdict refusals[SHAKO__REFUSAL_COUNT] = {
  /* RFC 3207 4 */
  NO(TLS_REQUIRED,        530, "5.7.0", "tls-required",        0,
     "Must issue a STARTTLS command first"),
  NO(TLS_REQUIRED_OF_SENDER, 530, "5.7.0", "tls-required-of-sender", 0,
     "Must issue a STARTTLS command first"),
  NO(TLS_NOT_OFFERED,     502, "5.5.1", "tls-not-offered",     0,
     "STARTTLS is not offered"),
  NO(NO_CERTIFICATE,      454, "4.7.0", "no-certificate",      0,
     "No certificate at the moment"),
  NO(TLS_UNAVAILABLE,     454, "4.7.0", "tls-unavailable",     0,
     "TLS not available at the moment"),
  /* RFC 3207 4.1: all but QUIT */
  NO(TLS_TOO_WEAK,        554, "5.7.0", "tls-too-weak",        0,
     "This TLS is too weak for mail from you"),
  NO(CLIENT_CERTIFICATE,  554, "5.7.0", "client-certificate",  0,
     "Your certificate is not verified"),
  /* RFC 4954 4, 6 and 9 */
  NO(AUTH_NOT_OFFERED,    502, "5.5.1", "auth-not-offered",    0,
     "AUTH is not offered"),
  NO(TLS_REQUIRED_OF_AUTH, 530, "5.7.0", "tls-required-of-auth", 0,
     "Must issue a STARTTLS command first"),
  NO(AUTH_REQUIRED,       530, "5.7.0", "auth-required",       0,
     "Authentication required"),
  NO(REJECTED,            550, "5.7.1", "rejected",            0,
     "No SMTP service for you"),
  NO(UNKNOWN_MECHANISM,   504, "5.5.4", "unknown-mechanism",   0,
     "Authentication mechanism not offered"),
  NO(BAD_RESPONSE,        501, "5.5.2", "bad-response",        0,
     "Not what the authentication mechanism asks for"),
  NO(RESPONSE_TOO_LONG,   500, "5.5.6", "response-too-long",   0,
     "Authentication exchange line is too long"),
  NO(AUTH_CANCELLED,      501, "5.7.0", "auth-cancelled",      0,
     "Authentication cancelled"),
  NO(TOO_MANY_AUTH_FAILURES, 421, "4.7.0", "too-many-auth-failures", 1,
     "Too many failed authentications"),
  /* Before any cryptography is spent */
  NO(TOO_MANY_HANDSHAKES, 454, "4.7.0", "too-many-handshakes", 0,
     "Too many handshakes at the moment"),
  NO(HANDSHAKE_RATE,      454, "4.7.0", "handshake-rate",      0,
     "Too many handshakes from your network in this minute"),
  /* RFC 3207 6: what stands behind STARTTLS was injected */
  NO(INJECTED_BYTES,      554, "5.5.0", "injected-bytes",      1,
     "Octets behind STARTTLS"),
  /* A ClientHello where SMTP is spoken: nothing that it would understand */
  NO(TLS_ON_CLEAR_PORT,     0, NULL,    "tls-on-clear-port",   1,
     NULL),
  /* RFC 5321 4.3.1, RFC 2920 3.1: before the greeting, behind EHLO or DATA */
  NO(EARLY_OCTETS,        554, "5.5.0", "early-octets",        1,
     "You spoke before it was your turn"),
  /* RFC 5321 3.1: after a 554 greeting */
  NO(TURNED_AWAY,         503, "5.5.1", "turned-away",         0,
     "No service for you; only QUIT is taken"),
  /* RFC 5321 4.2.4 */
  NO(UNKNOWN_COMMAND,     500, "5.5.2", "unknown-command",     0,
     "Command unrecognized"),
  NO(NOT_IMPLEMENTED,     502, "5.5.1", "not-implemented",     0,
     "Command not implemented"),
  NO(BAD_SEQUENCE,        503, "5.5.1", "bad-sequence",        0,
     "Bad sequence of commands"),
  NO(BAD_PARAMETER,       501, "5.5.4", "bad-parameter",       0,
     "Syntax error in the parameters"),
  NO(UNKNOWN_PARAMETER,   555, "5.5.4", "unknown-parameter",   0,
     "Parameter not recognized"),
  NO(BAD_REVERSE_PATH,    501, "5.1.7", "bad-reverse-path",    0,
     "Syntax error in the reverse-path"),
  NO(BAD_FORWARD_PATH,    501, "5.1.3", "bad-forward-path",    0,
     "Syntax error in the forward-path"),
  /* RFC 6531 3.5 */
  NO(NEEDS_SMTPUTF8,      553, "5.6.7", "needs-smtputf8",      0,
     "Such an address needs SMTPUTF8"),
  /* RFC 5321 2.4, 4.1.2, 4.5.3.1.9 */
  NO(BAD_OCTETS,          501, "5.5.2", "bad-octets",          0,
     "Only printable ASCII is taken here"),
  NO(LINE_TOO_LONG,       500, "5.5.2", "line-too-long",       0,
     "Line too long"),
  /* RFC 5321 2.3.8, 4.1.1.4 */
  NO(BARE_LINE_END,       554, "5.6.0", "bare-line-end",       0,
     "Bare CR or LF in the message"),
  /* RFC 1870 6, RFC 3030 2 */
  NO(MESSAGE_TOO_BIG,     552, "5.3.4", "message-too-big",     0,
     "Message exceeds the size limit"),
  NO(CHUNK_TOO_BIG,       421, "4.3.4", "chunk-too-big",       1,
     "Chunk exceeds the size limit"),
  NO(TOO_MANY_CHUNKS,     421, "4.7.0", "too-many-chunks",     1,
     "Too many chunks of one message"),
  /* RFC 5321 4.5.3.1.10, 3.8 */
  NO(TOO_MANY_RECIPIENTS, 452, "4.5.3", "too-many-recipients", 0,
     "Too many recipients"),
  NO(RECIPIENT_RATE,      452, "4.5.3", "recipient-rate",      0,
     "Too many recipients from your network in this hour"),
  NO(TOO_MANY_MESSAGES,   421, "4.7.0", "too-many-messages",   1,
     "Too many messages on one connection"),
  NO(TOO_MANY_CONNECTIONS, 421, "4.7.0", "too-many-connections", 1,
     "Too many connections"),
  NO(TOO_MANY_ERRORS,     421, "4.7.0", "too-many-errors",     1,
     "Too many errors"),
  NO(TOO_MANY_COMMANDS,   421, "4.7.0", "too-many-commands",   1,
     "Too many commands on one connection"),
  NO(SHUTDOWN,            421, "4.3.2", "shutdown",            1,
     "Service shutting down"),
  /* RFC 5321 4.5.3.2 */
  NO(IDLE_TIMEOUT,        421, "4.4.2", "idle-timeout",        1,
     "Idle for too long"),
  NO(SESSION_TIMEOUT,     421, "4.4.2", "session-timeout",     1,
     "Connected for too long"),
  NO(DATA_TIMEOUT,        421, "4.4.2", "data-timeout",        1,
     "Waited too long for more of the message"),
  NO(TOO_SLOW,            421, "4.4.2", "too-slow",            1,
     "The message comes too slowly"),
  NO(ANSWER_TIMEOUT,      421, "4.3.0", "answer-timeout",      1,
     "No answer from the mail system"),
  /* A proxy's header: nothing that a peer would understand */
  NO(BAD_PROXY_HEADER,      0, NULL,    "bad-proxy-header",    1,
     NULL),
};
/* clang-format on */

const shako_verdict *shako__refusal_verdict(shako__refusal refusal) {
  return &refusals[refusal];
}

shako__refusal shako__refusal_of(const shako_verdict *verdict) {
  return (shako__refusal)(verdict - refusals);
}

uint32_t shako__refusal_reason(shako__refusal refusal) {
  return (uint32_t)refusal + 1;
}

uint32_t shako_reason_count(void) {
  return SHAKO__REFUSAL_COUNT + 1;
}

const char *shako_reason_text(uint32_t reason) {
  if (reason == SHAKO_REASON_APPLICATION) {
    return "application";
  }
  return reason <= SHAKO__REFUSAL_COUNT ? refusals[reason - 1].reason : NULL;
}
