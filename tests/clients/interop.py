#!/usr/bin/env python3
"""Whole clients of others hand mail over: Postfix, nodemailer and curl, with
what they make of the extensions that they are offered."""
import base64
import email
import email.policy
import json
import os
import pathlib
import random
import re

import authority
from client import MESSAGE, Client, stored, stuffed
from harness import (ENGINE, HOSTNAME, Server, Skip, case, check, main, need,
                     run, same)
from postfix import Sender
from scram import NAME, PASSWORD, QUICK, need_sasl

CONFIG = """hostname = "{hostname}"
engine = "{engine}"
maildir = "mail"
listener "smtp" {{
  listen = {{"127.0.0.1:0"}}
  offers = "CHUNKING BINARYMIME SMTPUTF8 DSN REQUIRETLS LIMITS"
  certificate = "{stem}.pem"
  key = "{stem}.key"
  policy {{ tls = "required" max_message_size = 200000000 {policy} }}
  {more}
}}
"""

AUTH = 'passwords = "passwords"'
DEMANDED = 'smtp_auth = "required"'
LMTP = "lmtp = true"
IMPLICIT = "implicit_tls = true"

# Postfix completes the header of a message that has not all of this.
LETTER = (b"From: <a@b.example>\r\nTo: <c@d.example>\r\nMessage-Id: <1@b>\r\n"
          b"Date: Tue, 24 Nov 2026 12:00:00 +0000\r\n"
          + MESSAGE.split(b"\r\n", 1)[1])
TO_UTF8 = "\u738b@\u738b.example"
FROM_UTF8 = "j\u00f6rg@b\u00fccher.example"


def certificate():
    return authority.made("mx", HOSTNAME)


class Offering(Server):
    """A shakod that offers all it can, to those alone who use TLS."""

    def __init__(self, *more, policy=""):
        super().__init__(
            config=CONFIG.format(hostname=HOSTNAME, engine=ENGINE or "mbedtls",
                                 stem=certificate(), policy=policy,
                                 more="\n  ".join(more)),
            files={"passwords": QUICK + "\n"})

    def write(self, name, text):
        super().write(name, text)
        (self.folder / name).chmod(0o600)

    def demand(self, messages=1, protocol="ESMTPS"):
        """Waits for the connection that brings |messages|; returns these."""
        self.connection(messages=messages, refused="none")
        mails = self.mail.take_all()
        same(len(mails), messages)
        for mail in mails:
            check(f" with {protocol} id " in mail.received, mail.received)
        return mails


# Postfix.
VERIFIED = ("smtp_tls_security_level = secure",
            "smtp_tls_secure_cert_match = " + HOSTNAME,
            "lmtp_tls_security_level = secure",
            "lmtp_tls_secure_cert_match = " + HOSTNAME)


def postfix(server, *settings, **more):
    """Returns a Postfix whose next hop is |server|, which it verifies."""
    trust = f"{certificate()}.pem"
    return Sender(server.port(), *VERIFIED, f"smtp_tls_CAfile = {trust}",
                  f"lmtp_tls_CAfile = {trust}", *settings, **more)


def hand_in(sender, mail="<a@b.example> BODY=8BITMIME", rcpt=("<c@d.example>",)):
    """Leaves LETTER to a Postfix."""
    with Client(sender.port) as client:
        client.greeted().ask(f"MAIL FROM:{mail}", "250 ")
        for path in rcpt:
            client.ask(f"RCPT TO:{path}", "250 ")
        client.ask("DATA", "354 ")
        client.send(stuffed(LETTER))
        client.expect("250 ")
        client.ask("QUIT", "221 ")


def demand_letter(mail):
    """Demands that Postfix added a Received field and no more to LETTER."""
    field, rest = re.fullmatch(
        rb"(Received: [^\n]*\n(?:\t[^\n]*\n)+)(.*)", mail.message, re.S).groups()
    check(b"by mx.dest.example (Postfix)" in field, field)
    same(rest, stored(LETTER))


@case
def postfix_hands_over_in_tls_that_it_verifies():
    with Offering() as server:
        with postfix(server) as sender:
            hand_in(sender)
            mail, = server.demand()
            demand_letter(mail)
            same((mail.sender, mail.recipients),
                 ("a@b.example", ["c@d.example"]))


@case
def postfix_without_tls_is_refused():
    with Offering() as server:
        with Sender(server.port(), "smtp_tls_security_level = none") as sender:
            hand_in(sender, "<>")
            line = server.connection(tls="none", messages=0, end="quit")
            check(line.refused.startswith("tls-required:"), line.refused)
        server.mail.demand_empty()


@case
def postfix_passes_on_what_the_sender_wants_to_hear_of():
    with Offering() as server, postfix(server) as sender:
        hand_in(sender, "<a@b.example> BODY=8BITMIME RET=HDRS ENVID=QQ+2B1", (
            "<c@d.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;c+2Bd@e.example",
            "<e@d.example> NOTIFY=NEVER", "<f@d.example>"))
        mail, = server.demand()
        demand_letter(mail)
        *rest, size = sorted(mail.parameters)
        check(re.fullmatch(r"SIZE=\d+", size), size)
        same(rest, ["BODY=8BITMIME", "ENVID=QQ+2B1", "RET=HDRS"])
        same(dict(zip(mail.recipients, map(sorted, mail.recipient_parameters))),
             {"c@d.example": ["NOTIFY=SUCCESS,DELAY",
                              "ORCPT=rfc822;c+2Bd@e.example"],
              "e@d.example": ["NOTIFY=NEVER", "ORCPT=rfc822;e@d.example"],
              "f@d.example": ["ORCPT=rfc822;f@d.example"]})


@case
def postfix_hands_over_utf_8():
    with Offering() as server, postfix(server) as sender:
        hand_in(sender, f"<{FROM_UTF8}> SMTPUTF8", (f"<{TO_UTF8}>",))
        mail, = server.demand(protocol="UTF8SMTPS")
        demand_letter(mail)
        same((mail.sender, mail.recipients), (FROM_UTF8, [TO_UTF8]))
        check("SMTPUTF8" in mail.parameters, mail.parameters)
        hidden = "".join(f"+{octet:02X}" if octet > 127 else chr(octet)
                         for octet in TO_UTF8.encode())
        same(mail.recipient_parameters, [[f"ORCPT=rfc822;{hidden}"]])


@case
def postfix_authenticates():
    need_sasl()
    for mechanism in "plain", "login", "scram":
        if not list(pathlib.Path("/usr/lib").glob(
                f"*/sasl2/lib{mechanism}.so")):
            raise Skip(f"no libsasl2-modules with {mechanism}")
    with Offering(AUTH, policy=DEMANDED) as server:
        for mechanism in "PLAIN", "LOGIN", "SCRAM-SHA-256":
            with postfix(server, "smtp_sasl_auth_enable = yes",
                         f"smtp_sasl_password_maps = static:{NAME}:{PASSWORD}",
                         "smtp_sasl_security_options = noanonymous",
                         f"smtp_sasl_mechanism_filter = {mechanism}") as sender:
                hand_in(sender)
                mail, = server.demand(protocol="ESMTPSA")
                demand_letter(mail)
                same(mail.identity, NAME)


@case
def postfix_hands_over_by_lmtp():
    with Offering(LMTP) as server, postfix(server, protocol="lmtp") as sender:
        hand_in(sender, rcpt=("<c@d.example>", "<e@d.example>"))
        mail, = server.demand(protocol="LMTPS")
        demand_letter(mail)
        same(sorted(mail.recipients), ["c@d.example", "e@d.example"])


# nodemailer.
NODEMAILER = pathlib.Path(__file__).with_name("nodemailer.js")
LETTERS = [{"from": "J\u00f6rg <a@b.example>", "to": "\u738b <c@d.example>",
            "subject": f"Gr\u00fc\u00dfe {number}", "text": "\u738b\n..\n.\n",
            "html": "<p>\u738b</p>\n.\n", "attachments": [
                {"filename": "\u738b.bin", "encoding": "base64",
                 "content": base64.b64encode(bytes(range(256)) * 99).decode()},
                {"filename": "dots.txt", "content": ".\n..\r\n.\n"}]}
           for number in range(5)]


def nodemail(server, *messages, **transport):
    """Has nodemailer send |messages|; returns what it sent."""
    if not os.path.exists("/usr/share/nodejs/nodemailer"):
        raise Skip("no node-nodemailer")
    tls = {"ca": pathlib.Path(f"{certificate()}.pem").read_text("ascii"),
           "servername": HOSTNAME}
    said = run(need("node"), NODEMAILER, input=json.dumps({
        "transport": {"host": "127.0.0.1", "port": server.port(),
                      "requireTLS": True, "tls": tls, **transport},
        "messages": messages}).encode())
    return [base64.b64decode(line) for line in said.splitlines()]


def demand_sent(mails, sent):
    """Demands that |mails| are what was |sent|, and what was to be sent."""
    same(sorted(mail.message for mail in mails),
         sorted(octets.replace(b"\r\n", b"\n") for octets in sent))
    for mail in mails:
        demand_readable(mail)


def demand_readable(mail):
    """Demands that |mail| reads as one of LETTERS."""
    read = email.message_from_bytes(mail.message, policy=email.policy.default)
    letter = LETTERS[int(read["Subject"].split()[-1])]
    same([str(read[name]) for name in ("From", "To", "Subject")],
         [letter[name] for name in ("from", "to", "subject")])
    same([part.get_filename() for part in read.iter_attachments()],
         [part["filename"] for part in letter["attachments"]])
    same(next(read.iter_attachments()).get_content(), bytes(range(256)) * 99)
    same(read.get_body(("plain",)).get_content(), letter["text"])


@case
def nodemailer_hands_over():
    with Offering() as server:
        sent = nodemail(server, LETTERS[0])
        demand_sent(server.demand(), sent)


@case
def nodemailer_hands_over_several_on_one_connection():
    with Offering() as server:
        sent = nodemail(server, *LETTERS, pool=True, maxConnections=1)
        demand_sent(server.demand(len(LETTERS)), sent)


@case
def nodemailer_says_what_the_sender_wants_to_hear_of():
    with Offering() as server:
        sent = nodemail(server, {**LETTERS[0], "dsn": {
            "id": "Q+1", "return": "headers", "notify": ["success", "delay"],
            "recipient": "e+f@d.example"}})
        mails = server.demand()
        demand_sent(mails, sent)
        same(mails[0].parameters, ["RET=HDRS", "ENVID=Q+2B1"])
        same(mails[0].recipient_parameters,
             [["NOTIFY=SUCCESS,DELAY", "ORCPT=rfc822;e+2Bf@d.example"]])


def with_ascii_domain(address):
    """Returns |address| as nodemailer writes it."""
    name, domain = address.split("@")
    return f"{name}@{domain.encode('idna').decode()}"


@case
def nodemailer_hands_over_utf_8():
    with Offering() as server:
        sent = nodemail(server, {**LETTERS[0], "envelope": {
            "from": FROM_UTF8, "to": [TO_UTF8]}})
        mails = server.demand(protocol="UTF8SMTPS")
        demand_sent(mails, sent)
        same(mails[0].parameters, ["SMTPUTF8"])
        same((mails[0].sender, mails[0].recipients),
             (with_ascii_domain(FROM_UTF8), [with_ascii_domain(TO_UTF8)]))


@case
def nodemailer_authenticates():
    need_sasl()
    for more in [], [IMPLICIT]:
        with Offering(AUTH, *more, policy=DEMANDED) as server:
            for method in "PLAIN", "LOGIN":
                sent = nodemail(server, LETTERS[0], authMethod=method,
                                secure=bool(more),
                                auth={"user": NAME, "pass": PASSWORD})
                mails = server.demand(protocol="ESMTPSA")
                demand_sent(mails, sent)
                same(mails[0].identity, NAME)


# curl.
def big_message():
    """Returns 100 MiB of lines, of which many begin with dots."""
    source = random.Random(7)
    some = bytes(set(range(256)) - set(b"\0\r\n")).ljust(256, b".")
    piece = b"".join(
        source.choice((b"", b".", b"..", b"a."))
        + source.randbytes(source.randrange(900)).translate(some) + b"\r\n"
        for _ in range(2400))
    return b"Subject: big\r\n\r\n" + piece * (100 * 2**20 // len(piece) + 1)


def curl(server, message):
    """Has curl send |message|, and demands that it was stored."""
    path = server.folder / "message"
    path.write_bytes(message)
    text = run(need("curl"), "--silent", "--show-error", "--ssl-reqd",
               "--cacert", f"{certificate()}.pem",
               "--connect-to", f"::127.0.0.1:{server.port()}",
               "--mail-from", "a@b.example", "--mail-rcpt", "c@d.example",
               f"smtp://{HOSTNAME}/client.example", "--upload-file", path,
               limit=80)
    same(text, "")
    mail, = server.demand()
    check(mail.message == message.replace(b"\r\n", b"\n"), "not what was sent")


class Measured(Offering):
    """One whose memory is its own: AddressSanitizer keeps none of it."""

    more = {"env": {**os.environ, "ASAN_OPTIONS": ":".join((
        os.environ.get("ASAN_OPTIONS", ""), "quarantine_size_mb=0",
        "thread_local_quarantine_size_kb=0"))}}


def most_memory(server):
    """Returns how much memory it has had, in KiB."""
    status = pathlib.Path(f"/proc/{server.pid}/status").read_text("ascii")
    return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1])


@case
def curl_sends_a_hundred_mib_and_memory_stays_as_it_was():
    with Measured() as server:
        curl(server, MESSAGE + b"\r\n")
        before = most_memory(server)
        message = big_message()
        check(len(message) >= 100 * 2**20, len(message))
        curl(server, message)
        grown = most_memory(server) - before
        check(grown < 2048, f"{grown} KiB more")


main(limit=110)
