#ifndef SHAKO_SMTP_PATH_H
#define SHAKO_SMTP_PATH_H

#include <stdbool.h>

#include <shako/common.h>

/* A path of MAIL or RCPT (RFC 5321 4.1.2), as spans of the command's line.
   The source route is checked and left out (RFC 5321 appendix C). */
typedef struct shako__path {
  shako_span mailbox; /* "a@b.example"; empty for <>; "Postmaster" */
  shako_span local_part;
  shako_span domain; /* a domain or an address literal with its brackets;
                        empty for <> and <Postmaster> */
} shako__path;

/* Reads "<...>" at the start of |*text| into |*path| and cuts it off; what
   follows the ">" is not looked at.  Local part 64 octets, domain 255, path
   with its brackets and its source route 256 (RFC 5321 4.5.3.1).  A
   reverse-path may be <>, a forward-path <Postmaster> in any case.  Returns
   false, and touches nothing, where the grammar is not met.

   |utf8|: local parts and domains may hold UTF-8 (RFC 6531 3.3) but no
   controls, U+0080 to U+009F among them.  Lengths count octets; a label that
   holds any is as long as the domain may be.  Whether it is a U-label by the
   tables of Unicode (RFC 5890 2.3.2.1) is not looked at. */
bool shako__reverse_path_read(shako_span *text, bool utf8, shako__path *path);
bool shako__forward_path_read(shako_span *text, bool utf8, shako__path *path);

/* Reads "<local-part>" likewise: a path to which a domain is to be added. */
bool shako__bare_path_read(shako_span *text, bool utf8, shako__path *path);

/* Whether |text| is a Mailbox of such a path, without brackets. */
bool shako__is_mailbox(shako_span text, bool utf8);

/* Whether |c| may stand in an atom (RFC 5322 3.2.3). */
bool shako__is_atext(uint8_t c);

/* Whether |text| is a Domain of RFC 5321 4.1.2: labels of letters, digits and
   inner hyphens, 1 to 63 octets each, 255 in all. */
bool shako__is_domain(shako_span text);

/* Whether |text| is an address-literal of RFC 5321 4.1.3 with its brackets,
   255 octets in all: IPv4, "IPv6:", or a General-address-literal
   ("tag:content").  IPv4 has no leading zeros, which the RFC would allow. */
bool shako__is_address_literal(shako_span text);

/* Whether |text| names a host in a greeting or EHLO: a Domain or an
   address-literal. */
bool shako__is_host(shako_span text);

#endif /* SHAKO_SMTP_PATH_H */
