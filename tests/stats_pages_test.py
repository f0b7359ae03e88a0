#!/usr/bin/env python3
"""Counts with hostile names are told in forms that readers of these forms
read, and as the counts that they are.

    stats_pages_test.py PROGRAM
"""
import json
import pathlib
import random
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "clients"))
from pages import exposition, page  # noqa: E402

NAMES = ["", "Inbound", "<script>alert(1)</script>", "</td></table>", "a\nb 1",
         "a\"} 1", "back\\slash", "\\n", "&amp;", "'", "\xc3\xa4", "\xff", "\x1b[2J",
         "\x7f", "\x01", "%41", " ", "# HELP x", "{", "x" * 255, "\r", "--><b>",
         "javascript:x", "\u0080"]
OUTCOMES = ["none", "off", "clear", "preferred-ok", "preferred-failed",
            "required-ok", "required-failed", "required-missing"]


def escape(name):
    """Returns |name| as the counts' text has it."""
    return "".join(c if "!" <= c <= "~" and c != "%" else f"%{ord(c):02X}"
                   for c in name) or "%"


def shown(name):
    """Returns |name| as a page shows it."""
    return "".join(c if " " <= c <= "~" else f"\\x{ord(c):02x}" for c in name)


def make(seed):
    """Returns random counts: their text and what is in it."""
    rand = random.Random(seed)
    names = sorted(NAMES)
    lines, groups, peers, ends = [], {}, {}, {}
    for first in names:
        for second in rand.sample(names, 2) if seed else [first]:
            row = {o: rand.randrange(1, 99) for o in OUTCOMES
                   if rand.randrange(3)} or {"off": 1}
            row |= {"messages": 9, "messages-tls": 4, "observed-connections": 3,
                    "duration-ms": 61234, "handshake-ms": 2,
                    "failure.not-tls": 2, "refused.tls-required": 7}
            groups[first, second] = row
    for key in sorted(groups):
        lines.append(f"group {escape(key[0])} {escape(key[1])} " + " ".join(
            f"{k}={v}" for k, v in groups[key].items()))
    for name in names:
        ends[name] = rand.randrange(1, 50)
        lines.append(f"closed {escape(name)} connections={ends[name]}")
    for name in names:
        peers[name] = (rand.randrange(5), rand.randrange(1, 9))
        lines.append(f"peer {escape(name)} error={peers[name][0]} "
                     f"off={peers[name][1]} messages=1")
    head = "shako-stats 1 groups=999 heaviest=99 peers-floor=5 domains-floor=0"
    return "\n".join([head, *lines, "end", ""]), groups, peers, ends


def tell(program, form, text):
    return subprocess.run([program, form], input=text.encode("latin-1"),
                          stdout=subprocess.PIPE, check=True,
                          timeout=20).stdout.decode("latin-1")


def total(row):
    return sum(row.get(outcome, 0) for outcome in OUTCOMES)


def check_json(text, groups, peers, ends):
    told = json.loads(text)
    assert {(g["listener"], g["group"]): g["tls"] for g in told["groups"]} == {
        key: {o: row[o] for o in OUTCOMES if o in row}
        for key, row in groups.items()}
    for group in told["groups"]:
        assert group["failures"] == {"not-tls": 2}
        assert group["refused"] == {"tls-required": 7}
        assert group["duration_ms"] == 61234
    assert told["totals"]["connections"] == sum(map(total, groups.values()))
    assert {c["how"]: c["connections"] for c in told["closed"]} == ends
    assert told["peers"]["floor"] == 5
    rows = [(p["error"] + p["connections"], p["peer"], p["error"])
            for p in told["peers"]["rows"]]
    assert rows == sorted(rows, key=lambda row: (-row[0], row[1]))
    assert {peer: error for _, peer, error in rows} == {
        name: error for name, (error, _) in peers.items()}


def check_prometheus(text, groups, ends):
    samples = exposition(text)

    def of(name, *labels):
        return samples.get((name, labels))

    for (listener, group), row in groups.items():
        labels = ("listener", shown(listener)), ("group", shown(group))
        for outcome in OUTCOMES:
            assert of("shako_connections_total", *labels,
                      ("tls", outcome)) == row.get(outcome)
        assert of("shako_messages_total", *labels, ("tls", "yes")) == 4
        assert of("shako_messages_total", *labels, ("tls", "no")) == 5
        assert of("shako_connection_seconds_sum", *labels) == 61.234
        assert of("shako_connection_seconds_count", *labels) == total(row)
        assert of("shako_handshake_seconds_sum", *labels) == 0.002
        assert of("shako_refusals_total", *labels,
                  ("reason", "tls-required")) == 7
    for how, count in ends.items():
        assert of("shako_closed_connections_total",
                  ("how", shown(how))) == count
    assert not any("peer" in dict(labels) for _, labels in samples)


def check_html(text, groups, peers):
    told = page(text)
    assert told.heading == "<Counts> of \"mx\" & 'more'"
    rows = {tuple(row[:2]): row[2:] for row in told.tables["Sender groups"][1:]}
    assert len(rows) == len(groups)
    for (listener, group), row in groups.items():
        cells = rows[shown(listener) or "no name", shown(group) or "no group"]
        assert cells == [str(n) for n in (
            row.get("required-ok", 0), row.get("required-failed", 0),
            row.get("required-missing", 0), row.get("preferred-ok", 0),
            row.get("preferred-failed", 0),
            row.get("clear", 0) + row.get("off", 0), row.get("none", 0),
            total(row), 4, 9, 3)], cells
    summary = dict((row[0], row[1]) for row
                   in told.tables["TLS connections"][1:])
    sums = {o: sum(row.get(o, 0) for row in groups.values()) for o in OUTCOMES}
    failed = sums["required-failed"] + sums["required-missing"]
    assert summary == {
        "TLS required: success": str(sums["required-ok"]),
        "TLS required: failed": str(failed),
        "TLS preferred: success": str(sums["preferred-ok"]),
        "TLS preferred: failed": str(sums["preferred-failed"]),
        "In the clear": str(sums["clear"] + sums["off"]),
        "TLS not at issue": str(sums["none"]),
        "Total": str(sum(sums.values()))}
    assert str(failed) in told.bad
    assert len(told.tables["Peers, the heaviest first"]) == len(peers) + 1
    # The browser is given nothing that it could fetch or run.
    for word in "<script", "src=", "href", "url(", "@import", "on=", "<img":
        assert word not in text, word


def main():
    program, = sys.argv[1:]
    for seed in range(20):
        text, groups, peers, ends = make(seed)
        check_json(tell(program, "json", text), groups, peers, ends)
        check_prometheus(tell(program, "prometheus", text), groups, ends)
        check_html(tell(program, "html", text), groups, peers)


main()
