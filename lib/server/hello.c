#include "server/session.h"

#include "base/mem.h"
#include "tls/client_hello.h"

/*
 * The ClientHello, read from the octets on the wire before the engine uses them
 * up, so that the provider is asked with it and may take its time.
 *
 * It is read where it lies, in the block that is there anyway.  That has 4096
 * octets at the least, and clients send some 200 to 2000.  For one that fills
 * the block and is not whole then there is no larger block: the provider sees
 * an empty hello, and the engine, which needs no more than a record at a time,
 * goes on with it.  So a peer that has proved nothing yet makes nobody hold
 * more for it.  Only a hello in several records is copied, into memory that
 * exists while the provider is asked.
 */

bool shako__hello_ready(const shako_session *session) {
  shako__client_hello_place place;

  return !shako__input_may_grow(session) ||
         shako__client_hello_find(shako__input_wire(session), &place) !=
             SHAKO__CLIENT_HELLO_MORE;
}

bool shako__hello_choose(shako_session *session,
                         shako_provider_status *status) {
  const shako_mem *mem = shako__mem(session);
  shako_client_hello hello = {.struct_size = sizeof(hello)};
  shako__client_hello_place place = {0, true};
  shako_span wire = shako__input_wire(session);
  uint8_t *copy = NULL;

  if (shako__client_hello_find(wire, &place) == SHAKO__CLIENT_HELLO_WHOLE) {
    if (!place.in_one_piece) {
      copy = shako__alloc(mem, place.len);
      if (!copy) {
        shako__fail(session, SHAKO_ERR_NOMEM);
        return false;
      }
    }
    (void)shako__client_hello_read(
        &hello, shako__client_hello_message(wire, &place, copy));
  }
  shako__conn_note_offer(session->conn, mem, shako__policy(session), &hello);
  *status = shako__conn_choose(session->conn, &session->listener->certificates,
                               &hello);
  shako__release(mem, copy, place.len);
  return true;
}
