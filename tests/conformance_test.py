#!/usr/bin/env python3
"""Demands that CONFORMANCE.md has a line for each number, that the tests named
in it are there, and that each test named after a number stands in its line."""

import collections
import fnmatch
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
LAST = {"": 111, "S": 10, "X": 14, "T": 63}
NONE = {"T54"}  # XCLIENT


def read(folder, pattern):
    return "\n".join(path.read_text(encoding="utf-8")
                     for path in sorted((HERE / folder).glob(pattern)))


def tests():
    """The names of what is run, not of what is only defined."""
    code = read(".", "*_test.c") + read("support", "*.c")
    return ({path.stem for path in (HERE / "transcripts").glob("*.txt")}
            | set(re.findall(r"cmocka_unit_test\w*\(\s*(\w+)", code))
            | set(re.findall(r"^@case\n(?:@.*\n)*def (\w+)\(",
                             read("clients", "*.py"), re.M)))


def lines(text):
    """The last cell of each number's line."""
    rows = re.findall(r"^\| ([SXT]?\d+) \|.* \| (.+) \|$", text, re.M)
    return rows, dict(rows)


def number(name):
    """The number after which a test is named, if it is one of the list's."""
    match = re.match(r"([csxt])0*(\d+)_", name)
    return match and match[1].upper().replace("C", "") + match[2]


def main() -> int:
    rows, held = lines((HERE / "CONFORMANCE.md").read_text(encoding="utf-8"))
    there = tests()
    wanted = {f"{kind}{n}" for kind, last in LAST.items()
              for n in range(1, last + 1)} - NONE
    count = collections.Counter(row for row, _ in rows)
    wrong = [f"{row} has {count[row]} lines, and not {int(row in wanted)}"
             for row in sorted(wanted | set(count))
             if count[row] != int(row in wanted)]
    named = {row: re.findall(r"`(\w+\*?)`", cell) for row, cell in rows}
    for row, names in named.items():
        wrong += [f"{row}: {name}: no such test" for name in names
                  if not fnmatch.filter(there, name)]
        if not names and not held[row].startswith("none: "):
            wrong.append(f"{row}: neither a test nor a reason")
    for test in sorted(there):
        row = number(test)
        if row and not any(fnmatch.fnmatch(test, name)
                           for name in named.get(row, [])):
            wrong.append(f"{test} is not in the line of {row}")
    print("\n".join(wrong) or f"{len(rows)} lines, {len(there)} tests")
    return int(bool(wrong) or not there)


sys.exit(main())
