"""The probe, and what it says of a server."""
import json
import os
import subprocess

from harness import SHAKOD, Skip, check, run, same

PROBE = os.environ.get("PROBE", os.path.join(os.path.dirname(SHAKOD), "probe"))


def probe(port, *options, limit=100):
    """Returns the exit status of the probe, and its objects by case; the last
    one, which counts, is that of None."""
    if not os.access(PROBE, os.X_OK):
        raise Skip("no probe: it is built where OpenSSL is")
    result = subprocess.run(
        [PROBE, "--json", *options, f"127.0.0.1:{port}"], timeout=limit,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    same(result.stderr, b"")
    rows = map(json.loads, result.stdout.splitlines())
    return result.returncode, {row.get("case"): row for row in rows}


def of(rows, result):
    """Returns the names of the cases that ended like that."""
    return {name for name in rows if name and rows[name]["result"] == result}


def demand_passes(port, mode, *options):
    """Demands that no case fails, and that the setting is deduced; returns
    those that passed."""
    status, rows = probe(port, *options)
    same([rows[name] for name in of(rows, "FAIL")], [])
    same(status, 0)
    same(rows[None]["mode"], mode)
    check(rows[None]["octets"] < 5000000, rows[None])
    return of(rows, "pass")


def names():
    """Returns the cases that there are."""
    lines = run(PROBE, "--list", "--json").splitlines()
    return [json.loads(line)["case"] for line in lines]
