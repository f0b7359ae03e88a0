#!/usr/bin/env python3
"""How shakod starts, how it does not, and how it stops."""
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import tempfile

from client import MESSAGE, Client, stored, stuffed
from harness import CERTIFICATES, SHAKOD, Server, Skip, case, check, main
from harness import refused_start, run, same

MUST = "530 5.7.0 Must issue a STARTTLS command first"


def demand_gone(server):
    """Waits for the end; then the port takes no connection."""
    server.stop()
    try:
        Client(server.port()).socket.close()
    except ConnectionRefusedError:
        return
    check(False, "it still takes connections")


@case
def sigterm_ends_idle_sessions_with_421():
    with Server("--tls", "preferred", "--listen", "127.0.0.1:0",
                "--listen-tls", "127.0.0.1:0", "--workers", "2") as server:
        with Client(server.port()) as fresh, Client(server.port()) as greeted, \
                Client(server.port()) as secured, \
                Client(server.port("smtps")) as silent:
            fresh.expect("220 ")
            greeted.greeted()
            secured.secured()
            silent.send_pieces(b"\x16")  # it is accepted once that is read
            server.signal()
            for client in fresh, greeted, secured:
                client.expect("421 4.3.2 ")
                client.demand_end()
            check(secured.tls.notified, "no close_notify")
            silent.demand_end()  # TLS is not up: no word
        demand_gone(server)
        ends = [server.connection(messages=0, refused="none").end
                for _ in range(4)]
        same(set(ends), {"shutdown"})


@case
def sigterm_waits_for_the_message_in_flight():
    with Server("--tls", "preferred") as server:
        with Client(server.port()) as idle, Client(server.port()) as clear, \
                Client(server.port()) as secured:
            idle.greeted()
            clear.greeted().transaction()
            secured.secured().transaction()
            server.signal()
            idle.expect("421 4.3.2 ")
            for client in clear, secured:
                client.send(stuffed(MESSAGE))
                client.expect("250 2.0.0 Stored")
                client.expect("421 4.3.2 ")
                client.demand_end()
        demand_gone(server)
        for _ in range(3):
            server.connection(end="shutdown")
        for mail in server.mail.take_all():
            same(mail.message, stored(MESSAGE))


@case
def a_second_sigterm_does_not_wait():
    with Server(exit=1) as server:
        with Client(server.port()) as idle, Client(server.port()) as client:
            idle.greeted()
            client.greeted().transaction()
            client.send(b"Subject: a\r\n")
            server.signal()
            idle.expect("421 4.3.2 ")
            server.signal()
            client.demand_end()


@case
def sigint_is_the_same():
    with Server() as server:
        with Client(server.port()) as client:
            client.greeted()
            server.signal(signal.SIGINT)
            client.expect("421 4.3.2 ")
            client.demand_end()


# Options, and a word of the one line that says what is wrong with them.
WRONG = [
    (["--frobnicate"], "--frobnicate"),
    (["-x"], "-x"),
    (["word"], "word"),
    (["--listen"], "--listen"),
    (["--listen", "127.0.0.1"], "127.0.0.1"),
    (["--listen", "127.0.0.1:"], "port"),
    (["--listen", "127.0.0.1:65536"], "port"),
    (["--listen", "127.0.0.1:25x"], "port"),
    (["--listen", ":0"], ":0"),
    (["--listen", "localhost:0"], "localhost"),
    (["--listen", "::1:0"], "brackets"),
    (["--listen", "[127.0.0.1]:0"], "brackets"),
    (["--listen", "192.0.2.1:0"], "192.0.2.1"),  # not ours
    (["--listen-tls", "127.0.0.1"], "--listen-tls"),
    (["--tls", "maybe"], "maybe"),
    (["--tls", ""], "--tls"),
    (["--workers", "0"], "--workers"),
    (["--workers", "65"], "--workers"),
    (["--workers", "2x"], "--workers"),
    (["--max-message-size", "-1"], "--max-message-size"),
    (["--max-message-size", "1G"], "--max-message-size"),
    (["--max-message-size", "99999999999999999999"], "--max-message-size"),
    (["--hostname", "a b"], "a b"),
    (["--hostname", ""], "--hostname"),
    (["--hostname", "x" * 256], "--hostname"),
    (["--discard", "--maildir", "mail"], "--maildir"),
    (["--maildir", "/dev/null/mail"], "/dev/null/mail"),
    (["--hat", "/nowhere/at/all"], "/nowhere/at/all"),
    (["--resolver", "localhost:53"], "--resolver"),
    (["--lookup-timeout", "0"], "--lookup-timeout"),
    (["--max-concurrency", "-1"], "--max-concurrency"),
    (["--name", "a.example"], "--explain"),
    (["--explain", "127.0.0.1", "--name", ""], "--name"),
    (["-c"], "-c"),
    (["--maildir", "/nowhere/at/all"], "/nowhere/at/all"),
    (["--user", "nobody-of-this-name"], "nobody-of-this-name"),
    (["--certificate", str(CERTIFICATES / "ecdsa.pem")], "--key"),
    (["--key", str(CERTIFICATES / "ecdsa.key")], "--certificate"),
    (["--certificate", str(CERTIFICATES / "ecdsa.pem"),
      "--key", str(CERTIFICATES / "other.key")], "other.key"),
]


@case
def what_cannot_work_is_one_line_and_exit_2():
    with tempfile.TemporaryDirectory() as folder:
        for options, word in WRONG:
            more = [] if "--listen" in options else ["--listen", "127.0.0.1:0"]
            line = refused_start(*more, *options, cwd=folder)
            check(word in line, line)


@case
def a_port_in_use_is_one_line_and_exit_2():
    for workers in "1", "2":
        with Server("--workers", workers) as server:
            at = f"127.0.0.1:{server.port()}"
            for other in "1", "2":
                line = refused_start("--discard", "--workers", other,
                                     "--listen", "127.0.0.1:0",
                                     "--listen", at)
                same(line, f"shakod: --listen {at}: Address already in use")


@case
def help_and_version_are_no_errors():
    for option in "--help", "--version":
        check(run(SHAKOD, option) != "", option)


def demand_nobody(server):
    nobody = pwd.getpwnam("nobody")
    status = pathlib.Path(f"/proc/{server.pid}/status").read_text("ascii")
    for name, number in ("Uid", nobody.pw_uid), ("Gid", nobody.pw_gid):
        same(re.search(rf"^{name}:\t(.*)$", status, re.M)[1].split("\t"),
             [str(number)] * 4)
    same(re.search(r"^CapEff:\t(.*)$", status, re.M)[1].strip("0"), "")


@case
def user_drops_root_once_port_and_key_are_there():
    if os.geteuid() != 0:
        raise Skip("not root")
    with tempfile.TemporaryDirectory() as folder:
        keys = pathlib.Path(folder, "keys")  # of mode 0700 and root's
        keys.mkdir(0o700)
        for name in "ecdsa.pem", "ecdsa.key":
            shutil.copy(CERTIFICATES / name, keys)
        os.chmod(folder, 0o755)
        mail = pathlib.Path(folder, "of-nobody")
        mail.mkdir()
        shutil.chown(mail, "nobody")
        with Server("--user", "nobody", "--tls", "required",
                    "--certificate", keys / "ecdsa.pem",
                    "--key", keys / "ecdsa.key", mail=mail / "mail") as server:
            demand_nobody(server)
            with Client(server.port()) as client:
                client.secured().deliver()
            file = server.mail.path / "new" / server.mail.names()[0]
            same(file.owner(), "nobody")
            same(oct(file.stat().st_mode & 0o777), oct(0o600))
        line = refused_start("--listen", "127.0.0.1:0", "--user", "nobody",
                             "--maildir", keys / "mail")
        check("Permission denied" in line, line)


@case
def ipv6():
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError as error:
            raise Skip(f"no IPv6: {error}") from error
    with Server("--listen", "[::1]:0") as server:
        same(server.ports[0][0], "[::1]")
        with Client(server.port(), host="::1") as client:
            client.greeted().deliver()
            port = client.socket.getsockname()[1]
            client.quit()
        same(server.connection(messages=1).peer, f"[::1]:{port}")
        received = server.mail.take().received
        check("from client.example ([IPv6:::1]) by " in received, received)


@case
def several_sockets_of_both_kinds():
    with Server("--tls", "preferred", "--workers", "3",
                "--listen", "127.0.0.1:0", "--listen", "127.0.0.2:0",
                "--listen-tls", "127.0.0.1:0",
                "--listen-tls", "127.0.0.2:0") as server:
        same([(host, kind) for host, _, kind in server.ports],
             [("127.0.0.1", "smtp"), ("127.0.0.2", "smtp"),
              ("127.0.0.1", "smtps"), ("127.0.0.2", "smtps")])
        for host, port, kind in server.ports:
            with Client(port, host=host) as client:
                if kind == "smtps":
                    client.handshake()
                client.greeted()
                client.quit()


@case
def the_last_reply_of_a_refused_flood_arrives():
    """What the peer has sent is read before the socket is closed: else a reset
    would destroy the reply on its way."""
    flood = b"X" * 60000
    with Server("--tls", "required") as server:
        for command, reply in (b"GET / HTTP/1.1", MUST), \
                (b"EHLO a\r\nSTARTTLS\r\nNOOP", "554 5.5.0 "), \
                (b"BDAT x", MUST), (b"QUIT", "221 "):
            for when in "together", "behind":
                with Client(server.port()) as client:
                    client.expect("220 ")
                    if when == "together":
                        client.send(command + b"\r\n" + flood)
                    else:
                        client.send_pieces(command + b"\r\n", flood)
                    client.expect(reply)
                    rest = client.rest()
                    check(rest == b"" or rest.startswith(b"554 5.5.0"), rest)


@case
def a_connection_that_nobody_ends_is_closed():
    """The server waits a moment for the peer's end of the stream, not more."""
    with Server() as server:
        with Client(server.port()) as client:
            client.greeted()
            client.quit()
            server.connection(end="quit")
            server.stop()


main()
