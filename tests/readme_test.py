#!/usr/bin/env python3
"""Compiles the C code of a document.

    readme_test.py DOCUMENT INCLUDE COMPILER...

A block ```c FILE is a part of that file of the tree, which is compiled already:
there it must stand, line by line.
"""

import pathlib
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


TOP = pathlib.Path(__file__).resolve().parents[1]


def compiles(block, include, compiler):
    made = subprocess.run(
        [*compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", "-I", include,
         "-fsyntax-only", "-x", "c", "-"],
        input=FRAME % block, text=True, check=False)
    return made.returncode == 0


def stands_in(block, name):
    if f"\n{block}" in (TOP / name).read_text(encoding="utf-8"):
        return True
    print(f"not in {name}:\n{block}", file=sys.stderr)
    return False


def main() -> int:
    document, include, *compiler = sys.argv[1:]
    text = pathlib.Path(document).read_text(encoding="utf-8")
    blocks = re.findall(r"^```c(?: (\S+))?\n(.*?)^```$", text, re.M | re.S)
    failed = sum(
        not (stands_in(block, name) if name else
             compiles(block, include, compiler)) for name, block in blocks)
    print(f"{len(blocks)} blocks, {failed} are wrong")
    return int(failed > 0 or not blocks)


sys.exit(main())
