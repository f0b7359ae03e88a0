#include "lookup.h"

#include <arpa/nameser.h>
#include <stdlib.h>

#include "address.h"
#include "dns_name.h"
#include "dns_reply.h"
#include "peer_names.h"

/*
 * Life of a lookup:
 *
 *   lookup_new()    asks for the PTR records and the lists
 *   take_ptr()      asks for the address records of each name
 *   all are in      the timer is brought forward: the owner is told from the
 *                   loop only, so that it is never told in the midst of its
 *                   own doings
 *   on_time()       tells, and gives up the timer
 *
 * Questions that nobody waits for any more go on: c-ares cannot take one back.
 * What they bring is ignored; the last of them, or of the timer, frees.
 */

struct lookup {
  resolver *resolver;
  lookup_callback done;
  void *owner; /* NULL: nobody to tell */
  shako_address address;
  peer_names names;
  uint64_t lists_hold;
  unsigned need;  /* SHAKO_NEED_* */
  unsigned asked; /* questions on their way */
  unsigned holds; /* those, and the timer */
  bool told;
  uv_timer_t timer; /* the limit of all of it */
};

/* A question on its way. */
typedef struct question {
  lookup *lookup;
  unsigned index; /* of a name, or of a list */
} question;

static void release(lookup *l) {
  if (--l->holds == 0) {
    free(l);
  }
}

static void on_timer_closed(uv_handle_t *handle) {
  release(handle->data);
}

static void tell(lookup *l) {
  shako_peer facts;

  shako_peer_default(&facts);
  facts.lists_hold = l->lists_hold;
  if (l->need & SHAKO_NEED_NAME) {
    peer_names_tell(&l->names, &facts);
  }

  l->done(l->owner, &facts);
}

/* All is in, or the time is over. */
static void on_time(uv_timer_t *timer) {
  lookup *l = timer->data;

  if (l->owner != NULL) {
    tell(l);
  }

  l->told = true;
  l->owner = NULL;
  uv_close((uv_handle_t *)&l->timer, on_timer_closed);
}

static void finish_if_all_in(lookup *l) {
  if (l->asked == 0 && !l->told) {
    uv_timer_start(&l->timer, on_time, 0, 0);
  }
}

/* Ends |q|, whose answer was taken. */
static void end_question(question *q) {
  lookup *l = q->lookup;

  free(q);
  l->asked--;
  finish_if_all_in(l);
  release(l);
}

/* Asks a question; false without memory. */
static bool ask(lookup *l, const char *name, int type, unsigned index,
                ares_callback callback) {
  question *q = malloc(sizeof(*q));

  if (q == NULL) {
    return false;
  }

  *q = (question){l, index};
  l->asked++;
  l->holds++;
  resolver_ask(l->resolver, name, type, callback, q);

  return true;
}

static void take_address(void *data, int status, int timeouts,
                         unsigned char *reply, int len) {
  question *q = data;
  peer_name *name = &q->lookup->names.items[q->index];

  (void)timeouts;
  status = dns_reply_has_address(status, reply, len, &q->lookup->address);
  if (status == ARES_SUCCESS) {
    name->state = PEER_NAME_AGREES;
  } else {
    name->state =
        dns_reply_is_none(status) ? PEER_NAME_DIFFERS : PEER_NAME_FAILED;
  }

  end_question(q);
}

static void verify_names(lookup *l) {
  int type = address_is_ipv4(&l->address) ? ns_t_a : ns_t_aaaa;
  unsigned i;

  for (i = 0; i < l->names.count; i++) {
    peer_name *name = &l->names.items[i];

    if (!ask(l, name->text, type, i, take_address)) {
      name->state = PEER_NAME_FAILED;
    }
  }
}

static void add_name(void *data, const char *name) {
  lookup *l = data;

  peer_names_add(&l->names, name);
}

static void take_ptr(void *data, int status, int timeouts, unsigned char *reply,
                     int len) {
  question *q = data;
  lookup *l = q->lookup;

  (void)timeouts;
  status = dns_reply_names(status, reply, len, add_name, l);
  if (status == ARES_SUCCESS || dns_reply_is_none(status)) {
    l->names.none = SHAKO_NAME_NONE;
  }

  if (l->owner != NULL) {
    verify_names(l);
  }

  end_question(q);
}

/* A list that does not answer holds nobody. */
static void take_list(void *data, int status, int timeouts,
                      unsigned char *reply, int len) {
  question *q = data;

  (void)timeouts;
  if (dns_reply_is_listed(status, reply, len)) {
    q->lookup->lists_hold |= UINT64_C(1) << q->index;
  }

  end_question(q);
}

static void ask_lists(lookup *l, const shako_hat *hat, uint64_t lists) {
  unsigned i;

  for (i = 0; i < SHAKO_HAT_LISTS_MAX; i++) {
    char name[DNS_NAME_SIZE];

    if ((lists >> i & 1) != 0 &&
        dns_name_reverse(&l->address, shako_hat_list(hat, i), name)) {
      ask(l, name, ns_t_a, i, take_list);
    }
  }
}

static void ask_name(lookup *l) {
  char name[DNS_NAME_SIZE];

  dns_name_ptr(&l->address, name);
  ask(l, name, ns_t_ptr, 0, take_ptr);
}

lookup *lookup_new(resolver *r, const shako_address *address,
                   const shako_hat *hat, const shako_event *event,
                   lookup_callback done, void *owner) {
  lookup *l = calloc(1, sizeof(*l));

  if (l == NULL) {
    return NULL;
  }

  l->resolver = r;
  l->done = done;
  l->owner = owner;
  l->address = *address;
  l->names.none = SHAKO_NAME_TEMPORARY; /* until it is answered */
  l->need = event->u.lookup.need;
  l->holds = 1;
  uv_timer_init(r->loop, &l->timer);
  l->timer.data = l;
  uv_timer_start(&l->timer, on_time, r->lookup_time, 0);
  if (l->need & SHAKO_NEED_NAME) {
    ask_name(l);
  }

  ask_lists(l, hat, event->u.lookup.lists);
  finish_if_all_in(l);

  return l;
}

void lookup_cancel(lookup *l) {
  if (l != NULL && l->owner != NULL) {
    l->owner = NULL;
    uv_timer_start(&l->timer, on_time, 0, 0);
  }
}
