#!/usr/bin/env python3
"""Compares the manual pages with what they describe: the options, keys and
dialogs of the programs, the events and headers of the library, code that they
quote, and examples.  What is in one and not in the other is told; exit status
1.

    man_test.py PROGRAM...      (shakod, shakoctl, for their --help)
"""

import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[1]
EXAMPLES = TOP / "examples"
wrong = []


def text(path):
    return (TOP / path).read_text(encoding="utf-8")


def compare(what, there, told):
    """Notes what is |there| and not |told|, or the other way round."""
    assert there and told, f"{what}: nothing found: {there}, {told}"
    for name in sorted(there - told):
        wrong.append(f"{what}: {name} is not in the manual page")
    for name in sorted(told - there):
        wrong.append(f"{what}: {name} is in the manual page alone")


def items(page, macro):
    """Returns the names behind |macro| in the heads of lists, by their part."""
    parts = {}
    names = set()
    for line in page.splitlines():
        title = re.match(r"\.S[hs] (.*)", line)
        if title:
            names = parts.setdefault(title[1], set())
        elif line.startswith(f".It {macro} "):
            names.update(re.findall(rf"(?:^\.It {macro}|,(?: {macro})?) (\S+)",
                                    line))
    return parts


def everything(parts):
    return set().union(*parts.values())


def check_options(program, page):
    said = subprocess.run([program, "--help"], capture_output=True, text=True,
                          check=True, timeout=60).stdout
    head = re.findall(r"^  (-.*)", said, re.M)
    there = set(re.findall(r"(?<![\w-])--?([a-z][a-z-]*)", " ".join(
        re.split(r"  ", line)[0] for line in head)))
    told = {name.lstrip("-") for name in everything(items(page, "Fl"))}
    compare(f"options of {pathlib.Path(program).name}", there, told)


# Where the manual page has the keys of each array of config.c.
PARTS = {
    "server": "For the whole server",
    "listener": "Within a listener section",
    "certificate": "Within a certificate section",
    "alert": "Within an alert section",
}


def check_keys(page):
    source = text("examples/shakod/config.c")
    policy = text("examples/shakod/policy_keys.c")
    told = items(page, "Ic")
    arrays = dict(re.findall(r"cfg_opt_t (\w+)\[\] = \{(.*?)CFG_END", source,
                             re.S))
    compare("sections", set(arrays), set(PARTS))
    for name, part in PARTS.items():
        entries = re.sub(r"\bCONFIG_CERTIFICATE\b", '"certificate"',
                         arrays[name])
        there = re.findall(r'\(\s*"(\w+)"', entries)
        compare(f"keys of {name}", set(there), told[part])
    compare("keys of policy", set(re.findall(r'^    \{"(\w+)"', policy, re.M)),
            told["Within a policy section"])


# Which dialogs the manual page has, and whose table is in which file.
DIALOGS = {
    "listener.c": "LISTENERCONFIG",
    "listener_edit.c": "A listener",
    "listener_certificate.c": "The certificates of a listener",
    "listener_access.c": "The table of a listener",
    "certificate.c": "CERTCONFIG",
    "destination.c": "DESTCONFIG",
    "alert.c": "ALERTCONFIG",
    "commands.c": "COMMANDS",
}


def check_dialogs(page):
    told = items(page, "Ic")
    files = {path.name for path in (EXAMPLES / "shakoctl").glob("*.c")
             if re.search(r"operation operations\[\]|command table\[\]",
                          path.read_text(encoding="utf-8"))}
    compare("dialogs", files, set(DIALOGS))
    for name, part in DIALOGS.items():
        table = re.search(r"(?:operations|table)\[\] = \{(.*?)\n\};",
                          text(f"examples/shakoctl/{name}"), re.S)[1]
        compare(f"operations of {name}",
                set(re.findall(r'^    \{"(\w+)"', table, re.M)), told[part])


def check_library(page):
    enum = re.search(r"enum shako_event_type \{(.*?)\}",
                     text("include/shako/session.h"), re.S)[1]
    compare("events", set(re.findall(r"^  (SHAKO_EVENT_\w+)", enum, re.M)),
            items(page, "Dv")["EVENTS"])
    compare("headers",
            {f"shako/{path.name}" for path in
             (TOP / "include/shako").glob("*.h")},
            items(page, "In")["HEADERS"])


def check_code(page):
    blocks = re.findall(r'^\.\\" (\S+\.c)\n\.Bd[^\n]*\n(.*?)^\.Ed$', page,
                        re.M | re.S)
    assert blocks, "no code"
    for name, block in blocks:
        if "\n" + block.replace(r"\e", "\\") not in text(name):
            wrong.append(f"not in {name}:\n{block}")


def check_configuration(program, page):
    """Has shakod judge the examples of a configuration and a table."""
    blocks = re.findall(r"^\.Bd[^\n]*\n(.*?)^\.Ed$", page, re.M | re.S)
    with tempfile.TemporaryDirectory() as folder:
        for name, mark in [("shakod.conf", "listener "),
                           ("inbound.hat", "PARTNERS:\n")]:
            block = next(block for block in blocks if mark in block)
            pathlib.Path(folder, name).write_text(block, encoding="utf-8")
        for name in ["pem", "key"]:
            pathlib.Path(folder, f"mx.{name}").write_bytes(
                (TOP / f"tests/certificates/ecdsa.{name}").read_bytes())
        made = subprocess.run([program, "--check", f"{folder}/shakod.conf"],
                              capture_output=True, text=True, check=False,
                              timeout=60)
    if made.returncode != 0:
        wrong.append(f"the examples are wrong:\n{made.stdout}{made.stderr}")


def main() -> int:
    pages = {"shakod": text("examples/shakod/shakod.8"),
             "shakoctl": text("examples/shakoctl/shakoctl.1")}
    for program in sys.argv[1:]:
        check_options(program, pages[pathlib.Path(program).name])
        if program.endswith("shakod"):
            check_configuration(program, pages["shakod"])
    check_keys(pages["shakod"])
    check_dialogs(pages["shakoctl"])
    check_library(text("include/shako.7"))
    check_code(text("include/shako.7"))
    print("\n".join(wrong) or "the manual pages say what there is")
    return int(bool(wrong))


sys.exit(main())
