#include "policy/refusals.h"

/* Code, enhanced code (RFC 3463), text, reason, whether the connection ends.
   In front: where the code comes from. */
static const shako_verdict refusals[SHAKO__REFUSAL_COUNT] = {
    /* RFC 3207 4 */
    [SHAKO__REFUSAL_TLS_REQUIRED] = {530, "5.7.0",
                                     "Must issue a STARTTLS command first",
                                     "tls-required", 0},
    [SHAKO__REFUSAL_TLS_NOT_OFFERED] = {502, "5.5.1", "STARTTLS is not offered",
                                        "tls-not-offered", 0},
    /* RFC 3207 4.1: all but QUIT */
    [SHAKO__REFUSAL_TLS_TOO_WEAK] = {554, "5.7.0",
                                     "This TLS is too weak for mail from you",
                                     "tls-too-weak", 0},
    /* RFC 5321 3.1 */
    [SHAKO__REFUSAL_TURNED_AWAY] = {503, "5.5.1",
                                    "No service for you; only QUIT is taken",
                                    "turned-away", 0},
    /* RFC 5321 4.2.4 */
    [SHAKO__REFUSAL_UNKNOWN_COMMAND] = {500, "5.5.2", "Command unrecognized",
                                        "unknown-command", 0},
    [SHAKO__REFUSAL_LINE_TOO_LONG] = {500, "5.5.2", "Line too long",
                                      "line-too-long", 0},
    [SHAKO__REFUSAL_BAD_OCTETS] = {501, "5.5.2",
                                   "Only printable ASCII is taken here",
                                   "bad-octets", 0},
    [SHAKO__REFUSAL_NOT_IMPLEMENTED] = {502, "5.5.1", "Command not implemented",
                                        "not-implemented", 0},
    [SHAKO__REFUSAL_BAD_SEQUENCE] = {503, "5.5.1", "Bad sequence of commands",
                                     "bad-sequence", 0},
    [SHAKO__REFUSAL_BAD_PARAMETER] = {501, "5.5.4",
                                      "Syntax error in the parameters",
                                      "bad-parameter", 0},
    /* RFC 5321 4.1.1.11 */
    [SHAKO__REFUSAL_UNKNOWN_PARAMETER] = {555, "5.5.4",
                                          "Parameter not recognized",
                                          "unknown-parameter", 0},
    [SHAKO__REFUSAL_BAD_REVERSE_PATH] = {501, "5.1.7",
                                         "Syntax error in the reverse-path",
                                         "bad-reverse-path", 0},
    [SHAKO__REFUSAL_BAD_FORWARD_PATH] = {501, "5.1.3",
                                         "Syntax error in the forward-path",
                                         "bad-forward-path", 0},
    /* RFC 5321 4.5.3.1.10 */
    [SHAKO__REFUSAL_TOO_MANY_RECIPIENTS] = {452, "4.5.3", "Too many recipients",
                                            "too-many-recipients", 0},
    [SHAKO__REFUSAL_TOO_MANY_MESSAGES] = {421, "4.7.0",
                                          "Too many messages on one connection",
                                          "too-many-messages", 1},
    [SHAKO__REFUSAL_TOO_MANY_ERRORS] = {421, "4.7.0", "Too many errors",
                                        "too-many-errors", 1},
    /* RFC 1870 6 */
    [SHAKO__REFUSAL_MESSAGE_TOO_BIG] = {552, "5.3.4",
                                        "Message exceeds the size limit",
                                        "message-too-big", 0},
    [SHAKO__REFUSAL_CHUNK_TOO_BIG] = {421, "4.3.4",
                                      "Chunk exceeds the size limit",
                                      "chunk-too-big", 1},
    /* RFC 5321 2.3.8, 4.1.1.4 */
    [SHAKO__REFUSAL_BARE_LINE_END] = {554, "5.6.0",
                                      "Bare CR or LF in the message",
                                      "bare-line-end", 0},
    /* RFC 3207 6 */
    [SHAKO__REFUSAL_INJECTED_BYTES] = {554, "5.5.0", "Octets behind STARTTLS",
                                       "injected-bytes", 1},
    [SHAKO__REFUSAL_NO_CERTIFICATE] = {454, "4.7.0",
                                       "No certificate at the moment",
                                       "no-certificate", 0},
    [SHAKO__REFUSAL_TLS_UNAVAILABLE] = {454, "4.7.0",
                                        "TLS not available at the moment",
                                        "tls-unavailable", 0},
    [SHAKO__REFUSAL_TLS_ON_CLEAR_PORT] = {0, NULL, NULL, "tls-on-clear-port",
                                          1},
    /* RFC 5321 4.5.3.2.7 */
    [SHAKO__REFUSAL_IDLE_TIMEOUT] = {421, "4.4.2", "Idle for too long",
                                     "idle-timeout", 1},
    [SHAKO__REFUSAL_SESSION_TIMEOUT] = {421, "4.4.2", "Connected for too long",
                                        "session-timeout", 1},
    [SHAKO__REFUSAL_ANSWER_TIMEOUT] = {421, "4.3.0",
                                       "No answer from the mail system",
                                       "answer-timeout", 1},
    [SHAKO__REFUSAL_SHUTDOWN] = {421, "4.3.2", "Service shutting down",
                                 "shutdown", 1},
};

const shako_verdict *shako__refusal_verdict(shako__refusal refusal) {
  return &refusals[refusal];
}
