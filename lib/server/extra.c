#include "base/mem.h"
#include "server/session.h"

shako__extra *shako__need_extra(shako_session *session) {
  if (!session->extra) {
    session->extra = shako__alloc(shako__mem(session), sizeof(*session->extra));
    if (session->extra) {
      session->extra->counted = session->refusals == 0;
    }
  }
  return session->extra;
}

void shako__extra_free(shako_session *session) {
  const shako_mem *mem = shako__mem(session);
  shako__extra *extra = session->extra;

  if (!extra) {
    return;
  }
  shako__rewrite_free(session);
  shako__put_off_free(session);
  shako__auth_free(session);
  shako__release(mem, extra->identity, extra->identity_len);
  shako__release(mem, extra, sizeof(*extra));
  session->extra = NULL;
}
