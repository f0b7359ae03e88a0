#include <shako/alert.h>

#include "base/ascii.h"
#include "base/text.h"

/* The classes and severities, and which of them a recipient wants. */

static const char *const classes[SHAKO_ALERT_CLASS_COUNT] = {
    [SHAKO_ALERT_CLASS_SYSTEM] = "System",
    [SHAKO_ALERT_CLASS_DELIVERY] = "Message Delivery",
};

static const char *const severities[SHAKO_ALERT_SEVERITY_COUNT] = {
    [SHAKO_ALERT_SEVERITY_CRITICAL] = "Critical",
    [SHAKO_ALERT_SEVERITY_WARNING] = "Warning",
    [SHAKO_ALERT_SEVERITY_INFORMATION] = "Information",
};

const char *shako_alert_class_name(shako_alert_class alert_class) {
  return (unsigned)alert_class < SHAKO_ALERT_CLASS_COUNT ? classes[alert_class]
                                                         : "unknown";
}

const char *shako_alert_severity_name(shako_alert_severity severity) {
  return (unsigned)severity < SHAKO_ALERT_SEVERITY_COUNT ? severities[severity]
                                                         : "unknown";
}

static bool is_inside(uint8_t c) {
  return c != ',' && c != '/';
}

static bool is_blank(uint8_t c) {
  return c == ' ' || c == '\t';
}

/* Cuts a name off, with the blanks around it. */
static shako_span cut_name(shako_span *text) {
  shako_span name;

  shako__cut_class(text, is_blank);
  name = shako__cut_class(text, is_inside);
  while (name.len > 0 && is_blank(name.ptr[name.len - 1])) {
    name.len--;
  }
  return name;
}

static unsigned all(unsigned count) {
  return (1u << count) - 1;
}

/* Returns the set, a bit for each of |names|, that |name| stands for; 0 where
   it is none. */
static unsigned find(shako_span name, const char *const *names,
                     unsigned count) {
  unsigned i;

  if (shako__equals(name, "All")) {
    return all(count);
  }
  for (i = 0; i < count; i++) {
    if (shako__equals(name, names[i])) {
      return 1u << i;
    }
  }
  return 0;
}

static int fail(shako_place *place, shako_span whole, shako_span at,
                const char *what) {
  *place = (shako_place){1, (uint32_t)(at.ptr - whole.ptr) + 1, what};
  return SHAKO_ERR_SYNTAX;
}

/* Adds what CLASS or CLASS/SEVERITY, which is cut off |*rest|, stands for. */
static int read_one(uint32_t *wants, shako_span whole, shako_span *rest,
                    shako_place *place) {
  shako_span name = cut_name(rest);
  unsigned of = find(name, classes, SHAKO_ALERT_CLASS_COUNT);
  unsigned how = all(SHAKO_ALERT_SEVERITY_COUNT);
  unsigned i;

  if (of == 0) {
    return fail(place, whole, name, "neither All, System nor Message Delivery");
  }
  if (shako__cut(rest, '/')) {
    name = cut_name(rest);
    how = find(name, severities, SHAKO_ALERT_SEVERITY_COUNT);
  }
  if (how == 0) {
    return fail(place, whole, name,
                "neither All, Critical, Warning nor Information");
  }
  for (i = 0; i < SHAKO_ALERT_CLASS_COUNT; i++) {
    *wants |= (of >> i & 1) * (how << i * SHAKO_ALERT_SEVERITY_COUNT);
  }
  return 0;
}

int shako_alert_wants_read(uint32_t *wants, shako_span text,
                           shako_place *place) {
  shako_span rest = text;
  uint32_t read = 0;
  int error;

  do {
    error = read_one(&read, text, &rest, place);
  } while (error == 0 && shako__cut(&rest, ','));
  if (error == 0 && rest.len > 0) {
    error = fail(place, text, rest, "a comma is missing");
  }
  if (error == 0) {
    *wants = read;
  }
  return error;
}
