#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "report/alerts.h"

/*
 * A place is free, or its key is in one of two states:
 *
 *   COUNTED  not told of yet, since its threshold is not reached; |next| is
 *            when it is forgotten
 *   TOLD     |next| is when the next notice is due, or the key forgotten if
 *            nothing came
 *
 * The places behind those for keys are for alerts that found none, one for each
 * class and severity: their key says nothing, and no key takes them.
 */

#define SECOND 1000u
#define NO_ROOM                                                                \
  ((unsigned)SHAKO_ALERT_CLASS_COUNT * (unsigned)SHAKO_ALERT_SEVERITY_COUNT)

/* What is forgotten after |max_wait|, where that is without end. */
#define FORGOTTEN (3600u * SECOND)

typedef enum state { FREE, COUNTED, TOLD } state;

typedef struct place {
  state state;
  uint64_t count; /* since the last notice */
  uint64_t total;
  shako_time first; /* when that was raised, and the last */
  shako_time last;
  shako_time since;  /* in COUNTED |first|, in TOLD the first notice */
  shako_time next;   /* milliseconds after |since| */
  shako_alert alert; /* the last */
} place;

struct shako_alerts {
  shako_mem mem;
  shako_time first_wait;
  shako_time max_wait; /* SHAKO_TIME_NEVER: any */
  size_t count;        /* places, those for what finds none too */
  uint64_t serial;
  shako_alert_notice notice;
  place places[];
};

shako_time shako__alert_next(shako_time wait, shako_time max, shako_time last) {
  shako_time next =
      last > (SHAKO_TIME_NEVER - wait) / 2 ? SHAKO_TIME_NEVER : wait + 2 * last;

  if (next <= max) {
    return next;
  }
  return max == 0 || last > SHAKO_TIME_NEVER - max ? SHAKO_TIME_NEVER
                                                   : (last / max + 1) * max;
}

void shako_alerts_config_default_sized(shako_alerts_config *config,
                                       size_t size) {
  const shako_alerts_config defaults = {.struct_size = sizeof(defaults),
                                        .first_wait = 300,
                                        .max_wait = 3600,
                                        .places = 64};

  shako__sized_fill(config, size, &defaults, sizeof(defaults));
}

static size_t size_of(size_t count) {
  return sizeof(shako_alerts) + count * sizeof(place);
}

int shako_alerts_new(shako_alerts **palerts, const shako_alerts_config *config,
                     const shako_mem *mem) {
  shako_mem own = mem != NULL ? *mem : shako__mem_default();
  shako_alerts_config c;
  shako_alerts *alerts;

  shako_alerts_config_default(&c);
  if (config != NULL) {
    if (!SHAKO__KNOWS(config, places)) {
      return SHAKO_ERR_INVALID_ARGUMENT;
    }
    shako__sized_copy(&c, sizeof(c), config);
  }
  if (c.places == 0 || c.places > SHAKO__ALERTS_MAX) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  alerts = shako__alloc(&own, size_of(c.places + NO_ROOM));
  if (alerts == NULL) {
    return SHAKO_ERR_NOMEM;
  }
  alerts->mem = own;
  alerts->first_wait = (shako_time)c.first_wait * SECOND;
  alerts->max_wait =
      c.max_wait > 0 ? (shako_time)c.max_wait * SECOND : SHAKO_TIME_NEVER;
  alerts->count = c.places + NO_ROOM;
  *palerts = alerts;
  return 0;
}

void shako_alerts_free(shako_alerts *alerts) {
  if (alerts != NULL) {
    shako_mem mem = alerts->mem;

    shako__release(&mem, alerts, size_of(alerts->count));
  }
}

/* Milliseconds, should the clock go back none. */
static shako_time age(const place *p, shako_time now) {
  return now > p->since ? now - p->since : 0;
}

static bool is_over(const place *p, shako_time now) {
  return age(p, now) >= p->next;
}

/* Whether |p| can be had: nobody has it, or of its key no more came. */
static bool is_free(const place *p, shako_time now) {
  return p->state == FREE ||
         (is_over(p, now) && (p->state == COUNTED || p->count == 0));
}

/* Returns the place that |key| has, or a free one, or NULL. */
static place *find(shako_alerts *alerts, const char *key, shako_time now) {
  place *found = NULL;
  size_t i;

  for (i = 0; i < alerts->count - NO_ROOM; i++) {
    place *p = &alerts->places[i];

    if (is_free(p, now)) {
      found = found == NULL ? p : found;
    } else if (strncmp(p->alert.key, key, sizeof(p->alert.key) - 1) == 0) {
      return p;
    }
  }
  return found;
}

/* Frees the place whose key was not told of and is to be forgotten first.
   Returns it, or NULL. */
static place *displace(shako_alerts *alerts) {
  place *found = NULL;
  size_t i;

  for (i = 0; i < alerts->count - NO_ROOM; i++) {
    place *p = &alerts->places[i];

    if (p->state == COUNTED && (found == NULL || p->since < found->since)) {
      found = p;
    }
  }
  if (found != NULL) {
    found->state = FREE;
  }
  return found;
}

/* Alerts of no class or severity that there is share one with others. */
static place *find_shared(shako_alerts *alerts, const shako_alert *alert) {
  size_t of = (size_t)alert->alert_class * SHAKO_ALERT_SEVERITY_COUNT +
              (size_t)alert->severity;

  return &alerts->places[alerts->count - NO_ROOM + of % NO_ROOM];
}

static bool is_shared(const shako_alerts *alerts, const place *p) {
  return p >= &alerts->places[alerts->count - NO_ROOM];
}

/* Makes the notice of |p|, which holds nothing more then. */
static const shako_alert_notice *tell(shako_alerts *alerts, place *p) {
  alerts->notice = (shako_alert_notice){
      .alert = &p->alert,
      .crowded = is_shared(alerts, p),
      .serial = ++alerts->serial,
      .count = p->count,
      .total = p->total,
      .first = p->first,
      .last = p->last,
  };
  p->count = 0;
  return &alerts->notice;
}

static shako_time forgotten(const shako_alerts *alerts) {
  return alerts->max_wait != SHAKO_TIME_NEVER ? alerts->max_wait : FORGOTTEN;
}

/* Returns the place for |alert|, which is counted there from now on. */
static place *place_for(shako_alerts *alerts, const shako_alert *alert,
                        shako_time now) {
  place *p = find(alerts, alert->key, now);

  if (p == NULL) {
    p = displace(alerts);
  }
  if (p == NULL) {
    p = find_shared(alerts, alert);
  }
  if (is_free(p, now)) {
    p->state = COUNTED;
    p->count = 0;
    p->total = 0;
    p->first = now;
    p->since = now;
    p->next = forgotten(alerts);
  }
  return p;
}

/* Takes the steps up to |now|; beyond |max_wait| one is all of them. */
static void advance(const shako_alerts *alerts, place *p, shako_time now) {
  shako_time passed = age(p, now);

  if (alerts->first_wait == 0) {
    p->next = passed + forgotten(alerts);
  }
  while (p->next <= passed && p->next < SHAKO_TIME_NEVER) {
    bool is_far = p->next >= alerts->max_wait;

    p->next = shako__alert_next(alerts->first_wait, alerts->max_wait,
                                is_far ? passed : p->next);
  }
}

/* Whoever filled it by hand may have left no room for a NUL. */
static void keep(shako_alert *to, const shako_alert *alert) {
  shako__sized_copy(to, sizeof(*to), alert);
  to->key[sizeof(to->key) - 1] = '\0';
  to->text[sizeof(to->text) - 1] = '\0';
}

const shako_alert_notice *shako_alerts_raise(shako_alerts *alerts,
                                             const shako_alert *alert,
                                             shako_time now) {
  place *p = place_for(alerts, alert, now);

  keep(&p->alert, alert);
  p->count++;
  p->total++;
  p->last = now;
  if (p->state == COUNTED) {
    if (p->total < alert->threshold) {
      return NULL;
    }
    p->state = TOLD;
    p->since = now;
    p->next = 0;
  } else if (alerts->first_wait > 0 && !is_over(p, now)) {
    return NULL;
  }
  advance(alerts, p, now);
  return tell(alerts, p);
}

const shako_alert_notice *shako_alerts_due(shako_alerts *alerts,
                                           shako_time now) {
  size_t i;

  for (i = 0; i < alerts->count; i++) {
    place *p = &alerts->places[i];

    if (!is_free(p, now) && is_over(p, now)) {
      advance(alerts, p, now);
      return tell(alerts, p);
    }
  }
  return NULL;
}

shako_time shako_alerts_expiry(const shako_alerts *alerts) {
  shako_time expiry = SHAKO_TIME_NEVER;
  size_t i;

  for (i = 0; i < alerts->count; i++) {
    const place *p = &alerts->places[i];

    if (p->state == TOLD && p->count > 0 && p->next < expiry - p->since) {
      expiry = p->since + p->next;
    }
  }
  return expiry;
}
