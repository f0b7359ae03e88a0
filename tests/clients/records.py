#!/usr/bin/env python3
"""What the log says of connections: each has exactly one record, which says
what its client saw.  The number of connections may be given as an argument."""
import collections
import concurrent.futures
import json
import random
import re
import socket
import sys

from client import MESSAGE, TLS12, TLS13, Client, client_hello, make_context
from harness import ENGINE, Server, case, check, main, needs, refused_start, same

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 300

CONFIGURATION = """
discard = true
hostname = "mx.example.org"
workers = 2
log = "json"
listener "Open" {
  listen = {"127.0.0.1:0"}
  max_concurrency = 0
  policy { tls = "preferred" }
}
listener "Strict" {
  listen = {"127.0.0.1:0"}
  max_concurrency = 0
  policy { tls = "required" }
}
listener "Secure" {
  listen = {"127.0.0.1:0"}
  max_concurrency = 0
  implicit_tls = true
}
listener "Closed" {
  listen = {"127.0.0.1:0"}
  max_concurrency = 0
  hat = "closed.hat"
}
"""

if ENGINE:
    CONFIGURATION += f'engine = "{ENGINE}"\n'

CLOSED = """
NOBODY:
    127.0.0.0/8
        REJECT
"""


def iana_name(name):
    """Returns the name of a cipher that Python names as OpenSSL does."""
    if name.startswith("TLS_"):
        return name
    name = re.sub(r"^(ECDHE-\w+)-", r"\1-WITH-", name)
    name = re.sub(r"-AES(\d+)-", r"-AES-\1-", name)
    name = re.sub(r"POLY1305$", "POLY1305-SHA256", name)
    return "TLS_" + name.replace("-", "_")


def object_of(line):
    """Reads an object, in which no key is twice."""
    def whole(pairs):
        same(len(dict(pairs)), len(pairs))
        return dict(pairs)

    return json.loads(line, object_pairs_hook=whole)


class Counted:
    """A socket that counts."""

    def __init__(self, inner):
        self.inner = inner
        self.sent = 0
        self.received = 0

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def sendall(self, octets):
        self.inner.sendall(octets)
        self.sent += len(octets)

    def recv(self, size):
        octets = self.inner.recv(size)
        self.received += len(octets)
        return octets


class Witness(Client):
    """A client that keeps what a record should say."""

    def __init__(self, server, listener):
        super().__init__(server.port(listener))
        self.socket = Counted(self.socket)
        self.port = self.socket.getsockname()[1]
        self.sees = {"listener": listener, "how": "quit", "error": 0,
                     "greeted": True, "commands": 0, "transactions": 0,
                     "recipients": 0, "messages": 0, "messages_tls": 0,
                     "octets_messages": 0}
        self.tls_sees = {"implicit": listener == "Secure",
                         "asked": listener == "Secure", "completed": False,
                         "failure": None, "version": None, "cipher": None,
                         "handshake_octets": 0}
        self.refused = collections.Counter()

    def command(self, line, start, reason=None):
        self.sees["commands"] += 1
        if reason:
            self.refused[reason] += 1
        return self.ask(line, start)

    def hello(self):
        self.command("EHLO client.example", "250-")

    def agree(self, version):
        before = self.socket.sent
        self.handshake(make_context(version))
        self.tls_sees.update(
            asked=True, completed=True, version=self.tls.object.version(),
            cipher=iana_name(self.tls.object.cipher()[0]), offer=None,
            handshake_octets=self.socket.sent - before)

    def upgrade(self, version):
        self.tls_sees["asked"] = True
        self.command("STARTTLS", "220 ")
        self.agree(version)

    def mail(self, recipients):
        self.command("MAIL FROM:<a@b.example>", "250 ")
        self.sees["transactions"] += 1
        for number in range(recipients):
            self.command(f"RCPT TO:<c{number}@d.example>", "250 ")
            self.sees["recipients"] += 1
        self.command("DATA", "354 ")

    def message(self, recipients=1):
        self.mail(recipients)
        self.send((b"\r\n" + MESSAGE).replace(b"\r\n.", b"\r\n..")[2:]
                  + b"\r\n.\r\n")
        self.expect("250 ")
        self.sees["messages"] += 1
        self.sees["messages_tls"] += self.tls is not None
        self.sees["octets_messages"] += len(MESSAGE) + 2

    def end(self):
        self.command("QUIT", "221 ")
        self.demand_end()

    def cut(self, how="cut-off", failure=None):
        """Ends its stream, and takes what the server says to that."""
        self.sees["how"] = how
        self.tls_sees["failure"] = failure
        self.socket.shutdown(socket.SHUT_WR)
        while self.socket.recv(65536):
            pass

    def wants(self):
        """Returns what the record should hold."""
        return dict(self.sees, refused=dict(self.refused),
                    refusals=sum(self.refused.values()),
                    octets_received=self.socket.sent,
                    octets_sent=self.socket.received)


def clear(w, chance):
    w.expect("220 ")
    w.hello()
    for _ in range(chance.randrange(3)):
        w.message(chance.randrange(1, 4))
    w.end()


def encrypted(w, chance):
    w.expect("220 ")
    w.hello()
    if w.sees["listener"] == "Open" and chance.randrange(2):
        w.message()
    w.upgrade(chance.choice([TLS12, TLS13]))
    w.hello()
    for _ in range(chance.randrange(3)):
        w.message(chance.randrange(1, 4))
    w.end()


def implicit(w, chance):
    w.agree(chance.choice([TLS12, TLS13]))
    w.expect("220 ")
    w.hello()
    w.message()
    w.end()


def refused(w, chance):
    w.expect("220 ")
    w.hello()
    for _ in range(chance.randrange(1, 5)):
        w.command("SECRET of mine", "500 ", "unknown-command")
    for _ in range(chance.randrange(3)):
        w.command("RCPT TO:<c@d.example>", "503 ", "bad-sequence")
    w.end()


def without_tls(w, chance):
    w.expect("220 ")
    w.hello()
    for _ in range(chance.randrange(1, 4)):
        w.command("MAIL FROM:<a@b.example>", "530 ", "tls-required")
    w.end()


def turned_away(w, chance):
    w.sees["greeted"] = False
    w.expect("554 ")
    for _ in range(chance.randrange(3)):
        w.command("EHLO client.example", "503 ", "turned-away")
    w.end()


def cut_off_in_the_clear(w, chance):
    w.expect("220 ")
    if chance.randrange(2):
        w.hello()
        w.mail(1)
        w.send(b"Subject: half a mess")
    w.cut()


def cut_off_in_tls(w, chance):
    w.expect("220 ")
    w.hello()
    w.upgrade(chance.choice([TLS12, TLS13]))
    w.hello()
    w.cut(failure="cut-off")


def cut_off_in_the_handshake(w, chance):
    hello = client_hello()
    w.expect("220 ")
    w.hello()
    w.tls_sees["asked"] = True
    w.command("STARTTLS", "220 ")
    size = chance.randrange(len(hello))
    w.send_raw(hello[:size])
    w.tls_sees["handshake_octets"] = size
    w.cut("tls-failed", "cut-off")


def clear_text_in_the_handshake(w, chance):
    w.expect("220 ")
    w.hello()
    w.tls_sees["asked"] = True
    w.command("STARTTLS", "220 ")
    w.send_raw(b"QUIT\r\n")
    w.tls_sees["handshake_octets"] = 6
    w.cut("tls-failed", "not-tls")


def nothing_at_all(w, chance):
    w.sees["greeted"] = False
    w.cut("tls-failed", "cut-off")


def health_check(w, chance):
    w.expect("220 ")
    for _ in range(chance.randrange(3)):
        w.command("NOOP", "250 ")
    w.end() if chance.randrange(2) else w.cut()


# What a client may do, where, and what becomes of TLS.
KINDS = [
    (clear, "Open", "clear"),
    (encrypted, "Open", "preferred-ok"),
    (encrypted, "Strict", "required-ok"),
    (implicit, "Secure", "required-ok"),
    (refused, "Open", "clear"),
    (without_tls, "Strict", "required-missing"),
    (turned_away, "Closed", "none"),
    (cut_off_in_the_clear, "Open", "clear"),
    (cut_off_in_tls, "Strict", "required-ok"),
    (cut_off_in_the_handshake, "Open", "preferred-failed"),
    (cut_off_in_the_handshake, "Strict", "required-failed"),
    (clear_text_in_the_handshake, "Strict", "required-failed"),
    (nothing_at_all, "Secure", "none"),
    (health_check, "Strict", "none"),
]


def connect(server, number):
    """Does one of these; returns the client's port and what it saw."""
    chance = random.Random(number)
    act, listener, outcome = KINDS[number % len(KINDS)]
    with Witness(server, listener) as w:
        w.tls_sees["outcome"] = outcome
        act(w, chance)
        return act.__name__, w.port, w.wants(), w.tls_sees


def differences(record, wanted, tls):
    """Says how |record| is not what the client saw."""
    pairs = [(key, record[key], value) for key, value in wanted.items()]
    pairs += [(key, record["tls"][key], value) for key, value in tls.items()]
    return [f"{key}: {got!r} and not {want!r}" for key, got, want in pairs
            if got != want]


@case
@needs("engine", "many")
def every_connection_has_one_record_and_it_is_true():
    with Server(config=CONFIGURATION, files={"closed.hat": CLOSED},
                log="json") as server:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            seen = list(pool.map(lambda number: connect(server, number),
                                 range(COUNT)))
        server.tell(COUNT)
        server.stop()
        records = [object_of(line) for line in server.told]
    same(len(records), COUNT)
    same(sorted(record["icid"] for record in records)[0], 1)
    same(len({record["icid"] for record in records}), COUNT)
    by_port = collections.defaultdict(list)
    for record in records:
        by_port[record["port"], record["listener"]].append(record)
    for name, port, wanted, tls in seen:
        found = by_port[port, wanted["listener"]]
        check(found, f"{name}: no record")
        wrong = [differences(record, wanted, tls) for record in found]
        check([] in wrong, f"{name}: {wrong}")
        del found[wrong.index([])]


@case
@needs("engine", "many")
def events_are_told_without_what_was_refused():
    with Server("--tls", "preferred", "--discard", log="events") as server:
        with Client(server.port()) as client:
            client.greeted()
            client.ask(b"SECRET \x1b\xff\"", "500 ")
            client.ask("MAIL FROM:<SECRET", "501 ")
            client.starttls()
            client.ask("EHLO client.example", "250-")
            client.deliver(b"Subject: SECRET\r\n\r\nSECRET")
            client.ask("MAIL FROM:<\"q\\\"q\"@b.example>", "250 ")
            client.quit()
        server.stop()
        lines = server.told
    for line in lines:
        check(line.isascii() and line.isprintable(), line)
        check("SECRET" not in line, line)
    told = [object_of(line) for line in lines]
    same([one["event"] for one in told[:-1]],
         ["connect", "hello", "violation", "violation", "starttls", "tls",
          "hello", "mail", "rcpt", "data", "body", "message", "mail",
          "reset", "closed"])
    same(told[-3]["type"], "event")
    same(told[-1]["type"], "connection")
    same({one["icid"] for one in told}, {1})
    same([one["path"] for one in told if one.get("event") == "mail"],
         ["a@b.example", "\"q\\\"q\"@b.example"])


FIRST = (r"New SMTP ICID \d+ interface smtp \(127\.0\.0\.1\) address "
         r"127\.0\.0\.1 reverse dns host unknown verified no")


class Lines:
    """The lines of AsyncOS that a server tells, as they come."""

    def __init__(self, server):
        self.server = server
        self.seen = 0

    def demand(self, *wanted):
        """Waits for the next lines, and demands that they are these."""
        lines = self.server.tell(self.seen + len(wanted))[self.seen:]
        self.seen += len(wanted)
        for line, pattern in zip(lines, wanted):
            check(re.fullmatch(pattern, line), f"{line!r} is not {pattern!r}")

    def demand_end(self):
        """Ends the server, which is to have told no other line."""
        self.server.stop()
        same(len(self.server.told), self.seen)

    def demand_peer(self, number):
        self.demand(FIRST.replace(r"\d+", str(number), 1),
                    f"ICID {number} ACCEPT SG None match None SBRS None")

    def demand_close(self, number, words):
        self.demand(f"ICID {number} close {words} observed 0")


@case
@needs("engine", "many")
def the_lines_of_asyncos_come_when_it_happens():
    with Server("--tls", "preferred", log="asyncos") as server:
        lines = Lines(server)
        with Client(server.port()) as client:
            client.greeted()
            lines.demand_peer(1)
            client.ask("STARTTLS", "220 ")
            client.handshake(make_context(TLS13))
            lines.demand(r"ICID 1 TLS success protocol TLSv1\.3 cipher TLS_\w+")
            client.ask("EHLO a.example", "250-")
            for mid, sender in (1, "a@b.example"), (2, ""):
                client.ask(f"MAIL FROM:<{sender}>", "250 ")
                lines.demand(f"Start MID {mid} ICID 1",
                             f"MID {mid} ICID 1 From: <{sender}>")
                for rid in range(2):
                    client.ask(f"RCPT TO:<c{rid}@d.example>", "250 ")
                    lines.demand(
                        f"MID {mid} ICID 1 RID {rid} To: <c{rid}@d.example>")
                client.ask("DATA", "354 ")
                client.send(b"0123456789\r\n.\r\n")
                client.expect("250 ")
                lines.demand(f"MID {mid} ready 12 bytes from <{sender}>")
            client.ask("MAIL FROM:<a@b.example>", "250 ")
            client.ask("RSET", "250 ")
            lines.demand("Start MID 3 ICID 1", "MID 3 ICID 1 From: .*",
                         "Message aborted MID 3 Receiving aborted: rset")
            client.quit()
            lines.demand_close(1, "quit messages 2 encrypted 2 refused none")
        lines.demand_end()


@case
@needs("engine", "many")
def what_became_of_tls_is_a_line_of_asyncos():
    with Server("--tls", "required", "--discard", log="asyncos") as server:
        lines = Lines(server)
        with Client(server.port()) as client:
            client.greeted()
            client.ask("MAIL FROM:<a@b.example>", "530 ")
            client.quit()
        lines.demand_peer(1)
        lines.demand(
            "ICID 1 TLS was required but remote host did not initiate it")
        lines.demand_close(
            1, "quit messages 0 encrypted 0 refused tls-required:1")
        with Client(server.port()) as client:
            client.greeted()
            client.ask("STARTTLS", "220 ")
            client.send(b"QUIT\r\n")
            client.demand_end()
        lines.demand_peer(2)
        lines.demand(r"ICID 2 TLS failed: not-tls( alert 0)?")
        lines.demand_close(
            2, "tls-failed messages 0 encrypted 0 refused none")
        with Client(server.port()) as client:
            client.secured().deliver()
            client.quit()
        lines.demand_peer(3)
        lines.demand("ICID 3 TLS success .*", "Start MID 1 .*", "MID 1 .*",
                     "MID 1 .* RID 0 .*", r"MID 1 ready \d+ bytes .*")
        lines.demand_close(3, "quit messages 1 encrypted 1 refused none")
        lines.demand_end()


@case
@needs("engine", "many")
def what_is_not_stored_is_not_ready():
    with Server(log="asyncos") as server:
        lines = Lines(server)
        with Client(server.port()) as client:
            client.greeted()
            client.transaction()
            (server.mail.path / "new").rmdir()
            client.send(b"x\r\n.\r\n")
            client.expect("452 ")
            lines.demand_peer(1)
            lines.demand("Start MID 1 .*", "MID 1 .*", "MID 1 .* RID 0 .*",
                         "Message aborted MID 1 Receiving aborted: application")
            client.quit()
        lines.demand("ICID 1 TLS none")
        lines.demand_close(
            1, "quit messages 0 encrypted 0 refused application:1")
        lines.demand_end()


@case
@needs("engine")
def a_format_that_is_none_is_refused():
    line = refused_start("--log", "xml")
    check("--log xml: " in line, line)


main()
