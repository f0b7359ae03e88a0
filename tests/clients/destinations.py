#!/usr/bin/env python3
"""Every TLS setting of a destination, and every next hop: what deliver does,
what the next hop got and in which way, and who was told."""
import functools
import os
import pathlib
import resource
import signal
import ssl
import subprocess
import tempfile
import warnings

import authority
from harness import TIMEOUT, TOP, case, check, main, same
from next_hop import NextHop, server_context
from postfix import Postfix

DELIVER = pathlib.Path(os.environ.get(
    "DELIVER", TOP / "build/examples/deliver"))
MX, DOMAIN = "mx.dest.example", "dest.example"
MESSAGE = b"Subject: hello\n\n.a dot\n..and two\nthe end\n"
DEFERRED, BOUNCED = 75, 69

NOT_SUPPORTED = "starttls-not-supported"
FAILURE = "validation-failure"
MISMATCH = "certificate-host-mismatch"
EXPIRED = "certificate-expired"
NOT_TRUSTED = "certificate-not-trusted"

SETTINGS = "off", "on", "required", "on_verify", "require_verify"


@functools.cache
def signed(name, host, days=None):
    """Makes NAME.pem and NAME.key, signed by the authority of these tests;
    returns both paths and that of the authority."""
    root = authority.FOLDER / "root.pem"
    if not root.exists():
        authority.openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", "root.key", "-out",
            "root.pem", "-days", "3650", "-subj", "/CN=authority of a test")
        (authority.FOLDER / "index").write_text("")
        (authority.FOLDER / "index.attr").write_text("unique_subject = no\n")
        (authority.FOLDER / "ca.cnf").write_text(authority.AUTHORITY)
    start, end = days or authority.until(30)
    (authority.FOLDER / "names").write_text(f"subjectAltName = DNS:{host}\n")
    authority.openssl(
        "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes", "-keyout", f"{name}.key", "-subj", f"/CN={name}", "-out",
        f"{name}.csr")
    authority.openssl(
        "ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", "root.pem",
        "-keyfile", "root.key", "-in", f"{name}.csr", "-out", f"{name}.pem",
        "-extfile", "names", "-startdate", start, "-enddate", end)
    return authority.FOLDER / f"{name}.pem", authority.FOLDER / f"{name}.key"


def trusted():
    signed("good", MX)
    return authority.FOLDER / "root.pem"


def context(kind):
    """Returns the TLS of a next hop of that |kind|."""
    if kind == "weak":
        return weak_context()
    if kind == "self-signed":
        stem = authority.made("self", MX)
        return server_context(f"{stem}.pem", f"{stem}.key")
    return server_context(*{
        "good": lambda: signed("good", MX),
        "domain": lambda: signed("domain", DOMAIN),
        "wrong-name": lambda: signed("wrong", "other.example"),
        "expired": lambda: signed("old", MX,
                                  ("20200101000000Z", "20200301000000Z")),
    }[kind]())


def weak_context():
    """TLS 1.1 and nothing better."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made = server_context(*signed("good", MX),
                              oldest=ssl.TLSVersion.TLSv1,
                              newest=ssl.TLSVersion.TLSv1_1)
    made.set_ciphers("ALL:@SECLEVEL=0")
    return made


class Delivery:
    """A run of deliver: its exit |status|, the |line| that it says, and the
    |alerts| that it sent."""

    def __init__(self, port, setting, *options, alert=True, version="1.2",
                 domain=DOMAIN, message=MESSAGE, more=()):
        with tempfile.TemporaryDirectory(prefix="deliver-") as name:
            folder = pathlib.Path(name)
            (folder / "controls").write_text(
                f"[DEFAULT]\nsend_tls_req_alert = {int(alert)}\n"
                f"[{DOMAIN}]\ntable_tls = {setting}\n"
                f"tls_min_version = {version}\n")
            (folder / "message").write_bytes(message)
            command = [
                DELIVER, "--destinations", folder / "controls", "--to", domain,
                "--host", MX, "--connect", f"127.0.0.1:{port}", "--hostname",
                "mta.example.org", "--from", "a@b.example", "--rcpt",
                f"c@{domain}", "--ca", trusted(), "--alert-to",
                "ops@example.org", "--alert-maildir", folder / "alerts",
                "--timeout", "15", *options, folder / "message"]
            run = subprocess.run(
                [str(word) for word in command], capture_output=True,
                timeout=TIMEOUT, check=False)
            same(run.stderr, b"")
            self.status = run.returncode
            self.line = run.stdout.decode("ascii")
            self.alerts = [mail.read_bytes() for mail in
                           (folder / "alerts/new").glob("*")]
        same(self.line.count("\n"), 1)

    def demand(self, words, status, result, alert):
        check(self.line.startswith(f"{DOMAIN}: {words}"), self.line)
        same(self.status, status)
        check((f", {result}: " in self.line) if result else
              ("certificate-" not in self.line and NOT_SUPPORTED not in
               self.line and FAILURE not in self.line), self.line)
        same(len(self.alerts), int(alert))


# Of each next hop: its trouble, its certificate; of each setting of SETTINGS:
# E delivered encrypted, C in the clear, D deferred; the result where TLS is
# wanted, and where it is verified too.
TABLE = {
    "good": ("none", "good", "CEEEE", None, None),
    "certificate of the domain": ("none", "domain", "CEEEE", None, None),
    "no STARTTLS": ("no-starttls", "good", "CCDCD", NOT_SUPPORTED,
                    NOT_SUPPORTED),
    "no EHLO": ("no-ehlo", "good", "CCDCD", NOT_SUPPORTED, NOT_SUPPORTED),
    "454": ("454", "good", "CCDCD", NOT_SUPPORTED, NOT_SUPPORTED),
    "cut off before the 220": ("cut-before-220", "good", "CCDCD",
                               NOT_SUPPORTED, NOT_SUPPORTED),
    "cut off after the 220": ("cut-after-220", "good", "CDDDD", FAILURE,
                              FAILURE),
    "no TLS after the 220": ("not-tls", "good", "CDDDD", FAILURE, FAILURE),
    "more behind the 220": ("injected", "good", "CDDDD", FAILURE, FAILURE),
    "old TLS": ("none", "weak", "CDDDD", FAILURE, FAILURE),
    "wrong name": ("none", "wrong-name", "CEEED", None, MISMATCH),
    "expired": ("none", "expired", "CEEED", None, EXPIRED),
    "self-signed": ("none", "self-signed", "CEEED", None, NOT_TRUSTED),
}

WORDS = {"E": ("delivered encrypted", 0), "C": ("delivered in clear", 0),
         "D": ("deferred", DEFERRED), "B": ("bounced", BOUNCED)}


def demand_kept_apart(hop, letter):
    """Nothing but TLS was sent behind a 220, and no mail where none was to
    be."""
    same(hop.stray, b"")
    same(hop.messages, {"E": [(True, MESSAGE)], "C": [(False, MESSAGE)],
                        "D": []}[letter])
    if letter != "C":
        for line in hop.told(False):
            check(line.split(b" ")[0] in (b"EHLO", b"HELO", b"STARTTLS",
                                          b"QUIT"), line)


def run_row(name):
    trouble, kind, letters, plain, verified = TABLE[name]
    for setting, letter in zip(SETTINGS, letters):
        result = (None if setting == "off" else
                  verified if setting.endswith("verify") else plain)
        with NextHop(context(kind), trouble) as hop:
            delivery = Delivery(hop.port, setting)
        words, status = WORDS[letter]
        delivery.demand(words, status, result,
                        letter == "D" and setting.startswith("require"))
        demand_kept_apart(hop, letter)


def add_rows():
    for name in TABLE:
        def row(name=name):
            run_row(name)

        row.__name__ = "next_hop_" + name.replace(" ", "_").replace("-", "_")
        case(row)


add_rows()


# The same of Postfix, by what its main.cf says; B is bounced.
def with_certificate(*more, level="may", name="good", host=MX, days=None):
    chain, key = signed(name, host, days)
    return (f"smtpd_tls_security_level = {level}",
            f"smtpd_tls_cert_file = {chain}", f"smtpd_tls_key_file = {key}",
            *more)


POSTFIX = {
    "good": (with_certificate, "CEEEE", None, None),
    "no TLS": (lambda: (), "CCDCD", NOT_SUPPORTED, NOT_SUPPORTED),
    "no key": (lambda: ("smtpd_tls_security_level = may",
                        "smtpd_tls_cert_file = /none"),
               "CCDCD", NOT_SUPPORTED, NOT_SUPPORTED),
    "old TLS": (lambda: with_certificate(
        "smtpd_tls_protocols = !TLSv1.2, !TLSv1.3"), "CDDDD", FAILURE,
                FAILURE),
    "wrong name": (lambda: with_certificate(
        name="wrong", host="other.example"), "CEEED", None, MISMATCH),
    "expired": (lambda: with_certificate(
        name="old", days=("20200101000000Z", "20200301000000Z")),
                "CEEED", None, EXPIRED),
    "demands TLS": (lambda: with_certificate(level="encrypt"), "BEEEE", None,
                    None),
}


def run_postfix(name):
    settings, letters, plain, verified = POSTFIX[name]
    with Postfix(*settings()) as hop:
        for setting, letter in zip(SETTINGS, letters):
            result = (None if setting == "off" else
                      verified if setting.endswith("verify") else plain)
            delivery = Delivery(hop.port, setting)
            words, status = WORDS[letter]
            delivery.demand(words, status, result,
                            letter == "D" and setting.startswith("require"))
            if letter in "DB":
                hop.demand_nothing()
                continue
            head, body = hop.take().split(b"\n\n", 1)
            same(body, MESSAGE.split(b"\n\n", 1)[1])
            same(b"with ESMTPS id" in head, letter == "E")
            same(b"(using TLSv1.3 with cipher" in head, letter == "E")


def add_postfix_rows():
    for name in POSTFIX:
        def row(name=name):
            run_postfix(name)

        row.__name__ = "postfix_" + name.replace(" ", "_")
        case(row)


add_postfix_rows()


@case
def the_alert_says_which_domain_and_why():
    with NextHop(context("expired")) as hop:
        alert, = Delivery(hop.port, "require_verify").alerts
    text = alert.decode("ascii")
    for line in ("To: ops@example.org", "From: alert@mta.example.org",
                 f"Next hop: {MX}"):
        check(line in text.splitlines(), text)
    check("\nSubject: Warning-mta.example.org: (System) " in text, text)
    check(f"failed for the domain {DOMAIN}\n" in text, text)
    check(f"({EXPIRED})\n" in text, text)


@case
def no_alert_is_sent_where_none_is_wanted():
    with NextHop(context("good"), "no-starttls") as hop:
        Delivery(hop.port, "required", alert=False).demand(
            "deferred", DEFERRED, NOT_SUPPORTED, False)


@case
def the_last_attempt_bounces():
    for setting, alert in ("on", False), ("required", True):
        with NextHop(context("good"), "cut-after-220") as hop:
            Delivery(hop.port, setting, "--last").demand(
                "bounced", BOUNCED, FAILURE, alert)
        demand_kept_apart(hop, "D")


@case
def the_floor_is_the_destinations():
    old = server_context(*signed("good", MX), newest=ssl.TLSVersion.TLSv1_2)
    for setting, alert in ("on", False), ("required", True):
        with NextHop(old) as hop:
            Delivery(hop.port, setting, version="1.3").demand(
                "deferred", DEFERRED, FAILURE, alert)
        demand_kept_apart(hop, "D")
        with NextHop(old) as hop:
            Delivery(hop.port, setting).demand(
                "delivered encrypted (TLSv1.2", 0, None, False)


@case
def a_next_hop_may_refuse_the_message():
    for trouble, words, status in (
            ("421", "deferred", DEFERRED), ("554", "bounced", BOUNCED),
            ("450", "deferred", DEFERRED), ("550", "bounced", BOUNCED),
            ("cut-in-data", "deferred", DEFERRED)):
        for setting in SETTINGS:
            with NextHop(context("good"), trouble) as hop:
                Delivery(hop.port, setting).demand(words, status, None, False)
            same(hop.messages, [])


@case
def what_a_next_hop_says_is_nothing_that_a_terminal_obeys():
    for setting in SETTINGS:
        with NextHop(context("good"), "raw") as hop:
            delivery = Delivery(hop.port, setting)
        check(delivery.line.rstrip("\n").isprintable(), repr(delivery.line))
        check(delivery.line.endswith(": 550 ?[2J?no?\n"), repr(delivery.line))


@case
def a_next_hop_may_be_down():
    with NextHop() as hop:
        pass
    for setting in SETTINGS:
        Delivery(hop.port, setting).demand("deferred", DEFERRED, None, False)


@case
def another_domain_has_the_default():
    with NextHop(context("good"), "no-starttls") as hop:
        delivery = Delivery(hop.port, "required", domain="other.example")
    same((delivery.status, len(hop.messages)), (0, 1))


def limit_files(size):
    """Has files that are longer than |size| octets fail."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def fails(*words, status):
    run = subprocess.run([str(DELIVER), *map(str, words)], timeout=TIMEOUT,
                         capture_output=True, check=False)
    same((run.returncode, run.stdout), (status, b""))
    check(run.stderr.startswith(b"deliver: "), run.stderr)
    return run.stderr.decode("ascii")


@case
def what_is_wrong_with_its_input_is_told():
    with tempfile.TemporaryDirectory(prefix="deliver-") as name:
        folder = pathlib.Path(name)
        controls, message = folder / "controls", folder / "message"
        controls.write_text("[a.example]\ntable_tls = maybe\n")
        message.write_bytes(b"a\rb\n")
        words = ["--destinations", controls, "--to", DOMAIN, "--host", MX,
                 "--from", "a@b.example", "--rcpt", "c@d.example"]
        said = fails(*words, message, status=78)
        check(said.startswith(f"deliver: {controls}:2:13: "), said)
        controls.write_text("")
        fails(*words, message, status=65)
        fails(*words, folder / "none", status=66)
        fails(*words, status=64)
        for option, value in (("--from", "a@b>\r\nRSET"), ("--rcpt", "a b"),
                              ("--host", "a/b"), ("--host", "a:0"),
                              ("--host", "a:65536"), ("--host", "[::1"),
                              ("--to", "a@b"), ("--hostname", "a\r\nb"),
                              ("--alert-relay", "a"), ("--alert-to", "a@b"),
                              ("--timeout", "x"),
                              ("--timeout", "0"), ("--timeout", "15x"),
                              ("--timeout", "-1"), ("--timeout", "86401"),
                              ("--timeout", "18446744073709551631")):
            fails(*words, option, value, message, status=64)


@case
def without_controls_tls_is_preferred_and_a_message_may_be_piped():
    for trouble, secure in ("none", True), ("454", False):
        with NextHop(context("good"), trouble) as hop:
            run = subprocess.run(
                [DELIVER, "--host", f"127.0.0.1:{hop.port}", "--from",
                 "a@b.example", "--rcpt", "c@d.example", "--hostname",
                 "mta.example.org", "-"], input=MESSAGE, capture_output=True,
                timeout=TIMEOUT, check=False)
        same((run.returncode, run.stderr), (0, b""))
        check(run.stdout.startswith(b"127.0.0.1: delivered "), run.stdout)
        same(hop.messages, [(secure, MESSAGE)])


@case
def an_alert_goes_to_a_relay():
    with NextHop(context("good"), "454") as hop, NextHop(
            trouble="no-starttls") as relay:
        delivery = Delivery(hop.port, "required", "--alert-to",
                            "more@example.org", "--alert-from", "me@x.example",
                            "--alert-relay", f"127.0.0.1:{relay.port}")
    same(delivery.status, DEFERRED)
    (secure, alert), = relay.messages
    check(b"\nSubject: Warning-mta.example.org: (System) " in alert, alert)
    check(b"454 TLS not available" in alert, alert)
    check(b"To: ops@example.org,\n more@example.org\n" in alert, alert)
    lines = relay.told(False)
    check(b"MAIL FROM:<me@x.example>" in b"\n".join(lines), lines)
    same(sum(line.startswith(b"RCPT") for line in lines), 2)


@case
def an_alert_that_cannot_be_stored_leaves_nothing():
    with tempfile.TemporaryDirectory(prefix="deliver-") as name:
        folder = pathlib.Path(name)
        for part in "new", "cur", "tmp":
            (folder / part).mkdir()
        controls, message = folder / "controls", folder / "message"
        controls.write_text("[DEFAULT]\nsend_tls_req_alert = 1\n"
                            "table_tls = required\n")
        message.write_bytes(MESSAGE)
        with NextHop(context("good"), "454") as hop:
            said = subprocess.run(
                [str(word) for word in (
                    DELIVER, "--destinations", controls, "--to", DOMAIN,
                    "--host", MX, "--connect", f"127.0.0.1:{hop.port}",
                    "--from", "a@b.example", "--rcpt", f"c@{DOMAIN}",
                    "--hostname", "mta.example.org", "--alert-to",
                    "ops@example.org", "--alert-maildir", folder, message)],
                capture_output=True, timeout=TIMEOUT, check=False,
                preexec_fn=lambda: limit_files(16)).stderr
        check(said.startswith(f"deliver: the alert is lost: {folder}: "
                              .encode("ascii")), said)
        same([list((folder / part).iterdir()) for part in ("new", "tmp")],
             [[], []])


if not os.access(DELIVER, os.X_OK):
    print("skip destinations: no deliver, it needs libcurl")
else:
    main()
