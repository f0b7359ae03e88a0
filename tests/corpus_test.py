#!/usr/bin/env python3
"""The fuzz corpora stay small, and each is of a target."""

import pathlib
import sys

FUZZ = pathlib.Path(__file__).parent.parent / "fuzz"
MOST = 4 << 20  # octets in all

targets = {path.stem for path in FUZZ.glob("*_fuzzer.c")}
corpora = {path.name for path in (FUZZ / "corpus").iterdir()}
octets = sum(path.stat().st_size for path in FUZZ.glob("corpus/*/*"))

if targets != corpora:
    sys.exit(f"a target or a corpus stands alone: {targets ^ corpora}")
if octets > MOST:
    sys.exit(f"the corpora have {octets} octets, and may have {MOST}")
