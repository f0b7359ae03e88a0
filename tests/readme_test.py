#!/usr/bin/env python3
"""Compiles the C code of the README.

    readme_test.py README INCLUDE COMPILER...
"""

import re
import subprocess
import sys

FRAME = """
#include <shako/mbedtls.h>
#include <shako/shako.h>

shako_time now(void);
size_t read_some(uint8_t *in, size_t len);
size_t write_some(const uint8_t *out, size_t len);
void readme(shako_session *session);

void readme(shako_session *session) {
  shako_mbedtls_context *context = NULL;
  shako_certificate *certificate = NULL;
  shako_certificate_provider provider;
  shako_policy policy;
  shako_listener_config config;
  shako_listener *listener = NULL;
  const char *reason = NULL;
  char message[SHAKO_MBEDTLS_MESSAGE_SIZE];

%s
  (void)session, (void)context, (void)certificate, (void)provider;
  (void)policy, (void)config, (void)listener, (void)reason, (void)message;
}
"""


def main() -> int:
    readme, include, *compiler = sys.argv[1:]
    with open(readme, encoding="utf-8") as file:
        blocks = re.findall(r"^```c\n(.*?)^```$", file.read(), re.M | re.S)
    failed = 0
    for block in blocks:
        made = subprocess.run(
            [*compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", "-I",
             include, "-fsyntax-only", "-x", "c", "-"],
            input=FRAME % block, text=True, check=False)
        failed += made.returncode != 0
    print(f"{len(blocks)} blocks, {failed} do not compile")
    return int(failed > 0 or not blocks)


sys.exit(main())
