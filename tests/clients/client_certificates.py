#!/usr/bin/env python3
"""Clients' certificates: who is verified, by whom, and what the others are told,
with the clients that people use."""
import pathlib
import smtplib
import ssl

from authority import FOLDER
from client import TLS12, TLS13, make_context
from harness import CONFIG, ENGINE, SHAKOD, Server, case, check, main, need, \
    run, same

CERTIFICATES = (pathlib.Path(__file__).parent.parent / "certificates"
                / "clients").resolve()

CONFIGURATION = """
discard = true
hostname = "mx.example.org"
engine = "{engine}"
listener "smtp" {{
  listen = {{"127.0.0.1:0"}}
  {implicit}
  {files}
  policy {{
    tls = "required"
    {policy}
  }}
}}
"""
REFUSAL = b"Your certificate is not verified"


def configured(policy='tls_verify = "on"', authority="authority.pem",
               crl=None, implicit=False):
    files = ""
    if authority:
        files += f'client_authorities = "{CERTIFICATES / authority}"\n'
    if crl:
        files += f'client_revocations = "{CERTIFICATES / crl}"\n'
    return CONFIGURATION.format(
        engine=ENGINE or "mbedtls", files=files, policy=policy,
        implicit="implicit_tls = true" if implicit else "")


def context_of(name, version=None):
    context = make_context(version)
    if name:
        context.load_cert_chain(CERTIFICATES / f"{name}.pem",
                                CERTIFICATES / f"{name}.key")
    return context


def send(server, name, version=None):
    """Sends a message; returns the reply to the EHLO inside TLS."""
    with smtplib.SMTP("127.0.0.1", server.port(), timeout=30) as smtp:
        smtp.ehlo("client.example")
        same(smtp.starttls(context=context_of(name, version))[0], 220)
        code, text = smtp.ehlo("client.example")
        if code == 250:
            smtp.sendmail("a@b.example", ["c@d.example"], b"Subject: x\r\n\r\nx")
        else:
            check(REFUSAL in text, f"{code} {text}")
            for command in "NOOP", "RSET", "MAIL FROM:<a@b.example>", "FOO":
                same(smtp.docmd(command)[0], 554)
        same(smtp.quit()[0], 221)
        return code


def demand(server, name, code, client, version=None):
    same(send(server, name, version), code)
    server.connection(client=client, messages=int(code == 250), end="quit")


@case
def who_is_verified():
    with Server(config=configured()) as server:
        for version in TLS12, TLS13:
            for name in "good", "rsa", "plain", "below":
                demand(server, name, 250, "verified", version)
            for name, why in ((None, "absent"), ("expired", "expired"),
                              ("future", "not-yet-valid"),
                              ("server", "purpose"), ("weak", "weak"),
                              ("stranger", "untrusted"),
                              ("alone", "untrusted"),
                              ("of-leaf", "untrusted")):
                if name == "weak" and not loads("weak"):
                    continue
                demand(server, name, 554, f"unverified:{why}", version)


def loads(name):
    """Whether this machine's OpenSSL takes the certificate for its own."""
    try:
        context_of(name)
        return True
    except ssl.SSLError:
        return False


@case
def who_is_revoked():
    with Server(config=configured(crl="authority.crl")) as server:
        demand(server, "good", 250, "verified")
        demand(server, "revoked", 554, "unverified:revoked")
    with Server(config=configured(crl="stale.crl")) as server:
        demand(server, "good", 554, "unverified:no-crl")


@case
def fingerprints_stand_for_an_authority():
    digests = []
    for form in "x509", "pkey":
        if form == "x509":
            text = run(need("openssl"), "x509", "-in",
                       CERTIFICATES / "alone.pem", "-noout", "-fingerprint",
                       "-sha256")
            digests.append(text.strip().split("=")[1])
        else:
            run(need("openssl"), "pkey", "-in", CERTIFICATES / "alone.key",
                "-pubout", "-outform", "DER", "-out", FOLDER / "alone.spki")
            text = run(need("openssl"), "dgst", "-sha256", "-r",
                       FOLDER / "alone.spki")
            digests.append(text.split()[0])
    for digest in digests:
        policy = f'tls_verify = "on"\nclient_fingerprints = "{digest}"'
        with Server(config=configured(policy, authority=None)) as server:
            demand(server, "alone", 250, "verified:untrusted")
            demand(server, "good", 554, "unverified:untrusted")


@case
def a_certificate_for_servers_does_where_it_may():
    policy = 'tls_verify = "on"\nclient_purpose = "any"'
    with Server(config=configured(policy)) as server:
        demand(server, "server", 250, "verified:purpose")
        demand(server, "stranger", 554, "unverified:untrusted")


@case
def a_request_refuses_nobody():
    policy = 'tls_request_certificate = "on"'
    with Server(config=configured(policy)) as server:
        for name, client in ((None, "unverified:absent"), ("good", "verified"),
                             ("expired", "unverified:expired"),
                             ("alone", "unverified:untrusted")):
            demand(server, name, 250, client)


@case
def nobody_is_asked_by_default():
    with Server(config=configured("")) as server:
        demand(server, "good", 250, None)


@case
def a_port_that_is_always_tls_says_no_in_its_greeting():
    with Server(config=configured(implicit=True)) as server:
        with smtplib.SMTP_SSL("127.0.0.1", server.port(), timeout=30,
                              context=context_of("good")) as smtp:
            same(smtp.ehlo("client.example")[0], 250)
        server.connection(client="verified")
        try:
            smtplib.SMTP_SSL("127.0.0.1", server.port(), timeout=30,
                             context=context_of(None))
            check(False, "it was greeted")
        except smtplib.SMTPConnectError as error:
            same(error.smtp_code, 554)
            check(REFUSAL in error.smtp_error, error)
        server.connection(client="unverified:absent")


@case
def the_clients_that_people_use():
    good = CERTIFICATES / "good.pem", CERTIFICATES / "good.key"
    with Server(config=configured()) as server:
        port = server.port()
        text = run(need("openssl"), "s_client", "-starttls", "smtp", "-quiet",
                   "-connect", f"127.0.0.1:{port}", "-cert", good[0], "-key",
                   good[1], input=b"NOOP\r\nQUIT\r\n")
        check("250 2.0.0" in text and "221 2.0.0" in text, text)
        server.connection(client="verified")
        text = run(need("gnutls-cli"), "--insecure",
                   "--starttls-proto=smtp", f"--port={port}",
                   f"--x509certfile={good[0]}", f"--x509keyfile={good[1]}",
                   "--crlf", "127.0.0.1", input=b"NOOP\nQUIT\n")
        check("250 2.0.0" in text, text)
        server.connection(client="verified")
        mail = FOLDER / "mail"
        mail.write_text("Subject: x\r\n\r\nx\r\n")
        for pair, status in ((good, 0), (None, 9)):
            options = ["--cert", pair[0], "--key", pair[1]] if pair else []
            run(need("curl"), "-sS", "--ssl-reqd", "-k", "--url",
                f"smtp://127.0.0.1:{port}", "--mail-from", "a@b.example",
                "--mail-rcpt", "c@d.example", "--upload-file", mail, *options,
                status=status)
        server.connection(client="verified", messages=1)
        server.connection(client="unverified:absent", messages=0)


@case
def what_cannot_work_is_refused_at_the_start():
    for config, wanted in (
            (configured(authority=None),
             "policy.tls_verify: nobody can be verified"),
            (configured(authority="missing.pem"),
             "missing.pem: cannot be read: no such file"),
            (configured(authority="good.pem"), "no authority's"),
            (configured(authority=None, crl="authority.crl"),
             "client_revocations needs client_authorities"),
            (configured('client_fingerprints = "11"'),
             "not the 64 hexadecimal digits")):
        path = FOLDER / CONFIG
        path.write_text(config, "ascii")
        text = run(SHAKOD, "-c", path, status=2)
        check(wanted in text, text)


if __name__ == "__main__":
    main(limit=120)
