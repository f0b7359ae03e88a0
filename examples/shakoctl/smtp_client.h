#ifndef SHAKOCTL_SMTP_CLIENT_H
#define SHAKOCTL_SMTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

/* The clear part of a conversation with a mail server, up to STARTTLS. */
typedef struct smtp_client {
  int fd;
  char address[64]; /* of the server, and ... */
  char local[64];   /* ... our own */
  char reply[1024]; /* the last line, printable, without its end */
  int code;
  bool offers_tls;
} smtp_client;

/* Connects to |host|, each of its addresses in turn.  Returns false after a
   line; |c->fd| is then -1. */
bool smtp_client_connect(smtp_client *c, const char *host, const char *port);

/* Says who we are and asks for TLS.  Returns whether the handshake comes next,
   else after lines that say why not. */
bool smtp_client_start_tls(smtp_client *c, const char *hostname);

/* Closes the connection, if there is one. */
void smtp_client_close(smtp_client *c);

#endif /* SHAKOCTL_SMTP_CLIENT_H */
