#!/usr/bin/env python3
"""Demands that what lib/README.md names is there, and that it names all rooms:
the folders of lib/, and the files of the session."""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[1]
LIB = TOP / "lib"


def main() -> int:
    text = (LIB / "README.md").read_text(encoding="utf-8")
    code = "\n".join(path.read_text(encoding="utf-8") for path in
                     LIB.rglob("*.c"))
    defined = set(re.findall(r"^[\w *]*?\b(\w+)\([^;]*?\) \{$", code, re.M))
    named = set(re.findall(r"`(shako_\w+)\(\)`", text))
    files = set(re.findall(r"`([\w/]+\.[ch])`", text))
    there = {path.name for path in LIB.rglob("*.[ch]")}
    there |= {f"shako/{path.name}" for path in (TOP / "include").rglob("*.h")}
    wrong = [f"{name}(): no such function" for name in named - defined]
    wrong += [f"{name}: no such file" for name in files
              if name not in there and not (LIB / name).exists()]
    wrong += [f"{path.name}/ is not named" for path in LIB.iterdir()
              if path.is_dir() and f"| `{path.name}/` |" not in text]
    wrong += [f"server/{path.name} is not named" for path in
              (LIB / "server").glob("*.c") if path.name not in files]
    print("\n".join(wrong) or f"{len(named)} functions, {len(files)} files")
    return int(bool(wrong) or not named or not files)


sys.exit(main())
