#!/usr/bin/env python3
"""Compiles every public header alone, and twice in a row, as C99, C11 and
C++11.

    headers_test.py INCLUDE_FOLDER 'C COMPILER' ['C++ COMPILER']
"""

import glob
import os
import shlex
import subprocess
import sys

WARNINGS = ["-pedantic-errors", "-Wall", "-Wextra", "-Wconversion", "-Wshadow",
            "-Wundef", "-Werror"]
C_WARNINGS = ["-Wstrict-prototypes", "-Wmissing-prototypes"]


def compiles(compiler: str, language: str, folder: str, header: str) -> bool:
    command = shlex.split(compiler) + WARNINGS
    command += C_WARNINGS if compiler == sys.argv[2] else []
    command += [f"-std={language}", "-fsyntax-only", f"-I{folder}", "-x",
                "c++" if "++" in language else "c", "-"]
    source = f"#include <shako/{header}>\n" * 2 + "int unit(void);\n"
    run = subprocess.run(command, input=source, text=True,
                         capture_output=True)
    print(f"{header} as {language}: {'good' if run.returncode == 0 else 'BAD'}")
    print(run.stderr, end="")
    return run.returncode == 0


def main() -> int:
    folder, c_compiler = sys.argv[1:3]
    ways = [(c_compiler, "c99"), (c_compiler, "c11")]
    ways += [(compiler, "c++11") for compiler in sys.argv[3:]]
    paths = sorted(glob.glob(os.path.join(folder, "shako", "*.h")))
    bad = [path for path in paths for compiler, language in ways
           if not compiles(compiler, language, folder,
                           os.path.basename(path))]
    if not paths:
        print(f"no headers in {folder}")
    return int(bool(bad) or not paths)


sys.exit(main())
