#ifndef PROBE_TALK_H
#define PROBE_TALK_H

#include "probe.h"

/* Those who return bool return false when the case has failed. */

/* Where a case has its conversation. */
typedef enum talk_channel { TALK_CLEAR, TALK_TLS } talk_channel;

/* Whether the server takes mail there. */
bool talk_has(const probe *p, talk_channel channel);

/* Takes the greeting; with --smtps inside TLS. */
bool talk_greeting(probe *p);

/* Connects, and does that. */
bool talk_open(probe *p);

/* Says EHLO, and notes what is offered. */
bool talk_hello(probe *p);

/* Does both. */
bool talk_begin(probe *p);

/* Goes on with STARTTLS, up to its 220. */
bool talk_starttls(probe *p);

/* Goes on with STARTTLS and a handshake. */
bool talk_secure(probe *p, const wire_tls *how);

/* Begins a conversation in which mail is taken, up to the EHLO of the
   channel; or of one of them. */
bool talk_ready(probe *p, talk_channel channel);
bool talk_anywhere(probe *p);

/* Goes on to the text of a message. */
bool talk_envelope(probe *p);
bool talk_data(probe *p);

/* Connects, up to where the server awaits a ClientHello. */
bool talk_before_tls(probe *p);

/* Send octets, a string, or a formatted one. */
void talk_send(probe *p, const void *octets, size_t len);
void talk_say(probe *p, const char *text);

/* Returns the code of the next reply; 0: the server ended the stream, -1: the
   case has failed. */
int talk_code(probe *p);

/* Demands a reply of a code that begins with one of those in |wanted|, with
   blanks between them: "2", "250 252". */
bool talk_expect(probe *p, const char *wanted);

/* Sends a line, and demands such a reply. */
bool talk_ask(probe *p, const char *line, const char *wanted);

/* Takes all replies up to the end of the stream, and demands that their codes
   are matched by the regular expression: "250 (221|421)". */
bool talk_rest(probe *p, const char *pattern);

/* Sends FIN, awaits the end, and demands that nothing but TLS was said from
   where it was to begin. */
bool talk_no_clear_text(probe *p);

#endif /* PROBE_TALK_H */
