#!/usr/bin/env python3
"""Handshakes that fail, or come in an odd shape, and how TLS ends."""
import ssl

from client import (MESSAGE, TLS12, TLS13, Client, client_hello, make_context,
                    stuffed)
from harness import (CERTIFICATES, ENGINE, KINDS, Server, case, check, main,
                     needs, refused_start, same)

BOTH_PORTS = ("--tls", "required", "--listen", "127.0.0.1:0",
              "--listen-tls", "127.0.0.1:0")

ONE_AT_ONCE = """
discard = true
hostname = "mx.example.org"
engine = "{engine}"
listener "smtp" {{
  listen = {{"127.0.0.1:0"}}
  max_handshakes = 1
  policy {{
    tls = "preferred"
  }}
}}
listener "smtps" {{
  listen = {{"127.0.0.1:0"}}
  implicit_tls = true
  max_handshakes = 1
}}
"""

GARBAGE = [b"EHLO client.example\r\n", b"GET / HTTP/1.1\r\n\r\n",
           b"\x16\x03\x01\x00\x05hello", b"\x16\x03\x01\xff\xff" + b"x" * 64,
           b"\x15\x03\x01\x00\x02\x02\x28", b"\x17\x03\x03\x00\x05NOOP\n",
           b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + b"\0" * 37,
           b"\0" * 32, bytes(range(256))]


def demand_records(octets):
    """Demands that |octets| are whole TLS records; returns their types."""
    types = []
    while octets:
        check(octets[0] in (20, 21, 22, 23) and octets[1] == 3, octets[:64])
        size = 5 + int.from_bytes(octets[3:5], "big")
        check(len(octets) >= size, octets)
        types.append(octets[0])
        octets = octets[size:]
    return types


def spoken(server, kind):
    """Returns a client that is to begin TLS."""
    client = Client(server.port(kind))
    if kind == "smtp":
        client.greeted().ask("STARTTLS", "220 2.0.0 ")
    return client


def demand_failed(server, *reasons):
    line = server.connection(messages=0, refused="none", end="tls-failed")
    check(any(line.tells("tls", "failed:" + reason) for reason in reasons),
          line.tls)


@case
def t12_garbage_instead_of_a_client_hello():
    with Server(*BOTH_PORTS) as server:
        for kind in KINDS:
            for octets in GARBAGE:
                with spoken(server, kind) as client:
                    client.send(octets + b"NOOP\r\nEHLO a\r\n")
                    demand_records(client.rest())
                demand_failed(server, "not-tls", "protocol", "peer-alert")


@case
def t12_garbage_behind_a_client_hello():
    with Server(*BOTH_PORTS) as server:
        for kind in KINDS:
            for version in TLS12, TLS13:
                hello = client_hello(make_context(version))
                for octets in GARBAGE:
                    with spoken(server, kind) as client:
                        client.send(hello)
                        client.send(octets + b"NOOP\r\nEHLO a\r\n")
                        check(22 in demand_records(client.rest()), "no flight")
                    demand_failed(server, "not-tls", "protocol", "peer-alert")


@case
def t12_the_peer_leaves_in_the_handshake():
    with Server(*BOTH_PORTS) as server:
        for octets in b"\x16", client_hello()[:100], client_hello():
            for kind in KINDS:
                with spoken(server, kind) as client:
                    client.send(octets)
                    client.socket.shutdown(1)
                    demand_records(client.rest())
                demand_failed(server, "cut-off")


@case
def t15_close_notify_then_clear_text():
    with Server(*BOTH_PORTS) as server:
        for version in TLS12, TLS13:
            with Client(server.port()) as client:
                client.secured(make_context(version))
                client.send_raw(
                    client.seal(b"NOOP\r\nMAIL FR")
                    + client.close_notify()
                    + b"OM:<a@b.example>\r\nSTARTTLS\r\n" + client_hello())
                octets = b""
                while piece := client.socket.recv(65536):
                    octets += piece
                demand_records(octets)
                client.unread = client.tls.open(octets)
                client.expect("250 2.0.0 ")
                same(client.unread, b"")
                check(client.tls.notified, "no close_notify")
            server.connection(messages=0, refused="none", end="cut-off")


def demand_dropped(server, end, send_end):
    """Demands that a message is dropped whose client does |send_end| in the
    middle of it."""
    for version in TLS12, TLS13:
        for kind in KINDS:
            with Client(server.port(kind)) as client:
                if kind == "smtp":
                    client.secured(make_context(version))
                else:
                    client.handshake(make_context(version))
                    client.greeted()
                client.transaction()
                client.send(stuffed(MESSAGE)[:-3])
                send_end(client)
                server.connection(messages=0, end=end)
            if server.mail:
                server.mail.demand_empty()


@case
def t16_fin_without_close_notify_in_data():
    with Server(*BOTH_PORTS) as server:
        demand_dropped(server, "cut-off",
                       lambda client: client.socket.shutdown(1))


@case
def t16_close_notify_in_data():
    with Server(*BOTH_PORTS) as server:
        demand_dropped(server, "cut-off",
                       lambda client: client.send_raw(client.close_notify()))


@case
def t16_the_end_of_data_outside_tls():
    with Server(*BOTH_PORTS) as server:
        demand_dropped(server, "tls-failed",
                       lambda client: client.send_raw(b"\r\n.\r\n"))


@case
@needs("engine")
def x11_fin_without_close_notify_after_a_message():
    with Server(*BOTH_PORTS) as server:
        with Client(server.port()) as client:
            client.secured().deliver()
            client.socket.shutdown(1)
            client.rest()
        server.connection(messages=1, refused="none", end="cut-off")
        if server.mail:
            same(len(server.mail.take_all()), 1)


@case
def t30_client_hello_to_a_clear_port():
    for setting in "no", "preferred", "required":
        with Server("--tls", setting) as server:
            with Client(server.port()) as client:
                client.expect("220 ")
                client.send(client_hello())
                client.demand_end()
            server.connection(tls="none", refused="tls-on-clear-port:1",
                              end="tls-on-clear-port")


@case
@needs("smtps")
def t30_smtp_to_a_tls_port():
    with Server("--listen-tls", "127.0.0.1:0") as server:
        for text in b"EHLO a.example\r\n", b"QUIT\r\n", b"STARTTLS\r\n":
            with Client(server.port("smtps")) as client:
                client.send(text)
                client.demand_end()
            demand_failed(server, "not-tls")


def in_records(octets, size):
    """Returns one handshake record as several of |size| octets each."""
    head, body = octets[:3], octets[5:]
    pieces = [body[at:at + size] for at in range(0, len(body), size)]
    return b"".join(head + len(piece).to_bytes(2, "big") + piece
                    for piece in pieces)


@case
def t32_client_hello_in_segments_of_one_octet():
    with Server(*BOTH_PORTS) as server:
        for version, kind in (TLS12, KINDS[-1]), (TLS13, "smtp"):
            with spoken(server, kind) as client:
                def send(octets):
                    for octet in octets:
                        client.send_raw(b"%c" % octet)
                        client.settle()

                client.handshake(make_context(version), send=send)
                if kind == "smtps":
                    client.expect("220 ")
                client.ask("EHLO a.example", "250-")
                client.quit()


@case
def t32_client_hello_of_many_segments_and_records():
    """8 KiB of protocol names make it long."""
    for version in TLS12, TLS13:
        context = make_context(version)
        context.set_alpn_protocols(
            ["smtp"] + [f"{number:0100}" for number in range(80)])
        with Server(*BOTH_PORTS) as server:
            for size in 16384, 1000, 100:
                with spoken(server, "smtp") as client:
                    sent = []

                    def send(octets):
                        client.send_raw(octets if sent else
                                        in_records(octets, size))
                        sent.append(len(octets))

                    client.handshake(context, send=send)
                    check(sent[0] > 8000, sent)
                    client.ask("EHLO a.example", "250-")


@case
@needs("engine")
def t29_without_a_certificate_there_is_the_demonstration():
    with Server("--tls", "preferred") as server:
        warned = [line for line in server.lines if "WARNING" in line]
        check("demonstration certificate" in warned[0], server.lines)
        with Client(server.port()) as client:
            client.greeted().starttls()
            shown = client.tls.object.getpeercert(binary_form=True)
        check(b"do not trust" in shown, "its subject does not say so")


# Certificate, key, which of them is of no use, and a word of the reason.
@case
@needs("engine")
def t61_so_many_handshakes_at_once():
    config = ONE_AT_ONCE.format(engine=ENGINE or "mbedtls")
    with Server(config=config) as server:
        with spoken(server, "smtp") as first, \
                Client(server.port()) as second:
            second.greeted().ask("STARTTLS", "454 4.7.0 ")
            second.ask("NOOP", "250 ")
            first.handshake()
            first.ask("EHLO client.example", "250-")
            second.starttls()
            second.ask("EHLO client.example", "250-")
            second.quit()
            server.connection(refused="too-many-handshakes:1", end="quit")
        server.connection(end="cut-off")
        with spoken(server, "smtps") as first:
            for _ in range(3):
                with spoken(server, "smtps") as second:
                    second.demand_end()
                server.connection(tls="none", refused="too-many-handshakes:1",
                                  end="too-many-handshakes")
        server.connection(tls="failed:cut-off", end="tls-failed")
        with spoken(server, "smtps") as third:
            third.handshake()
            third.expect("220 ")
            third.quit()


UNUSABLE = [
    ("missing.pem", "ecdsa.key", "missing.pem", "no such file"),
    (".", "ecdsa.key", ".", "directory"),
    ("garbage.pem", "ecdsa.key", "garbage.pem", "no CERTIFICATE"),
    ("empty.pem", "ecdsa.key", "empty.pem", "empty"),
    ("broken.pem", "ecdsa.key", "broken.pem", "cannot be parsed: "),
    ("broken-chain.pem", "ecdsa.key", "broken-chain.pem", "only some"),
    ("ecdsa.pem", "missing.key", "missing.key", "no such file"),
    ("ecdsa.pem", "broken.key", "broken.key", "cannot be parsed: "),
    ("ecdsa.pem", "encrypted.key", "encrypted.key", "encrypted"),
    ("ecdsa.pem", "other.key", "other.key", "does not belong"),
    ("rsa2048.pem", "ecdsa.key", "ecdsa.key", "does not belong"),
    ("rsa1024.pem", "rsa1024.key", "rsa1024.key", "2048"),
    ("ed25519.pem", "ed25519.key", "ed25519.", "Ed25519"),
]


@case
@needs("engine")
def t29_an_unusable_certificate_is_an_error():
    for certificate, key, culprit, reason in UNUSABLE:
        for setting in "no", "required":
            line = refused_start(
                "--listen", "127.0.0.1:0", "--discard", "--tls", setting,
                "--certificate", CERTIFICATES / certificate,
                "--key", CERTIFICATES / key)
            check(line.startswith(f"shakod: {CERTIFICATES / culprit}"), line)
            check(reason in line.split(": ", 2)[2], line)


@case
@needs("smtps")
def t29_a_certificate_is_shown_with_its_chain():
    trust = make_context(trust=CERTIFICATES / "authority.pem")
    with Server(*BOTH_PORTS, "--hostname", "mail.example.org",
                "--certificate", CERTIFICATES / "chain.pem",
                "--key", CERTIFICATES / "ecdsa.key") as server:
        with Client(server.port("smtps")) as client:
            client.handshake(trust, name="mail.example.org")
            client.expect("220 ")
            client.quit()
        server.connection(end="quit")
        check(not any("WARNING" in line for line in server.lines),
              server.lines)


@case
def t12_a_client_that_distrusts_the_certificate():
    trust = make_context(trust=CERTIFICATES / "authority.pem")
    with Server(*BOTH_PORTS) as server:
        for version in TLS12, TLS13:
            trust.minimum_version = trust.maximum_version = version
            for kind in KINDS:
                with spoken(server, kind) as client:
                    try:
                        client.handshake(trust, name="mail.example.org")
                        check(False, "the client trusts it")
                    except ssl.SSLCertVerificationError:
                        pass
                    client.tls = None
                    demand_records(client.rest())
                demand_failed(server, "certificate-refused")


main()
