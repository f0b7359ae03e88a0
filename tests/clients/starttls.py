#!/usr/bin/env python3
"""Real clients with TLS: what each delivers is on the disk to the octet."""
import os
import re
import smtplib
import subprocess

from client import MESSAGE, TLS12, TLS13, Client, make_context, stored
from harness import (CERTIFICATES, HOSTNAME, KINDS, Server, case, check, main,
                     need, needs, run, same)

BOTH_PORTS = ("--tls", "required", "--listen", "127.0.0.1:0",
              "--listen-tls", "127.0.0.1:0")

# OpenSSL's names behind "ECDHE-RSA-" or "ECDHE-ECDSA-", and the ends of IANA's.
TLS12_SUITES = {"AES128-GCM-SHA256": "AES_128_GCM_SHA256",
                "AES256-GCM-SHA384": "AES_256_GCM_SHA384",
                "CHACHA20-POLY1305": "CHACHA20_POLY1305_SHA256"}
TLS13_SUITES = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                "TLS_CHACHA20_POLY1305_SHA256"]


class Program(Client):
    """A program that carries what it reads to the server, and back."""

    def __init__(self, *command):
        need(command[0])
        self.process = subprocess.Popen(
            [str(word) for word in command], bufsize=0,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def send_raw(self, octets):
        self.process.stdin.write(octets)

    def receive(self):
        octets = os.read(self.process.stdout.fileno(), 65536)
        self.unread += octets
        return octets != b""


def s_client(port, *options):
    """Returns s_client's command line, for a STARTTLS port."""
    return ["openssl", "s_client", "-connect", f"127.0.0.1:{port}",
            "-starttls", "smtp", *options]


def gnutls_cli(port, *options):
    return ["gnutls-cli", "--port", port, "--starttls-proto=smtp",
            *options, "127.0.0.1"]


def message_file(server):
    path = server.folder / "message"
    path.write_bytes(MESSAGE)
    return path


def demand_delivered(server, tls="TLSv1.3,TLS_"):
    line = server.connection(messages=1, refused="none", end="quit")
    if not server.mail:
        line.demand(tls=tls)
        return
    check(line.tls.startswith(tls), line.tls)
    mail = server.mail.take()
    same(mail.message, stored(MESSAGE))
    same((mail.sender, mail.recipients), ("a@b.example", ["c@d.example"]))
    check(" with ESMTPS id " in mail.received, mail.received)


def talk(client):
    """Delivers the message in a dialogue with a program."""
    with client:
        client.ask("EHLO client.example", f"250-{HOSTNAME}\n")
        client.deliver()
        client.ask("QUIT", "221 ")


@case
def s_client_tls12():
    with Server("--tls", "required") as server:
        talk(Program(*s_client(server.port(), "-quiet", "-tls1_2")))
        demand_delivered(
            server, "TLSv1.2,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256")


@case
def s_client_tls13():
    with Server("--tls", "required") as server:
        talk(Program(*s_client(server.port(), "-quiet", "-tls1_3")))
        demand_delivered(server, "TLSv1.3,TLS_AES_256_GCM_SHA384")


@case
@needs("engine")
def c095_every_suite_that_is_offered():
    need("openssl")
    for name, kind in ("ecdsa", "ECDSA"), ("rsa2048", "RSA"):
        with Server("--tls", "required",
                    "--certificate", CERTIFICATES / f"{name}.pem",
                    "--key", CERTIFICATES / f"{name}.key") as server:
            for suite in TLS13_SUITES:
                run(*s_client(server.port(), "-ciphersuites", suite), input=b"")
                server.connection(tls="TLSv1.3," + suite, end="cut-off")
            for suite, iana in TLS12_SUITES.items():
                run(*s_client(server.port(), "-tls1_2", "-cipher",
                              f"ECDHE-{kind}-{suite}"), input=b"")
                server.connection(tls=f"TLSv1.2,TLS_ECDHE_{kind}_WITH_{iana}",
                                  end="cut-off")


# For each kind of certificate, suites that it would do for.
WEAK = {"ecdsa": ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-NULL-SHA"],
        "rsa2048": ["ECDHE-RSA-AES256-SHA", "DHE-RSA-AES128-GCM-SHA256",
                    "AES128-GCM-SHA256", "AES128-SHA", "NULL-SHA256"]}


@case
@needs("engine")
def c096_weak_suites_are_refused():
    """The client's own rules are relaxed, so that it does offer them."""
    need("openssl")
    for name, suites in WEAK.items():
        with Server("--tls", "required",
                    "--certificate", CERTIFICATES / f"{name}.pem",
                    "--key", CERTIFICATES / f"{name}.key") as server:
            for suite in suites:
                text = run(*s_client(server.port(), "-tls1_2", "-cipher",
                                     suite + ":@SECLEVEL=0"),
                           input=b"", status=1)
                check("alert handshake failure" in text, text)
                end = server.connection(tls="failed:no-shared-cipher",
                                        messages=0, refused="none",
                                        end="tls-failed")
                check(end.hello.startswith(
                    "TLSv1.2; cipher suites 1, none allowed: "), end.hello)


@case
@needs("engine")
def what_a_client_offered_is_told():
    need("openssl")
    with Server("--tls", "required") as server:
        run(*s_client(server.port(), "-tls1_3", "-groups", "P-521",
                      "-ciphersuites", "TLS_AES_128_CCM_SHA256:"
                      "TLS_AES_128_GCM_SHA256"), input=b"", status=1)
        end = server.connection(tls="failed:no-shared-cipher", offered="TLSv1.3",
                                end="tls-failed")
        check(re.fullmatch(
            r"TLSv1\.3; cipher suites 2, 1 allowed; groups 1, none allowed: "
            r"secp521r1; signature algorithms \d+, \d+ allowed; certificates "
            r"ECDSA or RSA; allowed TLSv1\.2 or later, ciphers intermediate",
            end.hello), end.hello)
        run(*s_client(server.port()), input=b"")
        server.connection(hello=None, end="cut-off")


def client_version(text):
    """Returns the version in the ClientHello that "s_client -msg" shows."""
    return re.search(r"ClientHello\n    01 (?:\w\w ){3}(\w\w \w\w)", text)[1]


@case
def c095_tls10_and_tls11_are_refused():
    need("openssl")
    relaxed = "-cipher", "DEFAULT@SECLEVEL=0", "-msg"
    with Server("--tls", "required") as server:
        for option, version, name in (("-tls1", "03 01", "TLSv1.0"),
                                      ("-tls1_1", "03 02", "TLSv1.1")):
            text = run(*s_client(server.port(), option, *relaxed), input=b"",
                       status=1)
            same(client_version(text), version)
            check("alert protocol version" in text, text)
            server.connection(tls="failed:no-shared-version", alert="70",
                              offered=name, messages=0, refused="none",
                              end="tls-failed")
        text = run(*s_client(server.port(), "-tls1_2", *relaxed), input=b"")
        same(client_version(text), "03 03")
        server.connection(end="cut-off")


@case
def t17_renegotiation_is_refused():
    with Server("--tls", "required") as server:
        client = Program("sh", "-c", 'exec "$@" 2>&1', "sh",
                         *s_client(server.port(), "-tls1_2", "-crlf"))
        with client:
            while b"\n250 STARTTLS" not in client.unread:
                check(client.receive(), client.unread)
            check(b"Secure Renegotiation IS supported" in client.unread,
                  client.unread)
            client.send_raw(b"EHLO client.example\n")
            while not re.search(rb"\n250 (SIZE|LIMITS) ",
                                client.unread):
                check(client.receive(), client.unread)
            client.unread = b""
            client.send_raw(b"R\n")  # s_client's own command
            text = client.rest()
            check(b"RENEGOTIATING" in text, text)
            check(b"no renegotiation" in text, text)
        server.connection(messages=0, refused="none", end="tls-failed")


@case
def gnutls_cli_delivers():
    with Server("--tls", "required") as server:
        for version in "TLSv1.2", "TLSv1.3":
            talk(Program(*gnutls_cli(
                server.port(), "--no-ca-verification",
                f"--logfile={server.folder}/log", "--priority",
                "NORMAL:-VERS-ALL:+VERS-" + version.replace("v", ""))))
            demand_delivered(server, version + ",TLS_")


@case
def swaks_delivers():
    swaks = [need("swaks"), "--from", "a@b.example", "--to", "c@d.example",
             "--ehlo", "client.example"]
    with Server(*BOTH_PORTS) as server:
        for kind, option in zip(KINDS, ("--tls", "--tls-on-connect")):
            run(*swaks, "--server", f"127.0.0.1:{server.port(kind)}", option,
                "--data", f"@{message_file(server)}")
            demand_delivered(server)


@case
def swaks_without_tls_is_refused():
    swaks = [need("swaks"), "--from", "a@b.example", "--to", "c@d.example",
             "--ehlo", "client.example"]
    with Server("--tls", "required") as server:
        text = run(*swaks, "--server", f"127.0.0.1:{server.port()}",
                   status=None)
        check("530 5.7.0 Must issue a STARTTLS command first" in text, text)
        line = server.connection(tls="none", messages=0, end="quit")
        if server.mail:
            check(line.refused.startswith("tls-required:"), line.refused)
            server.mail.demand_empty()


@case
def curl_delivers():
    curl = [need("curl"), "--silent", "--show-error", "--insecure",
            "--mail-from", "a@b.example", "--mail-rcpt", "c@d.example"]
    with Server(*BOTH_PORTS) as server:
        for kind, option in zip(KINDS, (["--ssl-reqd"], [])):
            for version in "1.2", "1.3":
                run(*curl, *option, "--tlsv" + version, "--tls-max", version,
                    f"{kind}://127.0.0.1:{server.port(kind)}/client.example",
                    "--upload-file", message_file(server))
                demand_delivered(server, f"TLSv{version},TLS_")


@case
def smtplib_delivers():
    with Server(*BOTH_PORTS) as server:
        for name, version in ("TLSv1.2", TLS12), ("TLSv1.3", TLS13):
            context = make_context(version)
            with smtplib.SMTP("127.0.0.1", server.port()) as client:
                client.starttls(context=context)
                client.sendmail("a@b.example", ["c@d.example"], MESSAGE)
            demand_delivered(server, name + ",TLS_")
            if "smtps" not in KINDS:
                continue
            with smtplib.SMTP_SSL("127.0.0.1", server.port("smtps"),
                                  context=context) as client:
                client.sendmail("a@b.example", ["c@d.example"], MESSAGE)
            demand_delivered(server, name + ",TLS_")


@case
def clients_that_check_refuse_the_demonstration():
    with Server("--tls", "required") as server:
        for command in (
                s_client(server.port(), "-verify_return_error", "-tls1_2"),
                s_client(server.port(), "-verify_return_error", "-tls1_3"),
                gnutls_cli(server.port()),
                ["curl", "--ssl-reqd", f"smtp://127.0.0.1:{server.port()}/a"]):
            need(command[0])
            text = run(*command, input=b"", status=None)
            check("self-signed" in text or "NOT trusted" in text, text)
            server.connection(tls="failed:certificate-refused", messages=0,
                              refused="none", end="tls-failed")


main()
