#!/usr/bin/env python3
"""The probe and servers of others: each fails the cases that it is known to
fail and no others.  Much of that is a choice that its settings offer, or a
matter of how strict to be; it says that the probe tells servers apart."""
import re
import socket
import subprocess
import time

from harness import CERTIFICATES, TIMEOUT, Skip, case, check, main, same
from postfix import Postfix, free_port
from probing import of, probe

# Of Postfix 3.7 as Debian 12 has it, with its defaults.
POSTFIX = {
    "upgrade-hello", "upgrade-before-hello", "tls-10", "tls-11", "tls-alpn",
    "smuggle-lf-dot-lf", "smuggle-lf-dot-crlf", "smuggle-crlf-dot-lf",
    "smuggle-crlf-dot-crcrlf", "smuggle-crcrlf-dot-crcrlf", "bare-lf",
    "bare-cr", "line-lf", "line-cr", "line-long", "line-nul", "line-hello",
    "path-utf8",
}
POSTFIX_REQUIRED = {
    "required-helo", "required-lhlo", "required-expn", "required-help",
    "required-xclient", "required-unknown", "required-bad-verb",
    "required-bdat", "required-pipeline",
}

# Settings with which it passes some of them.
STRICT = ("smtpd_helo_required = yes", "smtpd_forbid_bare_newline = normalize",
          "smtpd_forbid_bare_newline_exclusions =",
          "smtpd_tls_protocols = >=TLSv1.2")
PASSED_THEN = ("smuggle-", "upgrade-hello", "tls-10", "tls-11")

# Of aiosmtpd 1.4.3, whose policy is for the program that uses it.
AIOSMTPD = {
    "upgrade-twice", "upgrade-before-hello", "tls-alpn", "bare-lf", "bare-cr",
    "line-lf", "line-cr", "line-nul", "line-nul-path", "line-hello",
    "http-get", "http-post", "http-connect", "http-header",
    "limit-recipients",
}
AIOSMTPD_REQUIRED = {"required-bad-verb", "required-long"}

DEBIAN_PYTHON = "/usr/bin/python3"  # which has Debian's packages


def postfix(level, *settings):
    return Postfix(
        f"smtpd_tls_security_level = {level}", "smtpd_error_sleep_time = 0",
        "smtpd_banner = $myhostname ESMTP $mail_version",
        f"smtpd_tls_chain_files = {CERTIFICATES}/ecdsa.key, "
        f"{CERTIFICATES}/ecdsa.pem", *settings)


def version_of(server):
    with socket.create_connection(("127.0.0.1", server.port), TIMEOUT) as one:
        return re.search(rb"ESMTP (\d+\.\d+)", one.recv(1000))[1].decode()


def demand(port, known, *options):
    """Demands that the cases in |known| fail and no others."""
    _, rows = probe(port, "--timeout", "3", *options)
    failed = of(rows, "FAIL")
    same(failed - known, set())
    same(known - failed, set())
    check(len(of(rows, "pass")) > len(failed), rows[None])


def need_version(name, wanted, version):
    """Skips the case where what fails was recorded of another version."""
    if version != wanted:
        raise Skip(f"recorded of {name} {wanted}, and this is {version}")


@case
def postfix_by_default():
    to = "--rcpt", "a@dest.example"
    with postfix("may") as server:
        need_version("Postfix", "3.7", version_of(server))
        demand(server.port, POSTFIX, *to)
    with postfix("encrypt") as server:
        demand(server.port, POSTFIX_REQUIRED, *to, "--only", "required-")


@case
def postfix_that_is_told_to_be_strict():
    with postfix("may", *STRICT) as server:
        for only in PASSED_THEN:
            demand(server.port, set(), "--only", only,
                   "--rcpt", "a@dest.example")


class Aiosmtpd:
    """An aiosmtpd while it is entered, which throws mail away."""

    def __init__(self, *options):
        found = subprocess.run(
            [DEBIAN_PYTHON, "-c", "import aiosmtpd as a; print(a.__version__)"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        if found.returncode != 0:
            raise Skip("no aiosmtpd: tests/deps test")
        need_version("aiosmtpd", "1.4.3", found.stdout.decode().strip())
        self.port = free_port()
        self._options = options

    def __enter__(self):
        self._process = subprocess.Popen(
            [DEBIAN_PYTHON, "-m", "aiosmtpd", "-n", "-c",
             "aiosmtpd.handlers.Sink", "-l", f"127.0.0.1:{self.port}",
             "--tlscert", CERTIFICATES / "ecdsa.pem",
             "--tlskey", CERTIFICATES / "ecdsa.key", *self._options],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        end = time.monotonic() + TIMEOUT
        while not self._listens():
            check(time.monotonic() < end, "aiosmtpd never listens")
            time.sleep(0.02)
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def _listens(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        except OSError:
            return False


@case
def aiosmtpd_by_default():
    with Aiosmtpd("--no-requiretls") as server:
        demand(server.port, AIOSMTPD)
    with Aiosmtpd() as server:
        demand(server.port, AIOSMTPD_REQUIRED, "--only", "required-")


main(limit=110)
