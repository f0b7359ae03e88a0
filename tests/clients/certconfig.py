#!/usr/bin/env python3
"""shakoctl: certconfig, and what listeners make of it; tlsverify."""
import contextlib
import os
import socket
import stat
import tempfile
import threading

from authority import FOLDER, expired, leaf, made, openssl
from client import Client
from dialog import CONFIGURATION, Folder, Terminal, editing, needed
from harness import CONFIG, SHAKOD, Server, case, check, main, run, same

PROMPT = "shakoctl> "


def certconfig(*answers):
    return "certconfig", *answers, ""


def using(listener, *answers):
    return editing(listener, "certificate", *answers, "")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@case
def a_certificate_is_imported_and_used():
    stem = made("plain")
    config = CONFIGURATION.replace('tls = "off"', 'tls = "required"')
    with Server(config=config, files={"inbound.hat": "ALL\n  ACCEPT\n"}) \
            as server, Folder() as folder:
        folder.path, folder.config = server.folder, server.folder / CONFIG
        text = folder.ctl("certconfig", "", "exit")
        check("WARNING: Outbound has no certificate" in text, text)
        text = folder.commit(
            *certconfig("import", "mx", f"{stem}.pem", f"{stem}.key"),
            *using("Outbound", "add", "1", ""))
        for word in ("mx.pem: mx.example.org; ECDSA", "the key fits",
                     "self-signed", "used by Outbound"):
            check(word in text, text)
        for end in "pem", "key":
            same(folder.text(f"mx.{end}"), (FOLDER / f"plain.{end}").read_text())
        same((mode(folder.path / "mx.pem"), mode(folder.path / "mx.key")),
             (0o644, 0o600))
        server.reloaded()
        with Client(server.port("Outbound"), host="127.0.0.2") as client:
            client.greeted().starttls()
            same(client.tls.object.getpeercert(binary_form=True),
                 leaf(stem))


@case
def a_passphrase_is_neither_seen_nor_lost():
    stem = made("sealed", secret="open sesame")
    with Folder() as folder, Terminal(folder) as user:
        user.until(PROMPT)
        for answer in ("certconfig", "import", "sealed", f"{stem}.pem",
                       f"{stem}.key"):
            user.answer(answer, "]>")
        said = user.answer("wrong")
        check("wrong" not in said and "Nothing was imported." in said, said)
        for answer in ("import", "sealed", f"{stem}.pem", f"{stem}.key"):
            user.answer(answer, "]>")
        said = user.answer("open sesame")
        check("sesame" not in said and "imported. Use" in said, said)
        user.answer("", PROMPT)
        for answer in ("listenerconfig", "edit", "1", "certificate", "add",
                       "1"):
            user.answer(answer, "]>")
        user.answer("*.example.org")
        for prompt in "[]>", "[]>", PROMPT:
            user.answer("", prompt)
        said = user.answer("showchanges", PROMPT)
        check("sesame" not in said and "PRIVATE" not in said, said)
        check("sealed.secret: new, and not shown" in said, said)
        user.answer("commit", PROMPT)
        user.type("exit\n")
        user.end()
        same(folder.text("sealed.secret"), "open sesame\n")
        same((mode(folder.path / "sealed.secret"),
              mode(folder.path / "sealed.key")), (0o600, 0o600))
        text = run(SHAKOD, "--check", folder.config)
        check("For: *.example.org" in text, text)


@case
def what_is_no_pair_is_not_imported():
    one, other = made("one"), made("other-key")
    with Folder() as folder, tempfile.TemporaryDirectory() as name:
        os.mkfifo(f"{name}/pipe")
        for chain, key in ((f"{one}.pem", f"{other}.key"),
                           (f"{one}.key", f"{one}.pem"),
                           (f"{one}.none", f"{one}.key"),
                           ("/dev/zero", f"{one}.key"),
                           (str(folder.path), f"{one}.key"),
                           (f"{name}/pipe", f"{one}.key"),
                           (f"{one}.pem", f"{name}/pipe")):
            text = folder.unchanged(*certconfig("import", "../x", "x", chain,
                                                key), "commit", "exit")
            check("Nothing was imported." in text, text)
            check("There are no changes to commit." in text, text)


@case
def the_names_of_a_certificate_do_not_command_a_terminal():
    stem = made("raw", "mx.\x1b[2J\x07.example")
    with Folder() as folder:
        text = folder.ctl(*certconfig("import", "raw", f"{stem}.pem",
                                      f"{stem}.key"), "exit", "y")
        check("raw.pem: mx.?[2J?.example; ECDSA" in text, text)
        check(text.replace("\n", "").isprintable(), repr(text))


@case
def a_certificate_is_replaced_for_good_or_kept():
    old, new = made("old"), made("new")
    with Folder() as folder:
        folder.commit(*certconfig("import", "mx", f"{old}.pem", f"{old}.key"),
                      *using("1", "add", "1", "", "add", "1", "a.example.org"))
        # A second one of its kind for a name is refused.
        text = folder.unchanged(*using("1", "add", "1", ""), "commit", "exit")
        check("There is one of its kind (ECDSA)" in text, text)
        os.chmod(folder.path / "mx.key", 0o640)
        folder.unchanged(*certconfig("import", "mx", "n"), "exit")
        folder.commit(*certconfig("import", "mx", "y", f"{new}.pem",
                                  f"{new}.key"))
        same(folder.text("mx.key"), (FOLDER / "new.key").read_text())
        same(mode(folder.path / "mx.key"), 0o600)
        late = expired()
        text = folder.unchanged(
            *certconfig("import", "mx", "y", f"{late}.pem", f"{late}.key"),
            "commit", "exit", "y", status=1)
        check("mx.pem: it is not valid any more" in text, text)
        folder.commit(*using("1", "delete", "2", "delete", "1"))
        same(folder.text(), CONFIGURATION)


@case
def the_pair_of_old_is_taken_out_as_one():
    stem = made("plain")
    pair = (f'  key = "{stem}.key"    # its key\n  hostname = "a.example"\n'
            f'  certificate = "{stem}.pem"\n')
    config = CONFIGURATION.replace('  hat = "inb', pair + '  hat = "inb')
    with Folder(config) as folder:
        folder.commit(*using("1", "delete", "1"))
        same(folder.text(), CONFIGURATION.replace(
            '  hat = "inb', '      # its key\n  hostname = "a.example"\n'
            '  hat = "inb'))


@case
def a_certificate_is_made():
    with Folder() as folder:
        text = folder.commit(
            *certconfig("new", "own", "a_b..c", "a.example *.b.example", "2",
                        "30", "new", "own", "print", "1"),
            *using("2", "add", "1", ""))
        for word in "RSA", "There is such a certificate", "a.example, *.b.ex":
            check(word in text, text)
        said = openssl("x509", "-in", folder.path / "own.pem", "-noout",
                       "-text")
        for word in ("DNS:a.example, DNS:*.b.example", "CA:FALSE",
                     "2048 bit", "Version: 3", "Server Authentication"):
            check(word in said, said)
        openssl("verify", "-CAfile", folder.path / "own.pem",
                folder.path / "own.pem")
        same(mode(folder.path / "own.key"), 0o600)


@case
def a_request_is_signed_and_imported():
    made("ca")
    with Folder() as folder:
        text = folder.commit(*certconfig("request", "mx", "", "1"))
        request = folder.path / "mx.csr"
        check(request.read_text() in text, text)
        said = openssl("req", "-in", request, "-noout", "-verify", "-text")
        check("DNS:mx.example.org" in said, said)
        openssl("x509", "-req", "-in", request, "-CA", "ca.pem", "-CAkey",
                "ca.key", "-CAcreateserial", "-copy_extensions", "copy",
                "-out", "signed.pem")
        key = folder.text("mx.key")
        folder.commit(*certconfig("import", "mx", f"{FOLDER}/signed.pem", ""),
                      *using("1", "add", "1", ""))
        same(folder.text("mx.key"), key)
        same(mode(folder.path / "mx.key"), 0o600)


def verified(server, domain, trusted=None, status=0, host=None):
    more = {"SSL_CERT_FILE": f"{trusted}.pem"} if trusted else {}
    with Folder() as folder:
        return folder.ctl(
            status=status, env={**os.environ, **more},
            arguments=("tlsverify", domain,
                       host or f"localhost:{server.port()}"))


@case
def tls_is_verified_step_by_step():
    stem = made("verify", host="localhost")
    pair = "--certificate", f"{stem}.pem", "--key", f"{stem}.key"
    with Server("--tls", "required", *pair) as server:
        text = verified(server, "partner.example", stem)
        for word in ("Connected to 127.0.0.1 from interface 127.0.0.1.\n",
                     "TLS connection established: protocol TLSv1.3, cipher "
                     "TLS_", "TLS certificate chain verified.\n",
                     "TLS certificate match localhost.\n",
                     "TLS certificate mismatch partner.example.\n",
                     "TLS certificate verified.\n", "days left",
                     "TLS successfully connected, and verified.\n"):
            check(word in text, text)
        text = verified(server, "partner.example", status=1)
        check("not verified: self-signed certificate" in text, text)
        check("NOT verified" in text, text)
        text = verified(server, "partner.example", stem, status=1,
                        host=f"[127.0.0.1]:{server.port()}")
        check("mismatch 127.0.0.1." in text, text)
        text = verified(server, "localhost", stem,
                        host=f"127.0.0.1:{server.port()}")
        check("TLS certificate match localhost." in text, text)


@case
def without_tls_there_is_nothing_to_verify():
    with Server() as server:
        text = verified(server, "a.example", status=1)
        check("does not offer STARTTLS" in text, text)
    text = verified(None, "a.example", status=1, host="127.0.0.1:1")
    check("failed: Connection refused" in text, text)


class Hostile:
    """A server that says |flights|, and waits for something after each."""

    def __init__(self, *flights):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.flights = flights
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        peer, _ = self.socket.accept()
        with peer, contextlib.suppress(OSError):  # it goes when it likes
            for flight in self.flights:
                peer.sendall(flight)
                peer.recv(4096)

    def port(self):
        return self.socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.thread.join()


@case
def what_a_server_says_is_bounded_and_harmless():
    hello = b"220 a.example\r\n", b"250-a.example\r\n250 starttls\r\n"
    for flights, word in (
            ((b"\x1b[2J SSH\r\n",), "does not speak SMTP: ?[2J SSH"),
            ((b"554 go \x1b[2J\r\n",), "refused: 554 go ?[2J"),
            ((b"220 " + b"a" * 5000,), "a line that is too long"),
            ((b"220-a\r\n" * 300,), "a reply that is too long"),
            ((), "closed the connection"),
            ((hello[0], b"500 what\r\n"), "refused: 500 what"),
            ((hello[0], b"250 STARTTLS\r\n"), "not offer"),
            ((*hello, b"454 later\r\n"), "refused: 454 later"),
            ((*hello, b"220 go\r\n250 injected\r\n"), "in the clear"),
            ((*hello, b"220 go\r\n", b"250 clear\r\n"), "failed: "),
            ((*hello, b"220 go\r\n"), "failed: ")):
        with Hostile(*flights) as server:
            text = verified(server, "a.example", status=1,
                            host=f"127.0.0.1:{server.port()}")
            check(word in text and "\x1b" not in text, text)
            check("TLS did not connect" in text, text)
            same("Checking TLS" in text, word == "failed: ")


@case
def an_interrupt_cuts_a_silent_server_off():
    with Hostile(b"220-wait\r\n") as server, Folder() as folder, \
            Terminal(folder) as user:
        user.until(PROMPT)
        user.answer("listenerconfig")
        for answer in "edit", "1", "tls":
            user.answer(answer, "]>")
        user.answer("2")
        user.answer("")
        user.answer("", PROMPT)
        user.answer(f"tlsverify a.example 127.0.0.1:{server.port()}",
                    "from interface")
        user.interrupt()
        said = user.until(PROMPT)
        check("closed the connection" in said and "cut short" in said, said)
        check("+    tls" in user.answer("showchanges", PROMPT), "")


needed()
main()
