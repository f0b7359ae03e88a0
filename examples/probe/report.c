#include "report.h"

#include <stdio.h>

/* All that is printed is ASCII, and only |why| may hold what JSON escapes. */
static void print_why(const char *why) {
  for (; *why != '\0'; why++) {
    if (*why == '"' || *why == '\\') {
      putchar('\\');
    }
    putchar(*why);
  }
}

/* C's escapes of a trace are not all JSON's: \x becomes \u00. */
static void print_json_trace(const char *name, const trace *t) {
  char text[TRACE_TEXT];
  const char *c;

  trace_text(t, text);
  printf(", \"%s\": \"", name);
  for (c = text; *c != '\0'; c++) {
    if (c[0] == '\\' && c[1] == 'x') {
      fputs("\\u00", stdout);
      c++;
    } else if (c[0] == '\\') {
      putchar(*c++);
      putchar(*c);
    } else {
      putchar(*c);
    }
  }
  putchar('"');
}

static void print_trace(const char *name, const trace *t) {
  char text[TRACE_TEXT];

  trace_text(t, text);
  printf(", %s \"%s\"", name, text);
}

void report_name(const options *o, const probe_case *c) {
  printf(o->is_json ? "{\"case\": \"%s\", \"proves\": \"%s\", "
                      "\"source\": \"%s\"}\n"
                    : "%s: %s (%s)\n",
         c->name, c->proves, c->source);
}

static void print_json(const probe *p, const probe_case *c,
                       const char *result) {
  printf("{\"case\": \"%s\", \"result\": \"%s\", \"proves\": \"%s\", "
         "\"source\": \"%s\", \"why\": \"",
         c->name, result, c->proves, c->source);
  print_why(p->why);
  putchar('"');
  print_json_trace("sent", &p->wire.sent);
  print_json_trace("got", &p->wire.got);
  puts("}");
}

static void print_text(const probe *p, const probe_case *c,
                       const char *result) {
  printf("%s %s (%s): %s", result, c->name, c->source,
         p->why[0] != '\0' ? p->why : c->proves);
  if (!p->is_skipped) {
    print_trace("sent", &p->wire.sent);
    print_trace("got", &p->wire.got);
  }
  putchar('\n');
}

void report_case(report *r, const probe *p, const probe_case *c,
                 bool has_passed) {
  const char *result = has_passed ? "pass" : p->is_skipped ? "skip" : "FAIL";

  r->passed += has_passed;
  r->skipped += p->is_skipped;
  r->failed += !has_passed && !p->is_skipped;
  if (p->o->is_json) {
    print_json(p, c, result);
  } else {
    print_text(p, c, result);
  }
  fflush(stdout);
}

void report_end(const report *r, const probe *p, int64_t milliseconds) {
  static const char *const modes[] = {"no", "preferred", "required"};
  const char *mode = p->o->is_smtps ? "smtps" : modes[p->mode];

  printf(p->o->is_json
             ? "{\"passed\": %u, \"failed\": %u, \"skipped\": %u, "
               "\"mode\": \"%s\", \"connections\": %lu, \"octets\": %lu, "
               "\"milliseconds\": %lld}\n"
             : "%u passed, %u failed, %u skipped (%s; %lu connections, "
               "%lu octets, %lld ms)\n",
         r->passed, r->failed, r->skipped, mode, p->wire.connections,
         p->wire.octets, (long long)milliseconds);
}
