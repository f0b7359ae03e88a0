#include <shako/hat.h>

/* TLS and timeouts are left to the listener's default policy: what an operator
   says there holds for all hosts. */

static const char public_table[] =
    "$TRUSTED\n"
    "    ACCEPT {\n"
    "        max_message_size = 104857600\n"
    "        max_msgs_per_session = 1000\n"
    "        max_rcpts_per_msg = 1000\n"
    "        max_concurrency = 1000\n"
    "    }\n"
    "$BLOCKED\n"
    "    REJECT\n"
    "$THROTTLED\n"
    "    ACCEPT {\n"
    "        max_message_size = 1048576\n"
    "        max_msgs_per_session = 10\n"
    "        max_rcpts_per_msg = 20\n"
    "        max_concurrency = 10\n"
    "    }\n"
    "$ACCEPTED\n"
    "    ACCEPT {\n"
    "        max_message_size = 104857600\n"
    "        max_msgs_per_session = 1000\n"
    "        max_rcpts_per_msg = 1000\n"
    "        max_concurrency = 1000\n"
    "    }\n"
    "WHITELIST:\n"
    "        $TRUSTED (Trusted senders)\n"
    "BLACKLIST:\n"
    "        $BLOCKED (Spammers are rejected)\n"
    "SUSPECTLIST:\n"
    "        $THROTTLED (Suspicious senders are throttled)\n"
    "UNKNOWNLIST:\n"
    "        $ACCEPTED (Reviewed, and nothing is known against them)\n"
    "ALL\n"
    "    $ACCEPTED (Everyone else)\n";

static const char private_table[] = "$RELAYED\n"
                                    "    RELAY\n"
                                    "$BLOCKED\n"
                                    "    REJECT\n"
                                    "RELAYLIST:\n"
                                    "        $RELAYED (Hosts that may relay)\n"
                                    "ALL\n"
                                    "    $BLOCKED (Everyone else)\n";

const char *shako_hat_preset_text(shako_hat_preset preset) {
  switch (preset) {
  case SHAKO_HAT_PRESET_PUBLIC:
    return public_table;
  case SHAKO_HAT_PRESET_PRIVATE:
    break;
  }
  return private_table;
}
