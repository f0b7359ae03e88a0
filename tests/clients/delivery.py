#!/usr/bin/env python3
"""What shakod writes, in which order, and what is left when it cannot."""
import contextlib
import os
import pathlib
import re
import resource
import socket
import struct
import subprocess
import sys
import tempfile

from client import MESSAGE, Client, stored, stuffed
from harness import Server, Skip, case, check, main, need, run, same

BIG = b"Subject: big\r\n\r\n" + (b"x" * 70 + b"\r\n") * 4000


def demand_received(mail, start, keyword):
    """Demands a Received field as RFC 5321 4.4 has it, and of a message that
    came inside TLS RFC 8314 4.3."""
    tls = r" tls TLS_\w+" if keyword.endswith("S") else ""
    check(re.fullmatch(
        rf"Received: {re.escape(start)} by mx\.example\.org with {keyword} "
        rf"id \w+ for <c@d\.example>{tls}; "
        r"\w{3}, \d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d \+0000",
        mail.received), mail.received)


@case
def c101_received_says_how_it_came():
    with Server("--tls", "preferred") as server:
        for hello, keyword in ("HELO", "SMTP"), ("EHLO", "ESMTP"):
            with Client(server.port()) as client:
                client.expect("220 ")
                client.ask(hello + " a.example", "250")
                client.deliver()
            mail = server.mail.take()
            demand_received(mail, "from a.example ([127.0.0.1])", keyword)
            same(mail.message, stored(MESSAGE))
        with Client(server.port()) as client:
            client.secured().deliver()
        demand_received(server.mail.take(),
                        "from client.example ([127.0.0.1])", "ESMTPS")


@case
def the_envelope_is_the_head_of_the_file():
    recipients = ["c@d.example", "Postmaster", '"c c"@d.example',
                  "c@[192.0.2.1]", "c@d.example"]
    with Server() as server:
        with Client(server.port()) as client:
            client.greeted()
            client.transaction(*recipients)
            client.send(stuffed(MESSAGE))
            name = client.expect("250 2.0.0 Stored as ").split()[-1]
            files = server.mail.names()
            check(len(files) == 1 and f".{name}." in files[0], files)
            check(files[0].endswith(".mx.example.org"), files)
            mail = server.mail.take()
            same((mail.sender, mail.recipients), ("a@b.example", recipients))
            check(" for " not in mail.received, mail.received)
            same(mail.message, stored(MESSAGE))
            client.ask("MAIL FROM:<>", "250 ")
            client.ask("RCPT TO:<c@d.example>", "250 ")
            client.ask("DATA", "354 ")
            client.send(b"\r\n.\r\n")
            client.expect("250 ")
            mail = server.mail.take()
            same((mail.sender, mail.recipients), ("", ["c@d.example"]))
            same(mail.message, b"\n")
            client.quit()
        server.connection(tls="none", messages=2, refused="none", end="quit")


@case
def t13_a_message_is_not_read_for_commands():
    text = b"STARTTLS\r\nQUIT\r\nSTARTTLS: a\r\n\r\nSTARTTLS\r\n.STARTTLS"
    with Server("--tls", "preferred") as server:
        with Client(server.port()) as client:
            client.greeted().deliver(text)
            client.starttls()
            client.ask("EHLO a.example", "250-")
            client.deliver(text)
        for mail in server.mail.take_all():
            same(mail.message, stored(text))


@case
def t42_a_thousand_recipients_in_one_write():
    with Server() as server:
        with Client(server.port()) as client:
            client.greeted()
            client.send(b"MAIL FROM:<a@b.example>\r\n"
                        + b"RCPT TO:<c@d.example>\r\n" * 1001 + b"NOOP\r\n")
            client.expect("250 2.1.0 ")
            for _ in range(1000):
                client.expect("250 2.1.5 ")
            client.expect("452 4.5.3 ")
            client.expect("250 2.0.0 ")
            client.ask("DATA", "354 ")
            client.send(stuffed(MESSAGE))
            client.expect("250 2.0.0 ")
        same(len(server.mail.take().recipients), 1000)


@case
def c059_the_size_limit():
    with Server("--max-message-size", "1000") as server:
        with Client(server.port()) as client:
            client.expect("220 ")
            check("SIZE 1000" in client.ask("EHLO a.example", "250-"), "SIZE")
            client.ask("MAIL FROM:<a@b.example> SIZE=1001", "552 5.3.4 ")
            for dots in 1000, 1001:
                client.transaction()
                client.send(stuffed(b"." * (dots - 2)))
                client.expect("250 " if dots == 1000 else "552 5.3.4 ")
            server.mail.take()
            client.transaction()
            client.send(stuffed(BIG) + b"NOOP\r\n")
            client.expect("552 5.3.4 ")
            client.expect("250 2.0.0 ")
            server.mail.demand_empty()
            client.quit()
        server.connection(messages=1, refused="message-too-big:3", end="quit")


@case
def discarded_mail_is_accepted_and_gone():
    with Server("--discard") as server:
        with Client(server.port()) as client:
            client.greeted().deliver()
            client.quit()
        server.connection(messages=1, end="quit")
        same([file.name for file in server.folder.iterdir()], [])


CALLS = "fsync,fdatasync,rename,renameat,renameat2,write,writev,sendto,sendmsg"


def finished_calls(text):
    """Returns what strace saw as (number of the line where the call began,
    that of the line where it ended, the call)."""
    calls = []
    begun = {}
    for number, line in enumerate(text.splitlines()):
        thread, call = line.split(None, 1)
        if call.endswith(" <unfinished ...>"):
            begun[thread] = number, call.removesuffix(" <unfinished ...>")
        elif call.startswith("<... "):
            first, head = begun.pop(thread)
            calls.append((first, number, head + call.split(" resumed>", 1)[1]))
        else:
            calls.append((number, number, call))
    return calls


def demand_order(calls, steps):
    """Demands that each of the |steps| began when the one before had ended,
    and without an error."""
    after = -1
    for what, pattern in steps:
        found = [(begin, end, call) for begin, end, call in calls
                 if begin > after and re.search(pattern, call)]
        check(found, f"not seen in this order: {what}; calls: {calls}")
        check(" = -1 " not in found[0][2], found[0])
        after = found[0][1]


@case
def the_250_is_sent_once_file_and_folder_are_synced():
    strace = need("strace")
    if subprocess.run([strace, "-o", "/dev/null", "true"], check=False,
                      stderr=subprocess.DEVNULL).returncode != 0:
        raise Skip("ptrace is not permitted")
    with tempfile.TemporaryDirectory() as folder:
        fifo = folder + "/trace"
        os.mkfifo(fifo)
        trace = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        # -D: shakod is our child and not strace's; -y: paths of descriptors;
        # -E: a sanitizer cannot look for leaks where another one traces
        with Server(wrap=[strace, "-D", "-f", "-y", "-s", "200", "-o", fifo,
                          "-E", "ASAN_OPTIONS=detect_leaks=0",
                          "-e", "trace=" + CALLS]) as server:
            with Client(server.port()) as client:
                client.greeted().deliver()
                client.quit()
            server.stop()
            os.set_blocking(trace, True)
            with open(trace, encoding="latin-1") as file:
                calls = finished_calls(file.read())
            tmp, new = server.mail.path / "tmp", server.mail.path / "new"
        demand_order(calls, [
            ("EHLO's reply leaves in one write",
             r'^(write|send)\w*\(.*"250-mx\..*250 LIMITS [^\\]+\\r\\n"'),
            ("the file is written", rf"^write\(\d+<{tmp}/"),
            ("the file is synced", rf"^f(data)?sync\(\d+<{tmp}/"),
            ("it is renamed", rf"^rename\w*\(.*{tmp}.*{new}"),
            ("the folder is synced", rf"^fsync\(\d+<{new}>"),
            ("the 250 is sent", r'^(write|send)\w*\(.*"250 2\.0\.0 Stored'),
        ])


def demand_too_big(server):
    """Demands that BIG is refused, leaves nothing, and harms nobody."""
    with Client(server.port()) as client:
        client.greeted()
        client.transaction()
        client.send(stuffed(BIG) + b"NOOP\r\n")
        client.expect("452 4.3.1 ")
        client.expect("250 2.0.0 ")
        server.mail.demand_empty()
        client.deliver()
        client.quit()
    server.line("message not stored: ")
    server.connection(messages=1, refused="application:1", end="quit")
    same(server.mail.take().message, stored(MESSAGE))


@contextlib.contextmanager
def small_disk(options):
    """Mounts a folder in memory, for as long as it is needed."""
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid() != 0 or subprocess.run(
                ["mount", "-t", "tmpfs", "-o", options, "shako", folder],
                stderr=subprocess.DEVNULL, check=False).returncode != 0:
            raise Skip("cannot mount")
        try:
            yield pathlib.Path(folder)
        finally:
            run("umount", folder)


@case
def a_full_disk_is_452():
    with small_disk("size=128k") as folder:
        with Server(mail=folder / "mail") as server:
            demand_too_big(server)


@case
def a_disk_without_room_for_one_more_file_is_452():
    with small_disk("nr_inodes=6") as folder:  # it, mail, and three in that
        with Server(mail=folder / "mail") as server:
            with Client(server.port()) as client:
                client.greeted().deliver()
                client.ask("MAIL FROM:<>", "250 ")
                client.ask("RCPT TO:<c@d.example>", "250 ")
                client.ask("DATA", "452 4.3.1 ")
                server.mail.take()
                client.ask("DATA", "354 ")
                client.send(stuffed(MESSAGE))
                client.expect("250 ")


@case
def a_file_that_may_not_grow_is_452():
    def prepare():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100000, 100000))

    with Server(prepare=prepare) as server:
        demand_too_big(server)


@case
def a_lost_folder_is_452():
    with Server() as server:
        with Client(server.port()) as client:
            client.greeted()
            client.transaction()
            (server.mail.path / "new").rmdir()
            client.send(stuffed(MESSAGE))
            client.expect("452 4.3.1 ")
            same(server.mail.unfinished(), [])
            (server.mail.path / "tmp").rmdir()
            client.ask("MAIL FROM:<>", "250 ")
            client.ask("RCPT TO:<c@d.example>", "250 ")
            client.ask("DATA", "452 4.3.1 ")
            client.ask("RSET", "250 ")
            client.quit()
        server.connection(messages=0, refused="application:2", end="quit")


HALF = """
from client import MESSAGE, Client, stuffed
with Client({port}) as client:
    client.{begin}().transaction()
    client.send(stuffed(MESSAGE)[:-3])
    client.settle()
    print(flush=True)
    input()
"""


@case
def a_killed_client_leaves_nothing():
    here = pathlib.Path(__file__).parent
    with Server("--tls", "preferred") as server:
        for begin in "greeted", "secured":
            script = HALF.format(port=server.port(), begin=begin)
            with subprocess.Popen([sys.executable, "-c", script], cwd=here,
                                  stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE) as client:
                client.stdout.readline()
                same(len(server.mail.unfinished()), 1)
                client.kill()
            server.connection(messages=0, end="cut-off")
            server.mail.demand_empty()


@case
def a_reset_leaves_nothing():
    with Server() as server:
        with Client(server.port()) as client:
            client.greeted()
            client.transaction()
            client.send(stuffed(MESSAGE)[:-3])
            client.settle()
            same(len(server.mail.unfinished()), 1)
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                     struct.pack("ii", 1, 0))
        server.connection(messages=0, refused="none", end="lost")
        server.mail.demand_empty()


main()
