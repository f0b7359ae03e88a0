#!/usr/bin/env python3
"""Certificates and tables that change are read again by themselves, however they
change, and only if nothing is wrong with them."""
import concurrent.futures
import pathlib
import tempfile
import threading
import time

from authority import (configuration, demand_shown, expired, leaf, made,
                       section)
from client import Client
from harness import Server, Skip, case, check, main, same

RELOADED = "shakod: reloaded: files have changed"
REFUSED = "shakod: not reloaded: what was in force stays in force"


def put(folder, stem):
    """Writes a pair over the files of before."""
    for end in "pem", "key":
        text = pathlib.Path(f"{stem}.{end}").read_text("ascii")
        (folder / f"mx.{end}").write_text(text, "ascii")


def put_renamed(folder, stem):
    """Gives new files the old names."""
    for end in "pem", "key":
        text = pathlib.Path(f"{stem}.{end}").read_text("ascii")
        (folder / "new").write_text(text, "ascii")
        (folder / "new").rename(folder / f"mx.{end}")


def put_link(path, target):
    new = path.parent / "new-link"
    new.symlink_to(target)
    new.rename(path)


def put_linked(folder, stem):
    """Has links lead elsewhere, as certbot does."""
    for end in "pem", "key":
        put_link(folder / f"mx.{end}", f"{stem}.{end}")


def put_folder(folder, stem):
    """Has links lead into a folder that is a link, and changes that alone."""
    new = folder / f"..{stem.name}"
    new.mkdir(exist_ok=True)
    put(new, stem)
    put_link(folder / "..data", new.name)
    for end in "pem", "key":
        if not (folder / f"mx.{end}").is_symlink():
            put_link(folder / f"mx.{end}", f"..data/mx.{end}")


def put_whole_folder(folder, stem):
    """Makes the folder of the files anew."""
    new = folder.parent / "new"
    new.mkdir()
    put(new, stem)
    if folder.exists():
        folder.rename(folder.parent / f"old-{stem.name}")
    new.rename(folder)


def put_removed_folder(folder, stem):
    """Removes the folder first."""
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.mkdir()
    put(folder, stem)


def put_linked_folder(folder, stem):
    """Has the folder itself be a link, and lead elsewhere."""
    new = folder.parent / stem.name
    new.mkdir()
    put(new, stem)
    if not folder.is_symlink():
        folder.rmdir()
    put_link(folder, new.name)


def put_behind_link(folder, stem):
    """Writes over the files that links lead to."""
    real = folder.parent / "real"
    if not real.exists():
        real.mkdir()
        for end in "pem", "key":
            (folder / f"mx.{end}").symlink_to(f"../real/mx.{end}")
    put(real, stem)


WAYS = [put, put_renamed, put_linked, put_folder, put_whole_folder,
        put_removed_folder, put_linked_folder, put_behind_link]


class Changing:
    """A server whose certificate is in live/mx.pem and .key, which change."""

    def __init__(self, way, stem):
        self._folder = tempfile.TemporaryDirectory(prefix="live-")
        self.live = pathlib.Path(self._folder.name) / "live"
        self.live.mkdir()
        way(self.live, stem)
        self.server = Server(config=configuration(
            section("default", self.live / "mx")))

    def __enter__(self):
        self.server.__enter__()
        return self

    def __exit__(self, *error):
        try:
            self.server.__exit__(*error)
        finally:
            self._folder.cleanup()


@case
def changed_files_are_read_by_themselves():
    stems = [made("other"), made("last"), made("third", kind="rsa")]

    def change(way):
        with Changing(way, stems[0]) as changing:
            demand_shown(changing.server, stems[0])
            for count, stem in enumerate(stems[1:], 1):
                way(changing.live, stem)
                changing.server.line(RELOADED, count)
                demand_shown(changing.server, stem)

    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(change, WAYS))


def shake_hands(server, over, believed):
    """Connects again and again; returns how often, and which certificates of
    |believed| were shown."""
    count = 0
    seen = set()
    while not over.is_set():
        with Client(server.port()) as client:
            client.secured()
            certificate = client.tls.object.getpeercert(binary_form=True)
            check(certificate in believed, "an unknown certificate")
            seen.add(certificate)
            count += 1
            client.quit()
    return count, seen


@case
def no_handshake_fails_while_files_change():
    stems = [made("other"), made("last"), made("third", kind="rsa")]
    believed = {leaf(stem) for stem in stems}
    with Changing(put, stems[0]) as changing:
        server = changing.server
        over = threading.Event()
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            clients = [pool.submit(shake_hands, server, over, believed)
                       for _ in range(3)]
            try:
                for turn in range(6):
                    (put, put_renamed)[turn % 2](changing.live,
                                                 stems[(turn + 1) % 3])
                    server.line(RELOADED, turn + 1)
            finally:
                over.set()
            results = [client.result() for client in clients]
        for _ in range(sum(count for count, _ in results)):
            server.connection(refused="none", end="quit")
        same(set().union(*(seen for _, seen in results)), believed)


@case
def a_broken_file_leaves_the_old_one():
    good, new = made("other"), made("last")
    key = pathlib.Path(f"{new}.key").read_text("ascii")
    with Changing(put, good) as changing:
        server, live = changing.server, changing.live
        for count, (spoil, words) in enumerate((
                (lambda: (live / "mx.pem").write_text("-----BEGIN"), "mx.pem"),
                (lambda: (live / "mx.key").write_text(key), "not belong"),
                (lambda: put(live, expired()), "not valid any more"),
                (lambda: (live / "mx.pem").unlink(), "no such file")),
                1):
            before = len(server.lines)
            spoil()
            server.line(REFUSED, count)
            said = [line for line in server.lines[before:]
                    if "group=" not in line]
            same(len(said), 2)
            check(words in said[0], said[0])
            demand_shown(server, good)
            put_renamed(live, good)
            server.line(RELOADED, count)
        put_renamed(live, new)
        server.line(RELOADED, count + 1)
        demand_shown(server, new)
        same(server.lines.count(REFUSED), count)


@case
def a_changed_table_is_read_by_itself():
    strict = '$ALL ACCEPT {\n    tls = "required"\n}\nALL\n    $ALL\n'
    refused = "530 5.7.0 Must issue a STARTTLS command first"
    with Server("--watch", "--tls", "preferred",
                hat="ALL\n    ACCEPT\n") as server:
        for count, text in enumerate((strict, "ALL\n    ACCEPT\n"), 1):
            server.write("table.hat", text)
            server.line(RELOADED, count)
            with Client(server.port()) as client:
                client.greeted()
                client.ask("MAIL FROM:<a@b.example>",
                           refused if text == strict else "250 ")
                client.quit()


@case
def what_was_read_is_not_read_again():
    """When the other has seen two changes that came later, the one has looked
    at its files too."""
    table = "ALL\n    ACCEPT\n"
    with Server("--watch", hat=table) as server, \
            Server("--watch", hat=table) as other:
        server.write("table.hat", "ALL\n    ACEPT\n")
        server.line(REFUSED)
        server.write("another file", "")
        for count in 1, 2:
            other.write("table.hat", table)
            other.line(RELOADED, count)
        server.write("table.hat", table)
        server.reloaded()
        for count in 3, 4:
            other.write("table.hat", table)
            other.line(RELOADED, count)
        server.write("table.hat", table)
        server.line(RELOADED)
        same([server.lines.count(line) for line in (REFUSED, RELOADED)],
             [1, 1])


@case
def a_file_that_is_being_written_is_not_read():
    """Half a table is one, too: it is left alone until it keeps still."""
    with Server("--watch", hat="ALL\n    ACCEPT\n") as server:
        start = time.monotonic()
        last = start
        with open(server.folder / "table.hat", "a") as file:
            while last < start + 1.5:
                file.write("#")
                file.flush()
                time.sleep(0.05)  # a slow writer
                now = time.monotonic()
                if now > last + 0.4:
                    raise Skip("the machine is too busy")
                last = now
            same([line for line in server.lines if "reloaded" in line], [])
        server.line(RELOADED)


main(limit=120)
