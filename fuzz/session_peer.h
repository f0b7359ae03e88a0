#ifndef SESSION_PEER_H
#define SESSION_PEER_H

#include "octets.h"
#include "session_settings.h"

/* What the peer sends, octet by octet. */
typedef struct peer {
  octets wire;         /* ready to be sent */
  size_t sent;         /* ... and sent */
  const uint8_t *rest; /* of the input: behind STARTTLS */
  size_t rest_len;
  bool waits;       /* for the reply to STARTTLS; or for the application's
                       handshake, on a port that is always TLS */
  bool in_tls;      /* it went on inside TLS */
  octets inner;     /* the text inside TLS */
  bool inner_exact; /* ... is known to be that */
} peer;

/* Makes a peer that says |input|, |len| of them. */
void peer_open(peer *p, const settings *s, const uint8_t *input, size_t len);
void peer_free(peer *p);

/* What is left of what is ready. */
size_t peer_left(const peer *p);

/* Goes on behind STARTTLS; |tls| says whether TLS begins. */
void peer_go_on(peer *p, const settings *s, bool tls);

#endif /* SESSION_PEER_H */
