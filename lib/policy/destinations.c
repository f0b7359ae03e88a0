#include "policy/destinations.h"

#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"

/*
 * Of the names that are, or stand over, a domain, no two have one length, and
 * the longest decides.  So a name's rule is what its length lacks to the
 * longest possible, and behind that the place of its section: the lowest rule
 * is that of the longest name.
 */

#define PLACE_BITS 24

_Static_assert(SHAKO__NAME_MAX >> 8 == 0, "a length has 8 bits of a rule");
_Static_assert(SHAKO__DESTINATIONS_MAX < 1u << PLACE_BITS, "a place has 24");

shako_destinations *shako__destinations_new(const shako_mem *mem) {
  shako_destinations *made = shako__alloc(mem, sizeof(*made));
  shako__destination_section *section;

  if (made == NULL) {
    return NULL;
  }
  made->mem = *mem;
  made->references = 1;
  shako__strings_init(&made->strings, &made->mem);
  shako__array_init(&made->sections, &made->mem, sizeof(*section));
  shako__array_init(&made->kept, &made->mem, sizeof(shako__destination_kept));
  shako__nameset_init(&made->names, &made->mem);
  section = shako__array_add(&made->sections, 1);
  if (section == NULL) {
    shako_destinations_unref(made);
    return NULL;
  }
  *section = (shako__destination_section){.name = NULL};
  return made;
}

shako_destinations *shako_destinations_ref(shako_destinations *destinations) {
  __atomic_add_fetch(&destinations->references, 1, __ATOMIC_RELAXED);

  return destinations;
}

void shako_destinations_unref(shako_destinations *destinations) {
  if (destinations != NULL &&
      __atomic_sub_fetch(&destinations->references, 1, __ATOMIC_ACQ_REL) == 0) {
    shako_mem mem = destinations->mem;

    shako__nameset_free(&destinations->names);
    shako__array_free(&destinations->kept);
    shako__array_free(&destinations->sections);
    shako__strings_free(&destinations->strings);
    shako__release(&mem, destinations, sizeof(*destinations));
  }
}

int shako__destinations_build(shako_destinations *destinations) {
  const shako__destination_section *sections = destinations->sections.items;
  uint32_t i;

  for (i = 1; i < destinations->sections.count; i++) {
    shako_span name = shako__span(sections[i].name);
    uint32_t lacks = SHAKO__NAME_MAX - (uint32_t)name.len;
    int error =
        shako__nameset_add(&destinations->names, name, lacks << PLACE_BITS | i);

    if (error != 0) {
      return error;
    }
  }
  return shako__nameset_build(&destinations->names);
}

void shako_destination_default_sized(shako_destination *destination,
                                     size_t size) {
  const shako_destination defaults = {
      .struct_size = sizeof(defaults),
      .tls = SHAKO_DESTINATION_TLS_NO,
      .tls_min_version = 0x0303,
  };

  shako__sized_fill(destination, size, &defaults, sizeof(defaults));
}

/* Puts what |section| sets over |destination|. */
static void apply(shako_destination *destination,
                  const shako__destination_section *section) {
  if (section->set >> SHAKO__DESTINATION_TLS & 1) {
    destination->tls =
        (shako_destination_tls)section->values[SHAKO__DESTINATION_TLS];
  }
  if (section->set >> SHAKO__DESTINATION_MIN_VERSION & 1) {
    destination->tls_min_version =
        section->values[SHAKO__DESTINATION_MIN_VERSION];
  }
  if (section->set >> SHAKO__DESTINATION_ALERT & 1) {
    destination->alert = (uint8_t)section->values[SHAKO__DESTINATION_ALERT];
  }
}

int shako_destination_at(const shako_destinations *destinations, size_t i,
                         shako_destination *destination) {
  const shako__destination_section *sections = destinations->sections.items;
  size_t size = destination->struct_size;
  shako_destination found;

  if (i >= destinations->sections.count) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  shako_destination_default(&found);
  apply(&found, &sections[0]);
  apply(&found, &sections[i]);
  found.name = sections[i].name;
  found.line = sections[i].line;
  shako__sized_fill(destination, size, &found, sizeof(found));
  return 0;
}

void shako_destinations_find(const shako_destinations *destinations,
                             shako_span domain,
                             shako_destination *destination) {
  uint32_t rule = shako__nameset_find(&destinations->names, domain);
  size_t at = rule & ((1u << PLACE_BITS) - 1);

  shako_destination_at(destinations, rule != SHAKO__NO_RULE ? at : 0,
                       destination);
}
