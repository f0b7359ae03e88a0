#!/usr/bin/env python3
"""What shakod counts, told by HTTP: it is what the clients did.  And who may ask
for it, and how."""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time

from client import Client, TLS12, TLS13, make_context
from dns_server import DnsServer
from harness import (CERTIFICATES, HOSTNAME, SHAKOD, TIMEOUT, Server, Skip,
                     case, check, main, refused_start, same)
from pages import exposition, page

TABLE = """
$REQUIRED
    ACCEPT {
        tls = "required"
    }
$PREFERRED
    ACCEPT {
        tls = "preferred"
    }
$OBSERVED
    ACCEPT {
        tls = "required"
        tls_observe = "on"
    }
$BLOCKED
    REJECT
PARTNERS:
    127.0.0.2
        $REQUIRED
WATCHED:
    127.0.0.3
        $OBSERVED
ENEMIES:
    127.0.0.4
        $BLOCKED
ALL
    $PREFERRED
"""

CERTIFICATE = ("--certificate", CERTIFICATES / "ecdsa.pem",
               "--key", CERTIFICATES / "ecdsa.key")
STATUS = ("--status", "127.0.0.1:0")


def exchange(server, request, host="127.0.0.1"):
    """Sends the octets of a request; returns all that comes back."""
    with socket.create_connection((host, server.port("status")),
                                  TIMEOUT) as sock:
        sock.sendall(request)
        answer = b""
        while octets := sock.recv(65536):
            answer += octets
    return answer


def split(answer):
    """Returns status, header fields and body of an answer."""
    head, body = answer.split(b"\r\n\r\n", 1)
    first, *lines = head.decode("ascii").split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines)
    same(int(fields["Content-Length"]), len(body))
    same(fields["Connection"], "close")
    check(re.fullmatch(r"HTTP/1\.1 \d{3} [A-Z][A-Za-z ]+", first), first)
    return int(first[9:12]), fields, body.decode("ascii")


def get(server, path, kind):
    """Returns the body of |path|, which is of that |kind|."""
    code, fields, body = split(exchange(
        server, f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()))
    same(code, 200)
    check(fields["Content-Type"].startswith(kind), fields["Content-Type"])
    return body


def refuse(server, request, code):
    """Demands that |request| is answered with |code| and tells nothing."""
    got, fields, body = split(exchange(server, request))
    same(got, code)
    check("shako" not in body and "<" not in body, body)
    return fields


# What clients do.  Each returns the cells that it adds to its group.

def in_clear(server, source):
    with Client(server.port(), source=source) as client:
        client.greeted()
        client.deliver(b"x")
        client.quit()
    return {"messages": 1}


def in_tls(version):
    def act(server, source):
        with Client(server.port(), source=source) as client:
            client.secured(make_context(version))
            client.deliver(b"x")
            client.deliver(b"y")
            client.quit()
        return {"messages": 2, "messages_tls": 2}
    return act


def failed(server, source):
    """Says something else than TLS behind the 220."""
    with Client(server.port(), source=source) as client:
        client.greeted().ask("STARTTLS", "220 2.0.0 ")
        client.send(b"EHLO again\r\n")
        client.rest()
    return {}


def refused(server, source):
    with Client(server.port(), source=source) as client:
        client.greeted()
        client.ask("MAIL FROM:<a@b.example>", "530 5.7.0 ")
        client.ask("RSET", "530 5.7.0 ")
        client.quit()
    return {"refusals": 2}


def turned_away(server, source):
    with Client(server.port(), source=source) as client:
        client.expect("554 ")
        client.quit()
    return {}


ACTS = [ # source, what it does, how often, group, what becomes of TLS
    ("127.0.0.2", in_tls(TLS13), 5, "PARTNERS", "required-ok"),
    ("127.0.0.2", in_tls(TLS12), 2, "PARTNERS", "required-ok"),
    ("127.0.0.2", failed, 3, "PARTNERS", "required-failed"),
    ("127.0.0.2", refused, 4, "PARTNERS", "required-missing"),
    ("127.0.0.3", in_clear, 6, "WATCHED", "clear"),
    ("127.0.0.3", in_tls(TLS13), 1, "WATCHED", "preferred-ok"),
    ("127.0.0.4", turned_away, 2, "ENEMIES", "none"),
    ("127.0.0.1", in_clear, 8, "", "clear"),
    ("127.0.0.1", failed, 1, "", "preferred-failed"),
]


def act_all(server):
    """Has all of it done.  Returns the cells by (group, what)."""
    wanted, count = {}, 0
    for source, act, times, group, outcome in ACTS:
        for _ in range(times):
            cells = {"connections": 1, outcome: 1, **act(server, source)}
            for name, number in cells.items():
                key = group, name
                wanted[key] = wanted.get(key, 0) + number
            count += 1
    server.line(" end=", count)  # each connection has ended
    return wanted


def told_cells(told):
    """Returns the same of the JSON."""
    cells = {}
    for group in told["groups"]:
        flat = {**group, **group["tls"]}
        for name in ("connections", "messages", "messages_tls", "refusals",
                     *group["tls"]):
            if flat[name]:
                cells[group["group"], name] = flat[name]
    return cells


def demand_totals(totals):
    for name, number in {"connections": 32, "required_ok": 7,
                         "required_failed": 7, "preferred_ok": 1,
                         "preferred_failed": 1, "clear": 14, "none": 2,
                         "messages": 30, "messages_tls": 16}.items():
        same((name, totals[name]), (name, number))


def demand_details(told):
    partners = next(g for g in told["groups"] if g["group"] == "PARTNERS")
    same(partners["refused"], {"tls-required": 8})
    same(partners["failures"], {"not-tls": 3})
    watched = next(g for g in told["groups"] if g["group"] == "WATCHED")
    same(watched["observed_connections"], 6)
    same({c["version"]: c["connections"] for c in told["ciphers"]},
         {"TLSv1.2": 2, "TLSv1.3": 6})
    peers = [(p["peer"], p["connections"], p["error"])
             for p in told["peers"]["rows"]]
    same(peers, [("127.0.0.2", 14, 0), ("127.0.0.1", 9, 0),
                 ("127.0.0.3", 7, 0), ("127.0.0.4", 2, 0)])
    same({c["how"] for c in told["closed"]}, {"quit", "tls-failed"})


def demand_metrics(samples, wanted):
    """Demands that /metrics says what the JSON was held to."""
    for (group, name), number in wanted.items():
        labels = ("listener", "smtp"), ("group", group)
        if "-" in name or name in ("clear", "none"):
            same(samples["shako_connections_total", (*labels, ("tls", name))],
                 number)
        elif name == "messages_tls":
            same(samples["shako_messages_total", (*labels, ("tls", "yes"))],
                 number)
    count = sum(number for (name, _), number in samples.items()
                if name == "shako_connections_total")
    same(count, 32)


def demand_page(text):
    told = page(text)
    same(told.heading, f"TLS connections of {HOSTNAME}")
    summary = {row[0]: row[1] for row in told.tables["TLS connections"][1:]}
    same(summary, {"TLS required: success": "7", "TLS required: failed": "7",
                   "TLS preferred: success": "1", "TLS preferred: failed": "1",
                   "In the clear": "14", "TLS not at issue": "2",
                   "Total": "32"})
    same([row[:2] for row in told.tables["Messages"][1:]],
         [["Encrypted", "16"], ["Not encrypted", "14"], ["Total", "30"]])


def counts_are_what_clients_did(*options):
    with Server(*STATUS, *CERTIFICATE, *options, hat=TABLE) as server:
        wanted = act_all(server)
        told = json.loads(get(server, "/report.json", "application/json"))
        same(told_cells(told), wanted)
        demand_totals(told["totals"])
        demand_details(told)
        demand_metrics(exposition(get(server, "/metrics?x=1",
                                      "text/plain; version=0.0.4")), wanted)
        demand_page(get(server, "/report", "text/html"))
        lines = get(server, "/report.stats", "text/plain").split("\n")
        same((lines[0][:13], lines[-2:]), ("shako-stats 1", ["end", ""]))


@case
def the_counts_are_what_the_clients_did():
    counts_are_what_clients_did()


@case
def on_four_workers_too():
    counts_are_what_clients_did("--workers", "4")


@case
def domains_are_those_of_verified_names():
    table = ("P:\n .partner.example\n  ACCEPT\nALL\n ACCEPT\n")
    with DnsServer() as dns, \
            Server(*STATUS, "--resolver", dns.at, hat=table) as server:
        dns.host("127.0.0.2", "MX.Partner.example")
        for source in "127.0.0.2", "127.0.0.3":
            in_clear(server, source)
        server.line(" end=", 2)
        told = json.loads(get(server, "/report.json", "application/json"))
        same([(row["domain"], row["connections"])
              for row in told["domains"]["rows"]],
             [("", 1), ("partner.example", 1)])


@case
def a_reload_forgets_nothing():
    with Server(*STATUS, hat=TABLE) as server:
        in_clear(server, "127.0.0.1")
        server.line(" end=", 1)
        server.reloaded()
        in_clear(server, "127.0.0.1")
        server.line(" end=", 2)
        told = json.loads(get(server, "/report.json", "application/json"))
        same(told["totals"]["messages"], 2)


@case
def by_the_configuration():
    config = ('discard = true\nhostname = "mx.example.org"\n{}\n'
              'listener "smtp" {{ listen = {{"127.0.0.1:0"}} }}\n')
    with Server(config=config.format('status = "127.0.0.1:0"')) as server:
        in_clear(server, "127.0.0.1")
        server.line(" end=", 1)
        told = json.loads(get(server, "/report.json", "application/json"))
        same([g["listener"] for g in told["groups"]], ["smtp"])
        server.write("shakod.conf", config.format('status = "127.0.0.1:1"'))
        check("status cannot change" in server.reload()[0], server.lines)
    with Server(config=config.format(
            'status = "0.0.0.0:0"\nstatus_anywhere = true')) as server:
        same(split(exchange(server, b"GET /report HTTP/1.1\r\n"
                            b"Host: 127.0.0.1\r\n\r\n"))[0], 200)
    for line in ('status = "0.0.0.0:0"', 'status = "localhost:0"',
                 'status = "[::]:0"', 'status = "192.0.2.1:9"'):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "shakod.conf"
            path.write_text(config.format(line), "ascii")
            check("status: " in refused_start("-c", path), line)


@case
def nowhere_unless_it_is_asked_for():
    with Server() as server:
        same([kind for _, _, kind in server.ports], ["smtp"])
    for address in "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[2001:db8::1]:0":
        check("loopback" in refused_start("--status", address), address)
    with Server("--status", "[::1]:0") as server:
        same(split(exchange(server, b"GET /report HTTP/1.1\r\nHost: [::1]:9\r\n"
                            b"\r\n", host="::1"))[0], 200)


@case
def who_means_another_host_is_told_nothing():
    with Server(*STATUS) as server:
        for host in ("127.0.0.1", "localhost", "LOCALHOST:80", "[::1]:9099",
                     HOSTNAME, "192.0.2.1:1"):
            same(split(exchange(server, f"GET /report HTTP/1.1\r\n"
                                f"Host: {host}\r\n\r\n".encode()))[0], 200)
        for host in ("evil.example", "127.0.0.1.evil.example", "localhost.x",
                     "xlocalhost", "evil.example:9099", "0x7f000001"):
            refuse(server, f"GET /report HTTP/1.1\r\nHost: {host}\r\n\r\n"
                   .encode(), 421)


@case
def a_page_is_not_for_other_pages():
    with Server(*STATUS) as server:
        code, fields, _ = split(exchange(
            server, b"GET /report HTTP/1.1\r\nHost: localhost\r\n"
            b"Origin: https://evil.example\r\n\r\n"))
        same(code, 200)
        check("Access-Control-Allow-Origin" not in fields, fields)
        check("default-src 'none'" in fields["Content-Security-Policy"],
              fields)
        same(fields["X-Content-Type-Options"], "nosniff")
        same(fields["Cache-Control"], "no-store")
        check(re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT",
                           fields["Date"]), fields)


WRONG = [ # what comes, what is said of it
    (b"GET /report HTTP/1.1\r\n\r\n", 400),  # no Host
    (b"GET /report HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n\r\n", 400),
    (b"GET /report HTTP/1.1\r\nHost:\r\n\r\n", 400),
    (b"GET /report HTTP/1.1\r\nHost: localhost:x\r\n\r\n", 400),
    (b"GET /report HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
    (b"GET /report HTTP/1.1\r\nHost: [::1]x\r\n\r\n", 400),
    (b"GET /report HTTP/1.1\nHost: localhost\n\r\n\r\n", 400),
    (b"GET /report HTTP/1.1\r\nHost: localhost\nx: y\r\n\r\n", 400),
    (b"GET /report HTTP/1.1\r\nHost: localhost\r\n x: y\r\n\r\n", 400),
    (b"GET /report HTTP/1.1\r\nHost : localhost\r\n\r\n", 400),
    (b"GET /report HTTP/1.1\r\nHost: localhost\r\nx\r\n\r\n", 400),
    (b"GET /report HTTP/1.1\r\nHost: localhost\r\nx: \0\r\n\r\n", 400),
    (b"GET /report HTTP/1.1\r\nHost: localhost\r\nx: \xff\r\n\r\n", 400),
    (b"GET /report HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n",
     400),
    (b"GET /report HTTP/1.1\r\nHost: localhost\r\n"
     b"Transfer-Encoding: chunked\r\n\r\n", 400),
    (b"GET  /report HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"GET /report HTTP/1.1 \r\nHost: localhost\r\n\r\n", 400),
    (b"GET /report\r\nHost: localhost\r\n\r\n", 400),
    (b"GET http://localhost/report HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    (b"\r\n\r\n", 400),
    (b"EHLO x\r\nMAIL FROM:<>\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    (b"GET /report/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    (b"GET /Report HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    (b"GET /../report HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    (b"GET /%72eport HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
    (b"POST /report HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
    (b"HEAD /report HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
    (b"get /report HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
    (b"GET /report HTTP/1.0\r\nHost: localhost\r\n\r\n", 505),
    (b"GET /report HTTP/2.0\r\nHost: localhost\r\n\r\n", 505),
    (b"GET /" + b"x" * 4091, 431),
]


@case
def what_is_no_request_is_told_nothing():
    with Server(*STATUS) as server:
        for request, code in WRONG:
            fields = refuse(server, request, code)
            same(fields.get("Allow"), "GET" if code == 405 else None)


@case
def a_request_may_come_octet_by_octet():
    with Server(*STATUS) as server:
        with Client(server.port("status")) as client:
            for octet in b"GET /report HTTP/1.1\r\nHost: localhost\r\n\r\n":
                client.send_pieces(bytes([octet]))
            check(client.rest().startswith(b"HTTP/1.1 200 OK\r\n"), "no page")


@case
def more_than_a_request_does_no_harm():
    """The answer arrives, whatever follows the request."""
    with Server(*STATUS) as server:
        request = b"GET /report HTTP/1.1\r\nHost: localhost\r\n\r\n"
        answer = exchange(server, request + request * 50)
        same(answer.count(b"HTTP/1.1 "), 1)
        same(split(answer)[0], 200)


@case
def who_asks_and_says_no_more_gets_the_whole_answer():
    # It is more than a socket takes at once.
    table = "$ON\n  ACCEPT\n" + "".join(
        f"{'GROUP' * 12}{i}:\n  127.0.1.{i}\n    $ON\n"
        for i in range(1, 251)) + "ALL\n  ACCEPT\n"
    with Server("--discard", *STATUS, *CERTIFICATE, hat=table) as server:
        for i in range(1, 251):
            with Client(server.port(), source=f"127.0.1.{i}") as client:
                client.greeted().quit()
        server.line(" end=", 250)
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
            sock.settimeout(TIMEOUT)
            sock.connect(("127.0.0.1", server.port("status")))
            sock.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
                         b"\r\n")
            sock.shutdown(socket.SHUT_WR)
            answer = b""
            while octets := sock.recv(4096):
                answer += octets
        same(split(answer)[0], 200)  # and all of it, by its length


@case
def who_says_nothing_is_sent_away():
    with Server(*STATUS) as server:
        start = time.monotonic()
        with Client(server.port("status")) as silent, \
                Client(server.port("status")) as slow:
            slow.send(b"GET /report HTTP/1.1\r\n")
            slow.demand_end()
            silent.demand_end()
        check(time.monotonic() - start > 4, "too early")


@case
def clients_are_not_more_than_sixteen():
    with Server(*STATUS) as server:
        held = [Client(server.port("status")) for _ in range(16)]
        for client in held:
            client.send_pieces(b"G")  # it is accepted
        with Client(server.port("status")) as one_too_many:
            one_too_many.demand_end()
        for client in held:
            client.send(b"ET /report HTTP/1.1\r\nHost: localhost\r\n\r\n")
            check(client.rest().startswith(b"HTTP/1.1 200 "), "no page")
            client.socket.close()
        get(server, "/report", "text/html")


@case
def a_stop_waits_for_no_client():
    with Server(*STATUS) as server:
        with Client(server.port("status")) as client:
            client.send_pieces(b"GET /report")
            server.stop()


def find_browser():
    for name in "chromium", "chromium-headless-shell", "google-chrome":
        if path := os.environ.get("CHROMIUM") or shutil.which(name):
            return path
    raise Skip("no chromium")


@case
def a_browser_shows_the_cells():
    """The tables as the browser has them, and a picture in the build folder."""
    browser = find_browser()
    with Server(*STATUS, *CERTIFICATE, hat=TABLE) as server, \
            tempfile.TemporaryDirectory() as home:
        act_all(server)
        picture = pathlib.Path(SHAKOD).resolve().parent / "report.png"
        url = f"http://127.0.0.1:{server.port('status')}/report"
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu",
                   f"--user-data-dir={home}", "--hide-scrollbars"]
        dom = subprocess.run([*command, "--dump-dom", url],
                             stdout=subprocess.PIPE, timeout=50,
                             stderr=subprocess.DEVNULL, check=True).stdout
        demand_page(dom.decode("ascii").replace(
            "<!DOCTYPE html><html", "<!DOCTYPE html>\n<html"))
        subprocess.run([*command, f"--screenshot={picture}",
                        "--window-size=1300,2100", url], timeout=50,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       check=True)
        check(picture.stat().st_size > 10000, "no picture")


main()
