#!/usr/bin/env python3
"""Compares what a shared library exports with a committed list.

    exports_test.py LIBRARY LIST
"""

import subprocess
import sys


def main() -> int:
    library, path = sys.argv[1:]
    out = subprocess.run(["nm", "-D", "--defined-only", library], check=True,
                         capture_output=True, text=True).stdout
    exported = {line.split()[-1] for line in out.splitlines()}
    with open(path, encoding="ascii") as file:
        wanted = set(file.read().split())
    for name in sorted(exported - wanted):
        print(f"exported, and not in {path}: {name}")
    for name in sorted(wanted - exported):
        print(f"in {path}, and not exported: {name}")
    return int(exported != wanted)


sys.exit(main())
