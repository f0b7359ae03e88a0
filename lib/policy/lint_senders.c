#include "policy/lint.h"

/* Returns the first policy that takes mail and has a list of senders, or NULL,
   and in |*line| where it is. */
static const shako_policy *find_first(const shako__lint *lint, uint32_t *line) {
  const shako__hat_policy *policies = lint->hat->policies.items;
  size_t i;

  for (i = 0; i <= lint->hat->policies.count; i++) {
    const shako_policy *policy = shako__lint_policy(lint, i);

    if (policy != NULL && policy->tls_mandatory_senders != NULL) {
      *line = i < lint->hat->policies.count ? policies[i].line : 0;
      return policy;
    }
  }
  return NULL;
}

/* A list protects its senders if every policy has it: anyone may use their
   addresses from a host that another policy is for. */
static void judge_freed(shako__lint *lint) {
  uint32_t line;
  const shako_policy *first = find_first(lint, &line);
  size_t i;

  for (i = 0; first != NULL && i <= lint->hat->policies.count; i++) {
    const shako_policy *policy = shako__lint_policy(lint, i);

    if (policy != NULL && !shako__lint_is_required(policy) &&
        policy->tls_mandatory_senders != first->tls_mandatory_senders) {
      shako__lint_add_policy(lint, SHAKO__LINT_FREED_SENDERS, i, line);
    }
  }
}

static bool list_before(const void *a, const void *b, const void *context) {
  const shako_address_list *const *x = a;
  const shako_address_list *const *y = b;

  (void)context;
  return (uintptr_t)*x < (uintptr_t)*y;
}

/* Whether |lists|, which are sorted, have |list|. */
static bool has_list(const shako__array *lists,
                     const shako_address_list *list) {
  const shako_address_list *const *items = lists->items;
  size_t from = 0;
  size_t to = lists->count;

  while (from < to) {
    size_t middle = from + (to - from) / 2;

    if ((uintptr_t)items[middle] < (uintptr_t)list) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from < lists->count && items[from] == list;
}

/* Fills |*lists| with those that policies have, sorted.  Returns false without
   memory. */
static bool gather_lists(const shako_hat *hat, shako__array *lists) {
  const shako__hat_policy *policies = hat->policies.items;
  size_t count = hat->policies.count;
  const shako_address_list **items =
      count > 0 ? shako__array_add(lists, count) : NULL;
  size_t i;

  if (items == NULL) {
    return count == 0;
  }
  for (i = 0; i < count; i++) {
    items[i] = policies[i].policy.tls_mandatory_senders;
  }
  return shako__array_sort(lists, list_before, NULL) == 0;
}

static void judge_unused(shako__lint *lint) {
  const shako__hat_senders *senders = lint->hat->senders.items;
  shako__array lists;
  size_t i;

  shako__array_init(&lists, &lint->hat->mem, sizeof(shako_address_list *));
  if (!gather_lists(lint->hat, &lists)) {
    lint->nomem = true;
  }
  for (i = 0; i < lint->hat->senders.count && !lint->nomem; i++) {
    if (!has_list(&lists, senders[i].list)) {
      shako__lint_add(lint, SHAKO__LINT_UNUSED_LIST, senders[i].name,
                      senders[i].line, 0);
    }
  }
  shako__array_free(&lists);
}

void shako__lint_senders(shako__lint *lint) {
  judge_freed(lint);
  judge_unused(lint);
}
