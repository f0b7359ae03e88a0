#include "tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing_memory.h"
#include "octets.h"

const char table_exported[] =
    "# a comment\n"
    "$ACCEPTED\n"
    "    ACCEPT\n"
    "$THROTTLED\n"
    "    ACCEPT {\n"
    "        spam_check = \"on\"\n"
    "        max_msgs_per_session = 10\n"
    "        max_concurrency = 10\n"
    "        max_rcpts_per_msg = 25\n"
    "        max_rcpts_per_hour = 1\n"
    "        dhap_limit = 0\n"
    "        virus_check = \"on\"\n"
    "        max_message_size = 1048576\n"
    "        use_sb = \"on\"\n"
    "        tls = \"off\"\n"
    "    }\n"
    "$BLOCKED\n"
    "    REJECT\n"
    "WHITELIST:\n"
    "        $ACCEPTED (My trusted senders have no anti-spam scanning)\n"
    "SUSPECTLIST:\n"
    "        $THROTTLED (Suspicious senders are throttled)\n"
    "spamdomain.com\n"
    "    REJECT (reject the domain \"spamdomain.com\")\n"
    "251.192.1.\n"
    "    TCPREFUSE (TCPREFUSE the IP addresses in \"251.192.1\")\n"
    "169.254.10.10\n"
    "    RELAY (RELAY the address 169.254.10.10)\n"
    "ALL\n"
    "    $ACCEPTED\n";

const char table_additions[] =
    "%BANKS { # whose mail is never to go in the clear\n"
    "    @bank.example @.bank.example # }\n"
    "    \"a#}b\"@ a}b@x.example\n"
    "}\n"
    "$PARTNERS\n"
    "    ACCEPT {\n"
    "        tls = \"required\"\n"
    "        tls_min_version = \"1.3\"\n"
    "    }\n"
    "$BANKS ACCEPT{tls=\"preferred\" tls_mandatory_senders=\"BANKS\"}\n"
    "$NOTED CONTINUE { significant_bits = 24 }\n"
    "PARTNERS:\n"
    "    192.0.2.0/24 # a comment behind a member\n"
    "    .partner.example\n"
    "    unverified[mismatch]\n"
    "        $PARTNERS (business partners, TLS agreed)\n"
    "NOTED: SBRS[-10.0:-3.0] dnslist[bl.example] $NOTED\n"
    "2001:db8:: $BANKS\n"
    "ALL ACCEPT\n"
    "192.0.2.7 REJECT\n";

static void *test_alloc(size_t size, void *user_data) {
  void *ptr = failing_now() ? NULL : malloc(size);

  (void)user_data;
  failing.live += ptr != NULL;
  return ptr == NULL ? NULL : memset(ptr, 0xa5, size);
}

static void test_release(void *ptr, size_t size, void *user_data) {
  (void)user_data;
  failing.live--;
  memset(ptr, 0x5a, size);
  free(ptr);
}

const shako_mem table_mem = {NULL, test_alloc, test_release};

int table_try(shako_hat **phat, shako_span text, const shako_policy *defaults,
              shako_place *place) {
  uint8_t *copy = must_alloc(text.len > 0 ? text.len : 1);
  int error;

  memcpy(copy, text.ptr, text.len);
  text.ptr = copy;
  error = shako_hat_read(phat, text, defaults, &table_mem, place);
  free(copy);
  return error;
}

shako_hat *table_read_on(shako_span text, const shako_policy *defaults) {
  shako_place place = {0, 0, "no memory"};
  shako_hat *hat = NULL;

  if (table_try(&hat, text, defaults, &place) != 0) {
    fail_msg("%u:%u: %s in\n%.*s", (unsigned)place.line, (unsigned)place.column,
             place.what, (int)text.len, (const char *)text.ptr);
  }
  return hat;
}

shako_hat *table_read(const char *text) {
  return table_read_on((shako_span){(const uint8_t *)text, strlen(text)}, NULL);
}

char *table_write(const shako_hat *hat) {
  size_t len = shako_hat_write(hat, NULL, 0);
  char *text = must_alloc(len + 1);

  assert_int_equal(shako_hat_write(hat, text, len + 1), len);
  assert_int_equal(strlen(text), len);
  return text;
}

void table_free(shako_hat *hat) {
  shako_hat_unref(hat);
  assert_int_equal(failing.live, 0);
}

void table_check_written(const char *text, const char *expected) {
  shako_hat *hat = table_read(text);
  char *written = table_write(hat);

  assert_string_equal(written, expected);
  free(written);
  table_free(hat);
}
