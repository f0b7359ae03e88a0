#!/usr/bin/env python3
"""Runs the commands of the README that look and start nothing.

    readme_commands_test.py README SHAKOD

A block ```hat NAME is a file of that name.  In a block ```console each line
behind "$ " is a command; what follows it is what it prints, "..." at the end
standing for any further lines.
"""

import pathlib
import re
import shlex
import subprocess
import sys
import tempfile


def blocks(text, kind):
    return re.findall(rf"^```{kind}(.*)\n((?:.*\n)*?)^```$", text, re.M)


def commands(block):
    """Yields each command of |block| and the lines that it prints."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, *lines = part.splitlines()
        yield command, lines


def prints(command, shakod, folder):
    name, *arguments = shlex.split(command)
    assert name == "shakod", command
    made = subprocess.run([shakod, *arguments], cwd=folder, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60, check=False)
    assert made.returncode == 0, f"{command}: {made.stderr}"
    return made.stdout.splitlines()


def main() -> int:
    readme, shakod = sys.argv[1:]
    shakod = pathlib.Path(shakod).resolve()
    text = pathlib.Path(readme).read_text(encoding="utf-8")
    run = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, content in blocks(text, "hat"):
            pathlib.Path(folder, name.strip()).write_text(content)
        for _, block in blocks(text, "console"):
            for command, lines in commands(block):
                printed = prints(command, shakod, folder)
                if lines[-1:] == ["..."]:
                    lines.pop()
                    printed = printed[:len(lines)]
                assert printed == lines, "\n".join([command, *printed])
                run += 1
    print(f"{run} commands")
    return int(run == 0)


sys.exit(main())
