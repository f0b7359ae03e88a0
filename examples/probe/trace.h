#ifndef PROBE_TRACE_H
#define PROBE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_OCTETS 160
#define TRACE_TEXT   (4 * TRACE_OCTETS + 4)

/* The last octets of a direction of a connection. */
typedef struct trace {
  uint8_t octets[TRACE_OCTETS];
  size_t len;
  bool is_cut; /* there were others before */
} trace;

void trace_add(trace *t, const uint8_t *octets, size_t len);

/* Writes what |t| holds in printable ASCII, with the escapes of C, and no
   quotation mark or backslash that is none of an escape. */
void trace_text(const trace *t, char text[TRACE_TEXT]);

#endif /* PROBE_TRACE_H */
