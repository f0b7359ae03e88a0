#!/usr/bin/env python3
"""AUTH: who has a password may send, by any mechanism, and nobody else."""
import base64
import contextlib
import os
import pty
import re
import select
import signal
import socket
import subprocess
import threading

from client import Client
from harness import (CERTIFICATES, ENGINE, SHAKOD, TIMEOUT, Server, case, check,
                     main, need, refused_start, run, same)
from scram import (NAME, PASSWORD, QUICK, Scram, encoded, has_sasl, need_sasl,
                   secrets)

DENIED = "535 5.7.8 "

HERE = {"certificates": CERTIFICATES, "engine": ENGINE or "mbedtls"}

CONFIG = """hostname = "mx.example.org"
engine = "{engine}"
maildir = "mail"
listener "smtp" {{
  listen = {{"127.0.0.1:0"}}
  passwords = "passwords"
  certificate = "{certificates}/ecdsa.pem"
  key = "{certificates}/ecdsa.key"
  policy {{ tls = "preferred" {policy} }}
  {more}
}}
listener "smtps" {{
  listen = {{"127.0.0.1:0"}}
  implicit_tls = true
  preset = "submission"
  certificate = "{certificates}/ecdsa.pem"
  key = "{certificates}/ecdsa.key"
  passwords = "passwords"
}}
"""


def line(name=NAME, password=PASSWORD):
    """Returns the line that shakod writes."""
    need_sasl()
    return run(SHAKOD, "--password", name, input=password.encode())


class Auth(Server):
    """A shakod on which |lines| may authenticate."""

    def __init__(self, *lines, policy="", more="", table="ALL ACCEPT\n"):
        need_sasl()
        super().__init__(
            config=CONFIG.format(policy=policy, more=more, **HERE),
            files={"passwords": "\n".join(lines or [QUICK]) + "\n",
                   "table": table})

    def write(self, name, text):
        super().write(name, text)
        (self.folder / name).chmod(0o600)


def plain(name=NAME, password=PASSWORD, act_as=""):
    return "AUTH PLAIN " + encoded(f"{act_as}\0{name}\0{password}")


def demand_delivery(client, server, identity, keyword="ESMTPSA"):
    client.deliver()
    mail = server.mail.take()
    same(mail.identity, identity)
    check(f" with {keyword} " in mail.received, mail.received)


@case
def plain_login_and_scram_say_who_it_is():
    with Auth(line()) as server:
        for begin in (
                lambda client: client.ask(plain(), "235 2.7.0 "),
                lambda client: client.ask(plain(act_as=NAME), "235 2.7.0 "),
                lambda client: (
                    client.ask("AUTH LOGIN", "334 VXNlcm5hbWU6"),
                    client.ask(encoded(NAME), "334 UGFzc3dvcmQ6"),
                    client.ask(encoded(PASSWORD), "235 2.7.0 ")),
                lambda client: Scram().prove(client),
                lambda client: Scram(head=f"n,a={NAME},").prove(client)):
            with Client(server.port()) as client:
                begin(client.secured())
                client.ask(plain(), "503 5.5.1 ")
                demand_delivery(client, server, NAME)
                client.quit()


@case
def wrong_ones_are_refused():
    with Auth(policy="max_auth_failures = 100") as server:
        with Client(server.port()) as client:
            client.secured()
            for name, password in ((NAME, "Geheim"), (NAME, PASSWORD + "x"),
                                   ("jim", PASSWORD), ("\u2167", PASSWORD),
                                   ("a\u0221b", PASSWORD)):
                client.ask(plain(name, password), DENIED)
                client.ask("AUTH LOGIN " + encoded(name), "334 ")
                client.ask(encoded(password), DENIED)
                if name.isascii():
                    Scram(name, password).prove(client, DENIED)
            client.ask(plain(act_as="jim"), DENIED)
            Scram(head="n,a=jim,").prove(client, DENIED)
            client.ask("AUTH CRAM-MD5", "504 5.5.4 ")
            client.ask("AUTH SCRAM-SHA-1 biwsbj1qb2Uscj14", "504 5.5.4 ")
            client.deliver()
        same(server.mail.take().identity, None)


@case
def scram_is_held_to_its_own_words():
    with Auth(policy="max_auth_failures = 100") as server:
        with Client(server.port()) as client:
            client.secured()
            for first in ("", "n", "n,,", "n,,n=joe", "n,,r=a,n=joe", "x,,n=joe,"
                          "r=a", "n,,n=joe\0,r=a", "p=tls-exporter,,n=joe,r=a",
                          "n,,n==3d,r=a", "\xff"):
                reply = client.ask("AUTH SCRAM-SHA-256 "
                                   + encoded(first.encode("latin-1")), "")
                if reply.startswith("334"):
                    client.ask("", DENIED)
            for spoil in (lambda text: text.replace("c=", "c=x"),
                          lambda text: text.replace("r=f", "r=g"),
                          lambda text: text[:-4], lambda text: text + "\0",
                          lambda text: ""):
                scram = Scram()
                final = spoil(scram.final(scram.begin(client)))
                client.ask(encoded(final) if final else "", DENIED)
            scram = Scram()
            client.ask(encoded(scram.final(scram.begin(client))), "334 ")
            client.ask(encoded("x"), DENIED)  # its last word is empty
            client.ask("NOOP", "250 ")


@case
def nobody_learns_which_names_there_are():
    with Auth(QUICK, secrets("eve", "x", 5000, b"12345678")) as server:
        salts = []
        for _ in range(2):
            for name in NAME, "jim", "jack":
                with Client(server.port()) as client:
                    said = Scram(name).begin(client.secured())
                    check(said["i"] in ("4096", "5000"), said)
                    same(len(base64.b64decode(said["s"])),
                         16 if said["i"] == "4096" else 8)
                    salts.append(said["s"])
            server.reloaded()
        same(salts[:3], salts[3:])
        same(len(set(salts)), 3)


@case
def c070_not_in_the_clear():
    with Auth() as server:
        with Client(server.port()) as client:
            client.expect("220 ")
            check("AUTH" not in client.ask("EHLO a.example", "250"), "offered")
            client.ask(plain(), "530 5.7.0 ")
            client.ask("AUTH LOGIN", "530 5.7.0 ")
            client.deliver()
        same(server.mail.take().identity, None)
    with Auth(policy='smtp_auth_requires_tls = "off"') as server:
        with Client(server.port()) as client:
            client.greeted().ask(plain(), "235 2.7.0 ")
            demand_delivery(client, server, NAME, "ESMTPA")


@case
def submission_wants_it():
    with Auth() as server:
        with Client(server.port("smtps")) as client:
            client.handshake()
            client.greeted().ask("MAIL FROM:<a@b.example>", "530 5.7.0 ")
            client.ask(plain(), "235 2.7.0 ")
            demand_delivery(client, server, NAME)


@case
def failures_end_the_connection():
    with Auth() as server:
        with Client(server.port()) as client:
            client.secured()
            for _ in range(3):
                client.ask(plain(password="x"), DENIED)
            client.expect("421 4.7.0 ")
            client.demand_end()


@case
def who_is_rejected_may_still_authenticate():
    with Auth(more='delayed_rejection = true hat = "table"',
              table="ALL REJECT\n") as server:
        with Client(server.port()) as client:
            client.secured()
            client.ask("MAIL FROM:<a@b.example>", "250 ")
            client.ask("RCPT TO:<c@d.example>", "550 5.7.1 ")
            client.ask("RSET", "250 ")
            client.ask(plain(), "235 ")
            demand_delivery(client, server, NAME)


@case
def the_loop_does_not_wait_for_a_password():
    with Auth(secrets(NAME, PASSWORD, 600000)) as server:
        with Client(server.port()) as slow, Client(server.port()) as quick:
            slow.secured().send(plain().encode() + b"\r\n")
            slow.settle()
            quick.greeted().deliver()
            quick.quit()
            check(not select.select([slow.socket], [], [], 0)[0], "too late")
            slow.expect("235 ")
        with Client(server.port()) as client:  # leaves before the answer
            client.secured().send(plain().encode() + b"\r\n")
            client.settle()
        with Client(server.port()) as client:
            client.greeted().quit()


@case
def a_flood_of_passwords_is_told_to_come_again():
    with Auth(secrets(NAME, PASSWORD, 100000)) as server, \
            contextlib.ExitStack() as stack:
        flood = [stack.enter_context(Client(server.port())).secured()
                 for _ in range(40)]
        other = stack.enter_context(Client(server.port())).greeted()
        os.kill(server.pid, signal.SIGSTOP)  # it finds all of them at once
        for client in flood:
            client.send(plain().encode() + b"\r\n")
        os.kill(server.pid, signal.SIGCONT)
        other.ask("NOOP", "250 ")
        check(len(select.select([client.socket for client in flood], [], [],
                                0)[0]) < 40, "too late")
        replies = [client.reply() for client in flood]
        late = [client for client, reply in zip(flood, replies)
                if reply == "454 4.7.0 Temporary authentication failure"]
        same(len(late), 8)
        same(sum(reply.startswith("235 2.7.0 ") for reply in replies), 32)
        for client in late:
            client.ask(plain(), "235 2.7.0 ")


@case
def a_reload_changes_who_may():
    with Auth() as server:
        server.write("passwords", secrets("jim", "neu", 4096))
        server.reloaded()
        with Client(server.port()) as client:
            client.secured().ask(plain(), DENIED)
            client.ask(plain("jim", "neu"), "235 ")
        server.write("passwords", "jim:neu\n")
        said = server.reload()
        check(said[0].endswith("passwords:1: not NAME:{SCRAM-SHA-256}"
                               "ITERATIONS,SALT,STORED-KEY,SERVER-KEY"), said)
        with Client(server.port()) as client:
            client.secured().ask(plain("jim", "neu"), "235 ")


@case
def the_file_is_judged():
    name, scheme, rest = re.fullmatch("(.*?):(.*})(.*)", QUICK).groups()
    count, salt, stored, key = rest.split(",")

    def wrong(text, what, line=2, mode=0o600):
        with Auth() as server:
            server.write("passwords", f"# who may\n{text}\n\n")
            (server.folder / "passwords").chmod(mode)
            said = server.reload()[0]
            check(re.search(rf"passwords:{line}: {what}" if line else
                            f"passwords: {what}", said), said)

    def of(name=name, scheme=scheme, count=count, salt=salt, stored=stored,
           key=key):
        return f"{name}:{scheme}{count},{salt},{stored},{key}"

    form, keys = "not NAME:", "not two keys"
    for text in name, f"{name}:", of(scheme="{PLAIN}"), f" # {name}":
        wrong(text, form)
    for text in of(""), of("x" * 256):
        wrong(text, "not a name of 1 to 255")
    for text in of("a\x01b"), of("\xff"), of("\u00aa".encode().decode("latin-1")):
        wrong(text, "the name is not as SASLprep")
    for text in of(count="4095"), of(count=""), of(count="4000001"), of(
            count="-1"), of(count="9" * 30):
        wrong(text, "not 4096 to 4000000 iterations")
    for text in of(salt=""), of(salt="MTIzNDU2Nw=="), of(salt="MTIzNDU2Nz"), of(
            salt="A" * 44), of(salt="MTIzNDU2Nzh="), of(salt="MTIz NDU2Nzg="):
        wrong(text, "not a salt of 8 to 32 octets")
    for text in of(stored=""), of(key=key + "="), of(key=salt), of(
            key=key[:-2] + "x="), f"{name}:{scheme}{count},{salt}", of(
            ) + ",", of() + "\r":
        wrong(text, keys)
    wrong(QUICK + "\n" + QUICK, "this name is there already", 3)
    wrong(QUICK + "\0", "a NUL is in it", 0)
    wrong(QUICK, "everybody can read or write it", 0, 0o604)


def demand_refused(config, text):
    with Server(config='discard = true\nlistener "a" {\n'
                'listen = {"127.0.0.1:0"}\n}') as server:
        server.write("shakod.conf", 'discard = true\nlistener "a" {\n'
                     'listen = {"127.0.0.1:0"}\n' + config + "\n}")
        said = server.reload()[0]
        check(text in said, said)


@case
def what_does_not_go_together_is_refused():
    demand_refused('auth_mechanisms = "PLAIN"',
                   "auth_mechanisms needs passwords")
    demand_refused('auth_mechanisms = "CRAM-MD5"',
                   "shakod.conf:4: auth_mechanisms: "
                   "CRAM-MD5: not of PLAIN, LOGIN, SCRAM-SHA-256 and")
    demand_refused('auth_mechanisms = ""', "no mechanism")
    demand_refused('policy { smtp_auth = "required" }',
                   "nobody can authenticate")


@case
def passwords_need_a_file_and_gnu_sasl():
    demand_refused('passwords = "none"',
                   "none: No such file or directory" if has_sasl() else
                   "none: shakod was built without GNU SASL")


@case
def the_password_is_asked_for_unseen():
    need_sasl()

    def talk(*words):
        """Returns what a terminal shows, and the exit status."""
        pid, fd = pty.fork()
        if pid == 0:
            os.execv(SHAKOD, [SHAKOD, "--password", NAME])
        shown = b""
        for prompt, word in zip((b"Password: ", b"Once more: "), words):
            while prompt not in shown:
                shown += os.read(fd, 1024)
            os.write(fd, word.encode() + b"\n")
        try:
            while octets := os.read(fd, 1024):
                shown += octets
        except OSError:
            pass
        os.close(fd)
        return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    shown, status = talk(PASSWORD, PASSWORD)
    same(status, 0)
    check(PASSWORD not in shown and f"{NAME}:{{SCRAM-SHA-256}}" in shown, shown)
    shown, status = talk(PASSWORD, "another")
    same(status, 2)
    check("not the same twice" in shown, shown)
    for name, password in (("a:b", "x"), ("", "x"), ("#a", "x"), (NAME, ""),
                           (NAME, "x" * 1100), ("x" * 256, "x")):
        check(refused_start("--password", name, input=password.encode()),
              "no line")


def swaks(port, *options, status=0, user=NAME, password=PASSWORD):
    return run(need("swaks"), "--server", f"127.0.0.1:{port}", "--from",
               "a@b.example", "--to", "c@d.example", "--auth-user", user,
               "--auth-password", password, *options, status=status)


@case
def swaks_authenticates():
    with Auth() as server:
        for mechanism in "PLAIN", "LOGIN":
            for port, option in ((server.port(), "-tls"),
                                 (server.port("smtps"), "-tlsc")):
                swaks(port, option, "--auth", mechanism)
                mail = server.mail.take()
                same(mail.identity, NAME)
                check(" with ESMTPSA " in mail.received, mail.received)
                text = swaks(port, option, "--auth", mechanism, status=28,
                             password="falsch")
                check("535 5.7.8 " in text, text)
            text = swaks(server.port(), "--auth", mechanism, status=28)
            check("Host did not advertise authentication" in text, text)
        text = swaks(server.port(), "-tls", "--auth", "CRAM-MD5", status=28)
        check("Auth not attempted" in text, text)
        server.mail.demand_empty()


class Between:
    """Between a client and a server: the client is shown STARTTLS so that it
    finds it (gsasl does not where it is the last keyword)."""

    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.target = port

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _serve(self):
        client, _ = self.listener.accept()
        server = socket.create_connection(("127.0.0.1", self.target), TIMEOUT)
        threading.Thread(target=self._carry, args=(client, server),
                         daemon=True).start()
        self._carry(server, client)

    @staticmethod
    def _carry(source, target):
        try:
            while octets := source.recv(65536):
                target.sendall(octets.replace(
                    b"\r\n250 STARTTLS\r\n",
                    b"\r\n250-STARTTLS\r\n250 HELP\r\n"))
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def gsasl(port, mechanism, *options, status=0, password=PASSWORD):
    return run(need("gsasl"), "--smtp", "--connect", f"127.0.0.1:{port}",
               "--mechanism", mechanism, "--authentication-id", NAME,
               "--password", password, *options, status=status,
               stdin=subprocess.DEVNULL)


def gsasl_in_tls(server, *words, **more):
    with Between(server.port()) as between:
        return gsasl(between.port, *words, "--x509-ca-file=", "--hostname",
                     "mx.example.org", **more)


@case
def gsasl_binds_it_to_the_tls():
    with Auth() as server:
        text = gsasl_in_tls(server, "SCRAM-SHA-256-PLUS")
        check("235 2.7.0 " in text, text)
        text = gsasl_in_tls(server, "SCRAM-SHA-256-PLUS", status=1,
                            password="falsch")
        check(DENIED in text, text)
        # It says that it could, and that it was not offered: it was.
        with Client(server.port()) as client:
            client.secured().ask("AUTH SCRAM-SHA-256 "
                                 + encoded("y,," + Scram().first), DENIED)


@case
def gsasl_authenticates():
    with Auth(policy='smtp_auth_requires_tls = "off"') as server:
        for mechanism in "PLAIN", "LOGIN", "SCRAM-SHA-256":
            text = gsasl(server.port(), mechanism, "--no-starttls")
            check("235 2.7.0 " in text, text)
            text = gsasl_in_tls(server, mechanism, "--no-cb")
            check("235 2.7.0 " in text, text)
            text = gsasl_in_tls(server, mechanism, "--no-cb", status=1,
                                password="falsch")
            check(DENIED in text, text)


main(limit=110)
