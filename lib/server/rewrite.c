#include "server/session.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"

/* What the listener makes of a path before the application sees it: a path
   without a domain gets the default one, and a recipient's domain the one that
   the domain map has for it. */

/* Local-part, "@" and domain (RFC 5321 4.5.3.1). */
#define MAILBOX_MAX (64 + 1 + 255)

void shako__rewrite_free(shako_session *session) {
  if (session->extra) {
    shako__release(shako__mem(session), session->extra->rewritten, MAILBOX_MAX);
    session->extra->rewritten = NULL;
  }
}

/* Gives |path| another domain.  Where there is no memory for it the session is
   over. */
static void put_domain(shako_session *session, shako__path *path,
                       const char *domain) {
  size_t local_len = path->local_part.len;
  size_t len = strlen(domain);
  shako__extra *extra = shako__need_extra(session);
  uint8_t *at = extra ? shako__alloc(shako__mem(session), MAILBOX_MAX) : NULL;

  if (!at) {
    shako__fail(session, SHAKO_ERR_NOMEM);
    return;
  }
  memcpy(at, path->local_part.ptr, local_len);
  at[local_len] = '@';
  memcpy(at + local_len + 1, domain, len);
  extra->rewritten = at;
  path->mailbox = (shako_span){at, local_len + 1 + len};
  path->local_part = (shako_span){at, local_len};
  path->domain = (shako_span){at + local_len + 1, len};
}

bool shako__path_complete(const shako_session *session, shako_span *text,
                          shako__path *path) {
  const char *domain = session->listener->default_domain;

  bool utf8 = (session->listener->offers & SHAKO_OFFER_SMTPUTF8) != 0;

  if (!domain || !shako__bare_path_read(text, utf8, path)) {
    return false;
  }
  path->domain = shako__span(domain);
  return true;
}

static const char *mapped(const shako_session *session, shako_span domain) {
  const shako_listener *listener = session->listener;
  uint32_t row = shako__nameset_find(&listener->mapped, domain);

  return row == SHAKO__NO_RULE ? NULL : listener->map_to[row];
}

void shako__path_settle(shako_session *session, shako__path *path,
                        bool is_recipient) {
  bool completed = path->mailbox.len == path->local_part.len;
  const char *domain = NULL;

  if (path->domain.len == 0) {
    return; /* <> and <Postmaster> */
  }
  if (completed) {
    domain = session->listener->default_domain;
  }
  if (is_recipient && mapped(session, path->domain)) {
    domain = mapped(session, path->domain);
  }
  if (domain) {
    put_domain(session, path, domain);
  }
}
