#include "report/html.h"

#include "base/ascii.h"

static const char style[] =
    ":root{color-scheme:light dark}"
    "body{font:16px/1.45 system-ui,sans-serif;max-width:76rem;margin:2rem auto;"
    "padding:0 1rem}"
    "h1{font-size:1.6rem;font-weight:600}"
    "div{overflow-x:auto}"
    "table{border-collapse:collapse;margin:0 0 2.2rem;"
    "font-variant-numeric:tabular-nums}"
    "caption{text-align:left;font-weight:600;font-size:1.15rem;"
    "padding:.4rem 0;white-space:nowrap}"
    "th,td{padding:.3rem .9rem .3rem 0;text-align:right;vertical-align:bottom}"
    "th.n,tbody th{text-align:left}"
    "thead th{font-weight:600;font-size:.85rem;"
    "border-bottom:2px solid color-mix(in srgb,currentColor 40%,transparent)}"
    "tbody tr{border-bottom:1px solid "
    "color-mix(in srgb,currentColor 15%,transparent)}"
    "tbody th{font-weight:400;overflow-wrap:anywhere;min-width:6rem}"
    ".bad{color:#b3261e;font-weight:600}"
    "meter{float:left;width:7rem;margin:.25rem .7rem 0 1.5rem}"
    "@media(prefers-color-scheme:dark){.bad{color:#ff8a80}}";

static const char *entity(uint8_t octet) {
  switch (octet) {
  case '&':
    return "&amp;";
  case '<':
    return "&lt;";
  case '>':
    return "&gt;";
  case '"':
    return "&quot;";
  case '\'':
    return "&#39;";
  }
  return NULL;
}

void shako__html_put(shako__text *text, shako_span span) {
  size_t i;

  for (i = 0; i < span.len; i++) {
    const char *escaped = entity(span.ptr[i]);
    shako_span octet = shako__slice(span, i, i + 1);

    if (escaped) {
      shako__text_put(text, escaped);
    } else if (shako__is_text(*octet.ptr)) {
      shako__text_put_span(text, octet);
    } else {
      shako__text_put_escaped(text, octet);
    }
  }
}

void shako__html_begin(shako__text *text, const char *title) {
  shako__text_put(text, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
                        "<meta charset=\"utf-8\">\n"
                        "<meta name=\"viewport\" "
                        "content=\"width=device-width,initial-scale=1\">\n"
                        "<title>");
  shako__html_put(text, shako__span(title));
  shako__text_put(text, "</title>\n<style>");
  shako__text_put(text, style);
  shako__text_put(text, "</style>\n</head>\n<body>\n<h1>");
  shako__html_put(text, shako__span(title));
  shako__text_put(text, "</h1>\n");
}

void shako__html_end(shako__text *text) {
  shako__text_put(text, "</body>\n</html>\n");
}

void shako__html_table(shako__text *text, const char *caption,
                       const char *const *heads, unsigned names) {
  unsigned i;

  shako__text_put(text, "<div>\n<table>\n<caption>");
  shako__text_put(text, caption);
  shako__text_put(text, "</caption>\n<thead><tr>");
  for (i = 0; heads[i]; i++) {
    shako__text_put(text, i < names ? "<th scope=\"col\" class=\"n\">"
                                    : "<th scope=\"col\">");
    shako__text_put(text, heads[i]);
    shako__text_put(text, "</th>");
  }
  shako__text_put(text, "</tr></thead>\n<tbody>\n");
}

void shako__html_table_end(shako__text *text) {
  shako__text_put(text, "</tbody>\n</table>\n</div>\n");
}

void shako__html_row(shako__text *text) {
  shako__text_put(text, "<tr>");
}

void shako__html_row_end(shako__text *text) {
  shako__text_put(text, "</tr>\n");
}

void shako__html_name(shako__text *text, shako_span name, const char *empty) {
  shako__text_put(text, "<th scope=\"row\">");
  if (name.len > 0) {
    shako__html_put(text, name);
  } else {
    shako__text_put(text, "<em>");
    shako__text_put(text, empty);
    shako__text_put(text, "</em>");
  }
  shako__text_put(text, "</th>");
}

void shako__html_number(shako__text *text, uint64_t number) {
  shako__text_put(text, "<td>");
  shako__text_put_number(text, number);
  shako__text_put(text, "</td>");
}

void shako__html_bad(shako__text *text, uint64_t number) {
  if (number == 0) {
    shako__html_number(text, 0);
    return;
  }
  shako__text_put(text, "<td class=\"bad\">");
  shako__text_put_number(text, number);
  shako__text_put(text, "</td>");
}

/* Returns |part| of |whole| in thousandths. */
static uint64_t thousandths(uint64_t part, uint64_t whole) {
  while (whole > UINT64_MAX / 1000) {
    part /= 2;
    whole /= 2;
  }
  return whole == 0 ? 0 : part * 1000 / whole;
}

void shako__html_share(shako__text *text, uint64_t part, uint64_t whole) {
  uint64_t share = thousandths(part, whole);

  shako__text_put(text,
                  "<td><meter aria-hidden=\"true\" max=\"1000\" value=\"");
  shako__text_put_number(text, share);
  shako__text_put(text, "\"></meter>");
  shako__text_put_number(text, share / 10);
  shako__text_put(text, ".");
  shako__text_put_number(text, share % 10);
  shako__text_put(text, " %</td>");
}
