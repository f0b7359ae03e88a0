#!/usr/bin/env python3
"""measure.py FOLDER [--quick] [PATTERN]: measures what is built in FOLDER;
called by run.  README.md says what is measured and how to read it."""
import itertools
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile

from servers import (CERTIFICATE, KEY, Server, floor_command,
                     raise_descriptors, shakod_command)

MIB = 1 << 20
ENGINES = ("mbedtls", "openssl")
BODIES = (("lines of 76", "abcdefghijklmnopqrs" * 4),
          ("lines of 8", "abcdefgh"), ("every line a dot", ".."))
CALLGRIND_SESSIONS = 1000
CALLGRIND_HANDSHAKES = 5

results = []


def result(name, value, unit, goal=None, **more):
    """Prints a result at once, and keeps it for the table.  Goals are upper
    bounds."""
    row = {"name": name, "value": round(value, 3), "unit": unit}
    if goal is not None:
        row.update(goal=goal, at="most", met=value <= goal)
    row.update(more)
    results.append(row)
    print(json.dumps(row), flush=True)


def run_in_c(folder, name, *arguments):
    """Runs a benchmark that prints its own results."""
    said = subprocess.run(
        [f"{folder}/tests/{name}_bench", *arguments], check=True, timeout=300,
        stdout=subprocess.PIPE, text=True,
        env={**os.environ, "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}
        if name == "idle" else None).stdout
    print(said, end="", flush=True)
    results.extend(map(json.loads, said.splitlines()))


def callgrind(collect, *command):
    """Returns how many instructions the functions |collect| take."""
    with tempfile.TemporaryDirectory() as scratch:
        said = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--toggle-collect={collect}",
             f"--callgrind-out-file={scratch}/out", *command],
            check=True, timeout=300, stderr=subprocess.PIPE, text=True).stderr
    return int(re.search(r"Collected : (\d+)", said)[1])


def count_instructions(folder):
    collected = callgrind("run_sessions", f"{folder}/tests/session_bench",
                          str(CALLGRIND_SESSIONS))
    result("session in memory, instructions", collected / CALLGRIND_SESSIONS,
           "instructions")


def count_handshakes(folder):
    for engine, version, key in itertools.product(
            ENGINES, ("1.2", "1.3"), ("ecdsa", "rsa2048")):
        shako, floor = (
            callgrind("measured_*", f"{folder}/tests/tls_bench",
                      CERTIFICATE.parent, engine, version, key, who,
                      str(CALLGRIND_HANDSHAKES)) // CALLGRIND_HANDSHAKES
            for who in ("shako", "floor"))
        result(f"handshake, {engine}, TLS {version}, {key}, instructions",
               shako / floor, "ratio", 1.05, shako=shako, floor=floor)


def cases():
    """Yields name, the floor's script, engine, the load's arguments, how many
    units of work that is, which, and the goal for shakod over floor."""
    yield ("plain session", "plain", None, ["plain", 3000, 16], 3000, "us",
           1.25)
    yield ("pipelined session", "pipelined", None, ["pipelined", 3000, 16],
           3000, "us", 1.25)
    yield "NOOP", "noop", None, ["noop", 32, 16], 32000, "us", 1.2
    for what, line in BODIES:
        yield (f"DATA in the clear, {what}", "plain", None,
               ["plain", 4, 1, "none", line, 64 * MIB], 256, "us/MiB", 1.0)
    for engine in ENGINES:
        count = 200 if engine == "mbedtls" else 800
        for version in ("1.2", "1.3"):
            yield (f"STARTTLS session, {engine}, TLS {version}", "starttls",
                   engine, ["plain", count, 16, version], count, "us", 1.05)
        for what, line in BODIES:
            yield (f"DATA over TLS, {engine}, {what}", "starttls", engine,
                   ["plain", 2, 1, "1.3", line, 64 * MIB], 128, "us/MiB", 1.05)


def share_of_user(before, after):
    user, kernel = (b - a for a, b in zip(before, after))
    return round(user / max(user + kernel, 1), 2)


def compare(folder, rounds, case):
    """Loads the floor and shakod in turn."""
    name, script, engine, arguments, count, unit, goal = case
    times = ([], [])
    with Server(floor_command(folder, script, engine), folder) as floor, \
            Server(shakod_command(folder, engine), folder) as shakod:
        both = (floor, shakod)
        for server in both:
            server.load(*arguments)  # what is made once
        before = [server.ticks() for server in both]
        for _ in range(rounds):
            for server, spent in zip(both, times):
                spent.append(server.load(*arguments) / count / 1000)
        shares = [share_of_user(then, server.ticks())
                  for then, server in zip(before, both)]
    medians = [statistics.median(spent) for spent in times]
    more = {}
    if unit == "us/MiB":
        more = {"floor_mb_per_s": round(MIB / medians[0]),
                "shakod_mb_per_s": round(MIB / medians[1])}
    result(name, medians[1] / medians[0], "ratio", goal, per=unit,
           floor=round(medians[0], 2), shakod=round(medians[1], 2),
           floor_range=[round(f(times[0]), 2) for f in (min, max)],
           shakod_range=[round(f(times[1]), 2) for f in (min, max)],
           floor_user=shares[0], shakod_user=shares[1], rounds=rounds, **more)


def octets_each(command, folder, count, tls, **env):
    """The growth of the resident set by |count| connections; those that were
    there first have paid for what is made once."""
    with Server(command, folder, **env) as server, \
            server.held(count // 10, tls):
        before = server.resident()
        with server.held(count, tls):
            return round((server.resident() - before) / count)


def compare_idle(folder, count, engine):
    """Has malloc fill what it gives: which pages of a TLS library's buffers
    are never touched, and so not resident, is chance.  The resident sets
    without that are told too."""
    tls = "1.3" if engine else "none"
    script = "starttls" if engine else "plain"
    sizes = {}
    for who, command in (("floor", floor_command(folder, script, engine)),
                         ("shakod", shakod_command(folder, engine))):
        sizes[f"{who}_as_touched"] = octets_each(command, folder, count, tls)
        sizes[who] = octets_each(command, folder, count, tls,
                                 GLIBC_TUNABLES="glibc.malloc.perturb=165")
    if engine:
        name = f"idle connection over TLS, {engine}, above the floor"
        value = sizes["shakod"] - sizes["floor"]
    else:
        name = "idle connection in the clear"
        value = sizes["shakod"]
    result(name, value, "octets", 1024, connections=count, **sizes)


def print_table():
    width = max(len(row["name"]) for row in results)
    print()
    for row in results:
        goal = ""
        if "goal" in row:
            sign = "<=" if row["at"] == "most" else ">="
            goal = (f"{sign} {row['goal']:<7g}"
                    f"{'ok' if row['met'] else 'missed'}")
        print(f"{row['name']:{width}}  {row['value']:>12.2f} "
              f"{row['unit']:<12}  {goal}".rstrip())


def main():
    folder, *rest = sys.argv[1:]
    quick = "--quick" in rest
    patterns = [word for word in rest if word != "--quick"] or [""]
    wanted = re.compile(patterns[0])
    descriptors = raise_descriptors()
    if not patterns[0]:
        for name in ("body", "body_words", "session", "hat"):
            run_in_c(folder, name)
        run_in_c(folder, "idle", CERTIFICATE, KEY)
        run_in_c(folder, "tls", CERTIFICATE.parent)
        count_instructions(folder)
        count_handshakes(folder)
    for case in cases():
        if wanted.search(case[0]):
            compare(folder, 3 if quick else 7, case)
    for engine in (None, *ENGINES):
        most = 10000 if engine is None else 2000
        count = min(1000 if quick else most, descriptors * 10 // 11 - 100)
        if wanted.search(f"idle connection {engine or 'in the clear'}"):
            compare_idle(folder, count, engine)
    if results:
        print_table()


main()
