#include "envelope.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "address.h"

/* The library lets no control octet into a path or a name; that no line can
   be added to a head is worth a second look all the same. */
static void add_string(buffer *head, const char *s) {
  buffer_add_printable(head, (shako_span){(const uint8_t *)s, strlen(s)});
}

void envelope_add_sender(buffer *head, shako_span reverse_path) {
  buffer_add(head, "Return-Path: <");
  buffer_add_printable(head, reverse_path);
  buffer_add(head, ">\n");
}

void envelope_add_recipient(buffer *head, shako_span forward_path) {
  buffer_add(head, "Delivered-To: ");
  buffer_add_printable(head, forward_path);
  buffer_add(head, "\n");
}

/* Adds an address literal (RFC 5321 4.1.3), which has no scope. */
static void add_literal(buffer *head, const shako_address *address) {
  char ip[SHAKO_ADDRESS_TEXT_SIZE];
  shako_address plain = *address;

  plain.scope = 0;
  shako_address_format(&plain, ip);
  buffer_add(head, plain.known && !address_is_ipv4(&plain) ? "[IPv6:" : "[");
  buffer_add(head, ip);
  buffer_add(head, "]");
}

/* Adds a date (RFC 5322 3.3) in UTC, whatever the locale. */
static void add_date(buffer *head, int64_t unix_time) {
  static const char days[] = "SunMonTueWedThuFriSat";
  static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  time_t seconds = (time_t)unix_time;
  struct tm t = {0};
  char date[96];

  gmtime_r(&seconds, &t);
  snprintf(date, sizeof(date), "%.3s, %d %.3s %d %02d:%02d:%02d +0000",
           days + 3 * t.tm_wday, t.tm_mday, months + 3 * t.tm_mon,
           t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
  buffer_add(head, date);
}

void envelope_add_trace(buffer *head, const envelope_trace *trace) {
  buffer_add(head, "Received: from ");
  add_string(head, trace->helo);
  buffer_add(head, " (");
  add_literal(head, &trace->peer->address);
  buffer_add(head, ")\n\tby ");
  add_string(head, trace->by);
  buffer_add(head, " with ");
  buffer_add(head, trace->with);
  buffer_add(head, " id ");
  buffer_add(head, trace->id);
  buffer_add(head, ";\n\t");
  add_date(head, trace->unix_time);
  buffer_add(head, "\n");
}
