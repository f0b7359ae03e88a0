#include "alert_wants.h"

#include <stdio.h>

#include <shako/alert.h>

#define CLASSES    SHAKO_ALERT_CLASS_COUNT
#define SEVERITIES SHAKO_ALERT_SEVERITY_COUNT

#define ALL(COUNT) ((1u << (COUNT)) - 1)

static const char *class_name(unsigned i) {
  return shako_alert_class_name((shako_alert_class)i);
}

static const char *severity_name(unsigned i) {
  return shako_alert_severity_name((shako_alert_severity)i);
}

/* Returns the severities that |wants| has of a class, a bit for each. */
static unsigned severities_of(uint32_t wants, unsigned class) {
  return wants / SHAKO_ALERT_WANTS(class, 0) & ALL(SEVERITIES);
}

/* Returns the classes of which |wants| has any. */
static unsigned classes_of(uint32_t wants) {
  unsigned set = 0;
  unsigned i;

  for (i = 0; i < CLASSES; i++) {
    set |= severities_of(wants, i) != 0 ? 1u << i : 0;
  }

  return set;
}

/* Returns the severities that |wants| has of any class. */
static unsigned all_severities_of(uint32_t wants) {
  unsigned set = 0;
  unsigned i;

  for (i = 0; i < CLASSES; i++) {
    set |= severities_of(wants, i);
  }

  return set;
}

static uint32_t product_of(unsigned classes, unsigned severities) {
  uint32_t wants = 0;
  unsigned i;

  for (i = 0; i < CLASSES; i++) {
    wants |= (classes >> i & 1) * severities * SHAKO_ALERT_WANTS(i, 0);
  }

  return wants;
}

static void print_severities(unsigned set) {
  const char *before = "";
  unsigned i;

  if (set == ALL(SEVERITIES)) {
    printf("All");
    return;
  }

  for (i = 0; i < SEVERITIES; i++) {
    if (set >> i & 1) {
      printf("%s%s", before, severity_name(i));
      before = ", ";
    }
  }
}

static void print_class(const char *name, unsigned severities) {
  printf("    Class: %s - Severities: ", name);
  print_severities(severities);
  printf("\n");
}

void alert_wants_print(uint32_t wants) {
  unsigned severities = all_severities_of(wants);
  unsigned i;

  if (product_of(ALL(CLASSES), severities) ==
      (wants & ALL(CLASSES * SEVERITIES))) {
    print_class("All", severities);
    return;
  }

  for (i = 0; i < CLASSES; i++) {
    if (severities_of(wants, i) != 0) {
      print_class(class_name(i), severities_of(wants, i));
    }
  }
}

bool alert_wants_ask(terminal *t, uint32_t *wants) {
  const char *classes[CLASSES];
  const char *severities[SEVERITIES];
  unsigned of[2] = {classes_of(*wants), all_severities_of(*wants)};
  unsigned now[2] = {of[0], of[1]};
  unsigned i;

  for (i = 0; i < CLASSES; i++) {
    classes[i] = class_name(i);
  }

  for (i = 0; i < SEVERITIES; i++) {
    severities[i] = severity_name(i);
  }

  if (!ask_choices(t,
                   "Choose the Alert Classes. Separate multiple choices with "
                   "commas.",
                   classes, CLASSES, &now[0]) ||
      !ask_choices(t,
                   "Select a Severity Level. Separate multiple choices with "
                   "commas.",
                   severities, SEVERITIES, &now[1])) {
    return false;
  }

  /* Who leaves both leaves a set, too, that these questions cannot ask for. */
  if (now[0] != of[0] || now[1] != of[1]) {
    *wants = product_of(now[0], now[1]);
  }

  return true;
}

/* Adds the severities of one class. */
static void add_class(buffer *to, const char *class, unsigned severities) {
  unsigned i;

  if (severities == ALL(SEVERITIES)) {
    buffer_add(to, to->len > 0 ? ", " : "");
    buffer_add(to, class);
    return;
  }

  for (i = 0; i < SEVERITIES; i++) {
    if (severities >> i & 1) {
      buffer_add(to, to->len > 0 ? ", " : "");
      buffer_add(to, class);
      buffer_add(to, "/");
      buffer_add(to, severity_name(i));
    }
  }
}

void alert_wants_add(buffer *to, uint32_t wants) {
  unsigned i;

  if (classes_of(wants) == ALL(CLASSES)) {
    add_class(to, "All", all_severities_of(wants));
  }

  for (i = 0; i < CLASSES && classes_of(wants) != ALL(CLASSES); i++) {
    add_class(to, class_name(i), severities_of(wants, i));
  }

  buffer_add_span(to, (shako_span){(const uint8_t *)"", 1});
}
