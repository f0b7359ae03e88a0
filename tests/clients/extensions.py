#!/usr/bin/env python3
"""What EHLO offers by configuration, over real sockets: chunks, UTF-8, what the
sender wants to hear of, LMTP and proxies; and that what is stored says all that
was promised."""
import socket
import struct

from client import MESSAGE, Client, make_context, stored
from harness import (CERTIFICATES, ENGINE, SHAKOD, Server, case, check, main,
                     run, same)
from probing import demand_passes

HERE = {"certificates": CERTIFICATES, "engine": ENGINE or "mbedtls"}

CONFIG = """hostname = "mx.example.org"
engine = "{engine}"
maildir = "mail"
listener "smtp" {{
  listen = {{"127.0.0.1:0"}}
  certificate = "{certificates}/ecdsa.pem"
  key = "{certificates}/ecdsa.key"
  {more}
}}
"""

ALL = 'offers = "CHUNKING BINARYMIME SMTPUTF8 DSN REQUIRETLS LIMITS"'
PREFERRED = 'policy { tls = "preferred" }'
BINARY = bytes(range(256)) + b"\r\n.\r\n\n\r\r\n\r"


class Offering(Server):
    """A shakod with the settings |more|."""

    def __init__(self, *more):
        super().__init__(config=CONFIG.format(more="\n  ".join(more),
                                              **HERE))


def keywords(client, verb="EHLO"):
    return client.ask(f"{verb} client.example", "250-").replace(
        "-", " ").split("\n")[1:]


def offered(*more):
    with Offering(*more) as server, Client(server.port()) as client:
        client.expect("220 ")
        return {line[4:].split()[0] for line in keywords(client)}


@case
def what_is_offered_is_configured():
    always = {"PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "SIZE"}
    same(offered(), always | {"CHUNKING", "SMTPUTF8", "LIMITS"})
    same(offered('offers = ""'), always)
    same(offered('offers = "dsn"'), always | {"DSN"})
    everything = always | {"CHUNKING", "BINARYMIME", "SMTPUTF8", "DSN",
                           "LIMITS"}
    same(offered(ALL), everything)
    with Offering(ALL, PREFERRED) as server:
        with Client(server.port()) as client:
            client.expect("220 ")
            check("REQUIRETLS" not in str(keywords(client)), "in the clear")
            client.starttls()
            check("250 REQUIRETLS" in keywords(client), "inside TLS")


@case
def what_cannot_be_offered_is_refused():
    with Offering() as server:
        for more, text in (
                ('offers = "PIPELINING"', ':8: offers: PIPELINING: not of '),
                ('offers = "CHUNKING,DSN"', ":8: offers: "),
                ('offers = "BINARYMIME"', "BINARYMIME needs CHUNKING"),
                ('proxies = "192.0.2.0/33"', ":8: "),
                ('proxies = "everybody"', ":8: "),
                ('policy { smtp_auth = "yes" }', "smtp_auth: "),
                ('policy { data_timeout = "x" }', ":8: "),
                ("policy { max_commands = -2 }", ":8: max_commands: ")):
            server.write("shakod.conf", CONFIG.format(more=more, **HERE))
            said = server.reload()
            check(any(text in line for line in said[:-1]), said)
        server.write("lmtp.conf", 'discard = true listener "a" { lmtp = true '
                     'listen = {"127.0.0.1:25"} }')
        said = run(SHAKOD, "--check", server.folder / "lmtp.conf", status=1)
        check("not on port 25" in said, said)


def chunk(octets, last=False):
    """Returns |octets| as BDAT takes them."""
    return b"BDAT %d%s\r\n" % (len(octets), b" LAST" if last else b"") + octets


def deliver_chunks(client, *chunks, params="", last="250 2.0.0 "):
    client.ask(f"MAIL FROM:<a@b.example>{params}", "250 2.1.0 ")
    client.ask("RCPT TO:<c@d.example>", "250 2.1.5 ")
    client.send(b"".join(chunk(octets, i == len(chunks) - 1)
                         for i, octets in enumerate(chunks)))
    for _ in chunks[1:]:
        client.expect("250 2.0.0 ")
    client.expect(last)


@case
def chunks_are_one_message():
    with Offering(ALL) as server:
        with Client(server.port()) as client:
            client.greeted()
            for size in 1, 7, 300, 5000:
                pieces = [MESSAGE[at:at + size]
                          for at in range(0, len(MESSAGE), size)]
                deliver_chunks(client, *pieces, b"\r\n")
                same(server.mail.take().message, stored(MESSAGE))
            deliver_chunks(client, b"")
            same(server.mail.take().message, b"")


@case
def a_cr_or_lf_alone_stays():
    with Offering(ALL) as server:
        with Client(server.port()) as client:
            client.greeted()
            for text in (b"a\rb\r\nc\nd\r\r\n\r\n.\r\ne\r", b"\r", b"\r\r\n\n"):
                kept = text.replace(b"\r\n", b"\n")
                deliver_chunks(client, text)
                same(server.mail.take().message, kept)
                deliver_chunks(client, *(text[i:i + 1]
                                         for i in range(len(text))))
                same(server.mail.take().message, kept)


@case
def a_binary_message_is_not_changed():
    with Offering(ALL) as server:
        with Client(server.port()) as client:
            client.greeted()
            deliver_chunks(client, BINARY, BINARY, params=" BODY=BINARYMIME")
            file, = server.mail.names()
            octets = (server.mail.path / "new" / file).read_bytes()
            head, body = octets[:-2 * len(BINARY)], octets[-2 * len(BINARY):]
            same(body, BINARY * 2)
            same(head.count(b"\n"), head.count(b"\r\n"))
            mail = server.mail.take()
            same(mail.parameters, ["BODY=BINARYMIME"])


@case
def what_was_promised_is_stored():
    with Offering(ALL, PREFERRED) as server:
        with Client(server.port()) as client:
            client.secured()
            params = ["RET=HDRS", "ENVID=QQ+3D1", "REQUIRETLS",
                      "BODY=8BITMIME", "SIZE=100"]
            client.ask("MAIL FROM:<a@b.example> " + " ".join(params), "250 ")
            rcpt = [["NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;c+2Bd@e.example"],
                    [], ["NOTIFY=NEVER"]]
            for i, words in enumerate(rcpt):
                client.ask(" ".join([f"RCPT TO:<{i}@d.example>", *words]),
                           "250 ")
            client.ask("DATA", "354 ")
            client.send(b".\r\n")
            client.expect("250 2.0.0 ")
        mail = server.mail.take()
        same(mail.parameters, params)
        same(mail.recipients, [f"{i}@d.example" for i in range(3)])
        same(mail.recipient_parameters, rcpt)
        check(" for " not in mail.received, mail.received)


@case
def long_parameters_are_no_long_line():
    with Offering(ALL) as server:
        with Client(server.port()) as client:
            client.greeted()
            client.ask("MAIL FROM:<> RET=FULL ENVID=" + "x" * 100, "250 ")
            client.ask("RCPT TO:<c@d.example> NOTIFY=FAILURE ORCPT=rfc822;"
                       + "y" * 400, "250 ")
            client.ask("DATA", "354 ")
            client.send(b".\r\n")
            client.expect("250 2.0.0 ")
        file, = server.mail.names()
        octets = (server.mail.path / "new" / file).read_bytes()
        check(max(map(len, octets.split(b"\n"))) < 500, octets)
        same(server.mail.take().recipient_parameters,
             [["NOTIFY=FAILURE", "ORCPT=rfc822;" + "y" * 400]])


@case
def addresses_in_utf_8():
    sender, recipient = "j\u00f6rg@b\u00fccher.example", "\u738b@d.example"
    with Offering() as server:
        with Client(server.port()) as client:
            client.greeted()
            client.ask(f"MAIL FROM:<{sender}>", "5")
            client.ask(f"MAIL FROM:<{sender}> SMTPUTF8", "250 ")
            client.ask(f"RCPT TO:<{recipient}>", "250 ")
            client.ask("DATA", "354 ")
            client.send("Subject: \u738b\r\n.\r\n".encode())
            client.expect("250 2.0.0 ")
        mail = server.mail.take()
        same((mail.sender, mail.recipients), (sender, [recipient]))
        same(mail.parameters, ["SMTPUTF8"])
        check(" with UTF8SMTP id " in mail.received, mail.received)
        check(f" for <{recipient}>" in mail.received, mail.received)
        same(mail.message, "Subject: \u738b\n".encode())


LMTP = "lmtp = true"


@case
def lmtp_replies_for_each_recipient():
    with Offering(ALL, LMTP, PREFERRED) as server:
        with Client(server.port()) as client:
            client.expect("220 ")
            client.ask("EHLO a.example", "5")
            client.ask("HELO a.example", "5")
            check("250 CHUNKING" in keywords(client, "LHLO"), "CHUNKING")
            client.ask("MAIL FROM:<a@b.example>", "250 ")
            for text, reply in (("c@d.example", "250 "), ("c@d@", "501 "),
                                ("e@d.example", "250 "), ("f@d.example", "250 ")):
                client.ask(f"RCPT TO:<{text}>", reply)
            client.ask("DATA", "354 ")
            client.send(b"x\r\n.\r\nNOOP\r\n")
            replies = [client.expect("250 2.0.0 Stored as ") for _ in range(3)]
            same(len(set(replies)), 1)
            client.expect("250 2.0.0 ")
            mail = server.mail.take()
            same(mail.recipients, [f"{c}@d.example" for c in "cef"])
            check(" with LMTP id " in mail.received, mail.received)
            client.starttls()
            keywords(client, "LHLO")
            deliver_chunks(client, b"x\r\n", b"y\r\n")
            check(" with LMTPS id " in server.mail.take().received, "LMTPS")
            client.quit()


@case
def the_summary_says_that_it_is_lmtp():
    with Offering(LMTP) as server:
        said = run(SHAKOD, "--check", server.folder / "shakod.conf")
        check("\nProtocol: LMTP\n" in said, said)


@case
def lmtp_loses_nobody_when_it_cannot_store():
    with Offering(LMTP) as server:
        with Client(server.port()) as client:
            client.expect("220 ")
            keywords(client, "LHLO")
            client.ask("MAIL FROM:<a@b.example>", "250 ")
            client.ask("RCPT TO:<c@d.example>", "250 ")
            client.ask("RCPT TO:<e@d.example>", "250 ")
            client.ask("DATA", "354 ")
            for file in (server.mail.path / "tmp").iterdir():
                file.unlink()
            client.send(b"x\r\n.\r\n")
            client.expect("452 4.3.1 ")
            client.expect("452 4.3.1 ")
            client.ask("RSET", "250 ")
            deliver_chunks(client, b"x")
        server.mail.take()
        server.line("message not stored: ", 2)


def version_1(source, target):
    return f"PROXY TCP4 {source} {target} 4711 25\r\n".encode()


def version_2(source, target):
    addresses = b"".join(map(socket.inet_aton, (source, target)))
    return (b"\r\n\r\n\0\r\nQUIT\n\x21\x11"
            + struct.pack("!H", 12) + addresses + struct.pack("!HH", 4711, 25))


PROXIES = 'proxies = "127.0.0.1, 10.0.0.0/8"'


@case
def a_proxy_says_who_the_peer_is():
    for header in version_1, version_2:
        with Offering(PROXIES, PREFERRED) as server:
            octets = header("192.0.2.7", "198.51.100.1")
            with Client(server.port()) as client:
                for i in range(len(octets)):
                    client.send_pieces(octets[i:i + 1])
                client.secured().deliver()
                client.quit()
            line = server.connection(messages=1, end="quit")
            same(line.peer, "192.0.2.7:4711")
            received = server.mail.take().received
            check(" ([192.0.2.7]) " in received, received)
            with Client(server.port(), source="127.0.0.2") as client:
                client.expect("220 ")  # it is no proxy
                client.send(octets + b"\r\n")
                client.expect("500 ")
            for wrong in (octets[:-1], b"PROXY TCP4 x\r\n", b"EHLO a\r\n",
                          b"\x16\x03\x01"):
                with Client(server.port()) as client:
                    client.send(wrong)
                    client.socket.shutdown(socket.SHUT_WR)
                    client.demand_end()


@case
def a_proxy_s_header_is_before_tls():
    with Offering(PROXIES, "implicit_tls = true") as server:
        for header in version_1, version_2:
            with Client(server.port()) as client:
                client.send(header("192.0.2.7", "198.51.100.1"))
                client.handshake(make_context())
                client.greeted().deliver()
                client.quit()
            same(server.connection(messages=1).peer, "192.0.2.7:4711")


@case
def the_probe_passes_with_proxies():
    for version in "v1", "v2":
        with Offering(PROXIES, PREFERRED, 'offers = "CHUNKING"') as server:
            passed = demand_passes(server.port(), "preferred",
                                   "--proxy", version, "--only", "proxy-")
            check(len(passed) > 3, passed)
            passed = demand_passes(server.port(), "preferred",
                                   "--proxy", version, "--only", "bdat-")
            check(len(passed) > 3, passed)


main(limit=110)
