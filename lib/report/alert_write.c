#include <string.h>

#include "base/ascii.h"
#include "base/date.h"
#include "base/text.h"
#include "report/alerts.h"
#include "smtp/path.h"

/* A notice as a message of RFC 5322.  All that is in an alert goes through
   put_line(), which lets neither CR nor LF nor another control octet out, and
   makes of an octet that is not ASCII a question mark. */

/* RFC 5322 2.1.1: lines should have, and a word that is longer is cut. */
#define LINE_MAX 78
#define WORD_MAX 400

/* A path of RFC 5321 with its brackets. */
#define PATH_MAX 256

static bool is_in_word(uint8_t c) {
  return c != ' ';
}

static bool is_in_line(uint8_t c) {
  return c != '\n';
}

static void put_printable(shako__text *text, shako_span span) {
  size_t i;

  for (i = 0; i < span.len; i++) {
    uint8_t c = shako__is_text(span.ptr[i]) ? span.ptr[i] : '?';

    shako__text_put_span(text, (shako_span){&c, 1});
  }
}

static bool is_blank(uint8_t c) {
  return c == ' ';
}

/* Adds |line| behind the |column| octets of its own, and a blank if there are
   any, in lines; |fold| is what stands between two of them. */
static void put_line(shako__text *text, shako_span line, size_t column,
                     const char *fold) {
  bool is_apart = column > 0;

  while (line.len > 0) {
    shako_span word;

    is_apart = shako__cut_class(&line, is_blank).len > 0 || is_apart;
    word = shako__cut_class(&line, is_in_word);
    if (word.len > WORD_MAX) {
      line = shako__slice(word, WORD_MAX, word.len + line.len);
      word.len = WORD_MAX;
    }
    if (column > 0 && column + 1 + word.len > LINE_MAX) {
      shako__text_put(text, word.len > 0 ? fold : "");
      column = strlen(fold) - 2;
    } else if (is_apart && word.len > 0) {
      shako__text_put(text, " ");
      column++;
    }
    put_printable(text, word);
    column += word.len;
    is_apart = false;
  }
}

/* Returns the Unix time of |then| on the notice's clock, not before 1970. */
static int64_t time_of(const shako_alert_envelope *envelope, shako_time then) {
  shako_time ago = envelope->now > then ? (envelope->now - then) / 1000 : 0;
  shako_time now = (shako_time)envelope->unix_time;

  return (int64_t)(ago < now ? now - ago : 0);
}

/* Whether |address| is a mailbox of RFC 5321, without brackets. */
static bool is_mailbox(const char *address) {
  shako_span mailbox = shako__span(address);
  char buf[PATH_MAX + 1];
  shako_span rest = {(const uint8_t *)buf, mailbox.len + 2};
  shako__path path;

  if (mailbox.len > PATH_MAX - 2) {
    return false;
  }
  buf[0] = '<';
  memcpy(buf + 1, mailbox.ptr, mailbox.len);
  buf[mailbox.len + 1] = '>';
  return shako__forward_path_read(&rest, false, &path) && path.domain.len > 0 &&
         path.mailbox.len == mailbox.len;
}

static bool is_right(const shako_alert_envelope *envelope) {
  size_t i;

  if (envelope->to_count == 0 || envelope->unix_time < 0 ||
      !shako__date_writable(envelope->unix_time, 0) ||
      !shako__is_host(shako__span(envelope->hostname)) ||
      (envelope->from != NULL && !is_mailbox(envelope->from))) {
    return false;
  }
  for (i = 0; i < envelope->to_count; i++) {
    if (!is_mailbox(envelope->to[i])) {
      return false;
    }
  }
  return true;
}

/* <time.serial.unique@host>; an address literal is one there too (RFC 5322
   3.6.4). */
static void put_message_id(shako__text *text, const shako_alert_notice *notice,
                           const shako_alert_envelope *envelope) {
  shako__text_put(text, "Message-ID: <");
  shako__text_put_number(text, (uint64_t)envelope->unix_time);
  shako__text_put(text, ".");
  shako__text_put_number(text, notice->serial);
  shako__text_put(text, ".");
  shako__text_put_number(text, envelope->unique);
  shako__text_put(text, "@");
  shako__text_put(text, envelope->hostname);
  shako__text_put(text, ">\r\n");
}

static void put_addresses(shako__text *text,
                          const shako_alert_envelope *envelope) {
  size_t i;

  shako__text_put(text, "From: ");
  shako__text_put(text, envelope->from != NULL ? envelope->from : "alert@");
  shako__text_put(text, envelope->from != NULL ? "" : envelope->hostname);
  shako__text_put(text, "\r\nTo: ");
  for (i = 0; i < envelope->to_count; i++) {
    shako__text_put(text, i > 0 ? ",\r\n " : "");
    shako__text_put(text, envelope->to[i]);
  }
  shako__text_put(text, "\r\n");
}

/* Subject: Warning-HOST: (System) the first line of the alert */
static void put_subject(shako__text *text, const shako_alert *alert,
                        const shako_alert_envelope *envelope) {
  shako_span rest = shako__span(alert->text);
  size_t start = text->len;

  shako__text_put(text, "Subject: ");
  shako__text_put(text, shako_alert_severity_name(alert->severity));
  shako__text_put(text, "-");
  shako__text_put(text, envelope->hostname);
  shako__text_put(text, ": (");
  shako__text_put(text, shako_alert_class_name(alert->alert_class));
  shako__text_put(text, ")");
  put_line(text, shako__cut_class(&rest, is_in_line), text->len - start,
           "\r\n ");
  shako__text_put(text, "\r\n");
}

static void put_text(shako__text *text, const shako_alert *alert) {
  shako_span rest = shako__span(alert->text);

  shako__text_put(text, "The ");
  shako__text_put(text, shako_alert_severity_name(alert->severity));
  shako__text_put(text, " message is:\r\n\r\n");
  while (rest.len > 0) {
    put_line(text, shako__cut_class(&rest, is_in_line), 0, "\r\n");
    shako__cut(&rest, '\n');
    shako__text_put(text, "\r\n");
  }
}

/* How many alerts the notice stands for, where it is not one. */
static void put_count(shako__text *text, const shako_alert_notice *notice,
                      const shako_alert_envelope *envelope) {
  if (notice->crowded) {
    shako__text_put(text, "\r\nThis stands for several alerts, of which it is "
                          "the last: there are\r\nmore kinds of them than are "
                          "remembered.\r\n");
  }
  if (notice->total == 1) {
    return;
  }
  shako__text_put(text, "\r\nIt happened ");
  shako__text_put_number(text, notice->total);
  shako__text_put(text, " times, ");
  shako__text_put_number(text, notice->count);
  shako__text_put(text, " of them since it was told last.\r\nFirst: ");
  shako__date_write(text, time_of(envelope, notice->first), 0);
  shako__text_put(text, "\r\nLast: ");
  shako__date_write(text, time_of(envelope, notice->last), 0);
  shako__text_put(text, "\r\n");
}

int shako_alert_write(const shako_alert_notice *notice,
                      const shako_alert_envelope *envelope, char *buf,
                      size_t size, size_t *len) {
  shako__text text;

  if (!is_right(envelope)) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  shako__text_init(&text, buf, size);
  shako__text_put(&text, "Date: ");
  shako__date_write(&text, envelope->unix_time, 0);
  shako__text_put(&text, "\r\n");
  put_addresses(&text, envelope);
  put_subject(&text, notice->alert, envelope);
  put_message_id(&text, notice, envelope);
  shako__text_put(&text, "MIME-Version: 1.0\r\n"
                         "Content-Type: text/plain; charset=us-ascii\r\n"
                         "Content-Transfer-Encoding: 7bit\r\n"
                         "Auto-Submitted: auto-generated\r\n\r\n");
  put_text(&text, notice->alert);
  put_count(&text, notice, envelope);
  *len = text.len;
  return 0;
}
