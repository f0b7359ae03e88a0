#ifndef PROBE_CASES_H
#define PROBE_CASES_H

#include "probe.h"

extern const probe_case cases[];
extern const size_t case_count;

/* Returns whether |c| is the case |only|, or of the family: "inject-". */
bool case_is(const probe_case *c, const char *only);

/* Plays |c|, unless the server lacks what it needs. */
bool case_play(probe *p, const probe_case *c);

/* case_injection.c: octets behind STARTTLS. */
probe_run inject_behind, inject_pipeline, inject_second_segment,
    inject_after_220, inject_splits, inject_octets, inject_hello;

/* case_upgrade.c: what is left after a handshake. */
probe_run upgrade_works, upgrade_is_offered, upgrade_greeting,
    upgrade_not_offered, upgrade_twice, upgrade_hello, upgrade_envelope,
    upgrade_parameter, upgrade_before_hello, upgrade_clear_text,
    upgrade_close_notify, upgrade_renegotiation;

/* case_gate.c: what the setting demands. */
probe_run gate_refuses, gate_before_hello, gate_pipeline, gate_bdat, gate_long,
    gate_allows, gate_no_offer, gate_no_starttls, gate_serves, gate_auth;

/* case_handshake.c: handshakes that fail, or come in an odd shape. */
probe_run handshake_garbage, handshake_version, handshake_ssl_2, handshake_weak,
    handshake_alpn, handshake_alpn_smtp, handshake_alert, handshake_flood,
    handshake_cut, handshake_pieces, handshake_names, handshake_clear_text;

/* case_data.c: where a message ends. */
probe_run data_vector, data_end, data_bare, data_truncated,
    data_truncated_notified, data_bdat, data_bdat_swallowed, data_bdat_refused;

/* case_line.c: lines, and how many of them. */
probe_run line_refused, line_alone, line_long, line_http, limit_errors,
    limit_recipients, limit_size, limit_data;

/* case_order.c: pipelining and the order of commands. */
probe_run order_replies, order_envelope, order_early_data, order_early_hello,
    order_early_greeting, order_data, order_rcpt, order_mail, order_reset,
    order_refused_data;

/* case_reply.c: the form of replies. */
probe_run reply_lines, reply_codes, reply_no_codes, reply_helo;

/* case_proxy.c: headers of the PROXY protocol. */
probe_run proxy_refused, proxy_cut, proxy_pieces, proxy_glued, proxy_local;

#endif /* PROBE_CASES_H */
