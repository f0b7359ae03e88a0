#include "policy/hat.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "policy/keys.h"

static void init(shako_hat *hat) {
  const shako_mem *mem = &hat->mem;

  shako__strings_init(&hat->strings, mem);
  shako__array_init(&hat->policies, mem, sizeof(shako__hat_policy));
  shako__array_init(&hat->kept, mem, sizeof(shako__hat_kept));
  shako__array_init(&hat->senders, mem, sizeof(shako__hat_senders));
  shako__array_init(&hat->groups, mem, sizeof(shako__hat_group));
  shako__array_init(&hat->members, mem, sizeof(shako__hat_member));
  shako__array_init(&hat->texts, mem, 1);
  shako__array_init(&hat->repeats, mem, sizeof(shako__hat_repeat));
  shako__netset_init(&hat->addresses, mem);
  shako__nameset_init(&hat->names, mem);
  shako__array_init(&hat->owners, mem, sizeof(shako__hat_owner));
  shako__array_init(&hat->zones, mem, sizeof(shako__hat_zone));
}

/* Replaces |*text| by a copy of it in |strings|; NULL stays NULL.  Returns
   false without memory. */
static bool keep(shako__strings *strings, const char **text) {
  if (*text != NULL) {
    *text = shako__strings_keep(strings, shako__span(*text));
    return *text != NULL;
  }
  return true;
}

static bool keep_defaults(shako_hat *hat, const shako_policy *defaults) {
  shako_policy *copy = &hat->defaults;

  *copy = *defaults;
  if (copy->tls_mandatory_senders != NULL) {
    shako_address_list_ref(copy->tls_mandatory_senders);
  }
  return keep(&hat->strings, &copy->name) &&
         keep(&hat->strings, &copy->banner_text) &&
         keep(&hat->strings, &copy->reject_text) &&
         keep(&hat->strings, &copy->hostname);
}

shako_hat *shako__hat_new(const shako_policy *defaults, const shako_mem *mem) {
  shako_hat *hat = shako__alloc(mem, sizeof(*hat));

  if (hat == NULL) {
    return NULL;
  }
  hat->mem = *mem;
  hat->references = 1;
  init(hat);
  if (!keep_defaults(hat, defaults)) {
    shako_hat_unref(hat);
    return NULL;
  }
  return hat;
}

shako_hat *shako_hat_ref(shako_hat *hat) {
  __atomic_add_fetch(&hat->references, 1, __ATOMIC_RELAXED);

  return hat;
}

static void free_hat(shako_hat *hat) {
  const shako__hat_senders *senders = hat->senders.items;
  shako_mem mem = hat->mem;
  size_t i;

  for (i = 0; i < hat->senders.count; i++) {
    shako_address_list_unref(senders[i].list);
  }
  shako_address_list_unref(hat->defaults.tls_mandatory_senders);
  shako__array_free(&hat->policies);
  shako__array_free(&hat->kept);
  shako__array_free(&hat->senders);
  shako__array_free(&hat->groups);
  shako__array_free(&hat->members);
  shako__array_free(&hat->texts);
  shako__array_free(&hat->repeats);
  shako__netset_free(&hat->addresses);
  shako__nameset_free(&hat->names);
  shako__array_free(&hat->owners);
  shako__array_free(&hat->zones);
  shako__strings_free(&hat->strings);
  shako__release(&mem, hat, sizeof(*hat));
}

void shako_hat_unref(shako_hat *hat) {
  if (hat != NULL &&
      __atomic_sub_fetch(&hat->references, 1, __ATOMIC_ACQ_REL) == 0) {
    free_hat(hat);
  }
}

const char *shako__hat_member_text(const shako_hat *hat, size_t i) {
  const shako__hat_member *member = hat->members.items;

  return (const char *)hat->texts.items + member[i].text;
}

uint32_t shako__hat_group_end(const shako_hat *hat, size_t i) {
  const shako__hat_group *groups = hat->groups.items;

  return i + 1 < hat->groups.count ? groups[i + 1].first_member
                                   : (uint32_t)hat->members.count;
}

size_t shako__hat_group_of(const shako_hat *hat, uint32_t i) {
  const shako__hat_group *groups = hat->groups.items;
  size_t from = 0;
  size_t to = hat->groups.count;

  while (to - from > 1) { /* the last one that begins at |i| or before */
    size_t middle = from + (to - from) / 2;

    if (groups[middle].first_member <= i) {
      from = middle;
    } else {
      to = middle;
    }
  }
  return from;
}

const char *shako_hat_list(const shako_hat *hat, unsigned i) {
  const shako__hat_zone *zones = hat->zones.items;

  return i < hat->zones.count ? zones[i].name : NULL;
}

const shako_policy *shako_hat_defaults(const shako_hat *hat) {
  return &hat->defaults;
}

int shako_hat_group_at(const shako_hat *hat, size_t i, shako_hat_group *group) {
  const shako__hat_policy *policies = hat->policies.items;
  const shako__hat_group *from = (const shako__hat_group *)hat->groups.items;

  if (i >= hat->groups.count) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  *group = (shako_hat_group){
      .name = from[i].name,
      .comment = from[i].comment,
      .policy = &policies[from[i].policy].policy,
      .line = from[i].line,
      .members = shako__hat_group_end(hat, i) - from[i].first_member,
  };
  return 0;
}

const char *shako_hat_kept(const shako_hat *hat, const shako_policy *policy,
                           const char *key) {
  const shako__hat_policy *policies = hat->policies.items;
  const shako__hat_kept *kept = hat->kept.items;
  size_t i;

  for (i = 0; i < hat->kept.count; i++) {
    if (&policies[kept[i].policy].policy == policy &&
        strcmp(shako__key_name(kept[i].key), key) == 0) {
      return kept[i].value;
    }
  }
  return NULL;
}
