#!/usr/bin/env python3
"""Runs the examples that are one small server each, with real clients.

    examples_test.py PROGRAM...

What is demanded of a program goes by its name.  Each case prints one line;
exit status 1 if one failed.
"""

import concurrent.futures
import json
import pathlib
import queue
import signal
import smtplib
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback

CERTIFICATES = pathlib.Path(__file__).parent / "certificates"
TIMEOUT = 30
MESSAGE = "Subject: through the gate\r\n\r\n.Guarded by\r\na tall hat.\r\n"
TABLE = '$TLS ACCEPT {{ tls = "{}" }}\nALL $TLS\n'


def check(condition, text):
    if not condition:
        raise AssertionError(text)


class Server:
    """A program that serves, until it is left; then it is told to end."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen(
            [program, *map(str, arguments)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        self.said = ""
        self.readers = [threading.Thread(target=self._read_lines),
                        threading.Thread(target=self._read_output)]
        for reader in self.readers:
            reader.start()
        self.port = int(self.line("listening on ").rsplit(":", 1)[1])

    def _read_lines(self):
        for line in self.process.stderr:
            self.lines.put(line.rstrip("\n"))

    def _read_output(self):
        for line in self.process.stdout:
            self.said += line

    def line(self, part):
        """Waits for a line with |part| in it, and returns it."""
        end = time.monotonic() + TIMEOUT
        try:
            while True:
                line = self.lines.get(timeout=max(0, end - time.monotonic()))
                if part in line:
                    return line
        except queue.Empty:
            raise AssertionError(f"no line with {part!r}") from None

    def stop(self):
        self.process.terminate()
        self.process.wait(TIMEOUT)
        for reader in self.readers:
            reader.join(TIMEOUT)
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.stop()

    def client(self, tls=True):
        client = smtplib.SMTP("127.0.0.1", self.port, "client.example",
                              timeout=TIMEOUT)
        if tls:
            # The demonstration certificate, or one of the tests.
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            client.starttls(context=context)
        return client

    def send(self, tls=True):
        with self.client(tls) as client:
            client.sendmail("alice@client.example",
                            ["bob@mx.example.org", "eve@mx.example.org"],
                            MESSAGE)


def files(folder):
    return sorted(pathlib.Path(folder).iterdir())


def check_stored(text):
    """Judges a file: envelope, trace and message, with their line ends."""
    head, body = text[:-len(MESSAGE)], text[-len(MESSAGE):]
    check(body == MESSAGE, f"not the message: {body!r}")
    check(head.count("\n") == head.count("\r\n"), f"line ends: {head!r}")
    check(head.startswith("Return-Path: <alice@client.example>\r\n"
                          "Delivered-To: <bob@mx.example.org>\r\n"
                          "Delivered-To: <eve@mx.example.org>\r\n"
                          "Received: from client.example ([127.0.0.1])"),
          f"head: {head!r}")


def read(path):
    return path.read_bytes().decode()


def refused_in_the_clear(server):
    try:
        server.send(tls=False)
    except smtplib.SMTPSenderRefused as error:
        check(error.smtp_code == 530, f"refused with {error.smtp_code}")
        return True
    return False


# What all loops do.

def a_message_is_stored(program, folder):
    with Server(program, 0, folder) as server:
        server.send()
        record = json.loads(server.line('"type":"connection"'))
        server.send(tls=False)
    first, second = sorted(map(read, files(folder)), key=len, reverse=True)
    check_stored(first)
    check_stored(second)
    check(" with ESMTPS id" in first, first)
    check(" with ESMTP id" in second, second)
    check(record["tls"]["outcome"] == "preferred-ok" and
          record["messages"] == 1 and record["how"] == "quit", record)


def many_at_once(program, folder):
    with Server(program, 0, folder) as server, \
            concurrent.futures.ThreadPoolExecutor(20) as pool:
        for done in [pool.submit(server.send) for _ in range(60)]:
            done.result(TIMEOUT)
    found = files(folder)
    check(len(found) == 60, f"{len(found)} files")
    for path in found:
        check(path.name[0] != ".", f"{path.name}: not complete")
        check_stored(read(path))


def who_leaves_leaves_nothing(program, folder):
    with Server(program, 0, folder) as server:
        client = server.client()
        client.ehlo()
        client.mail("alice@client.example")
        client.rcpt("bob@mx.example.org")
        client.putcmd("DATA")
        client.getreply()
        client.send("Subject: cut off\r\n")
        client.close()
        record = json.loads(server.line('"type":"connection"'))
    check(record["how"] in ("cut-off", "lost"), record["how"])
    check(not files(folder), f"{files(folder)}")


def the_table_decides(program, folder):
    with tempfile.NamedTemporaryFile("w") as table:
        table.write(TABLE.format("required"))
        table.flush()
        with Server(program, 0, folder, table.name) as server:
            check(refused_in_the_clear(server), "served in the clear")
            server.send()
    check(len(files(folder)) == 1, "not one file")


def a_mistake_is_told(program, folder):
    with tempfile.NamedTemporaryFile("w") as table:
        table.write("ALL $NOBODY\n")
        table.flush()
        made = subprocess.run([program, "0", folder, table.name], text=True,
                              capture_output=True, timeout=TIMEOUT,
                              check=False)
    check(made.returncode == 2, f"exit {made.returncode}")
    check(made.stderr.startswith(f"{table.name}:1:5: "), made.stderr)


# What one of them does.

def peers_hear_of_the_end(program, folder):
    with Server(program, 0, folder) as server:
        client = server.client()
        server.process.terminate()
        code, text = client.getreply()
        client.close()
        check(code == 421, f"{code} {text}")
        check(server.stop() == 0, f"exit {server.process.returncode}")


def it_ends_with_peers(program, folder):
    with Server(program, 0, folder) as server:
        client = server.client()
        check(server.stop() == 0, f"exit {server.process.returncode}")
        client.close()


def a_reload_is_for_new_ones(program, folder):
    with tempfile.NamedTemporaryFile("w") as table:
        table.write(TABLE.format("preferred"))
        table.flush()
        with Server(program, 0, folder, table.name) as server:
            old = server.client(tls=False)
            table.seek(0)
            table.write(TABLE.format("required") + "# and no more of it\n")
            table.flush()
            server.process.send_signal(signal.SIGHUP)
            server.line("threads: reloaded")
            check(refused_in_the_clear(server), "as before the reload")
            old.sendmail("alice@client.example", "bob@mx.example.org", MESSAGE)
            old.quit()
            table.seek(0)
            table.write("?")
            table.flush()
            server.process.send_signal(signal.SIGHUP)
            server.line("threads: not reloaded")
            check(refused_in_the_clear(server), "a mistake took its place")


# The others.

def a_filter(program, _):
    lines = ["EHLO client.example", "MAIL FROM:<a@client.example>",
             "RCPT TO:<b@pipe.example>", "DATA",
             MESSAGE.replace("\r\n.", "\r\n..") + ".", "QUIT"]
    wanted = ["220", "250", "250", "250", "354", "250", "221"]
    got = []
    with subprocess.Popen([program], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as pipe:
        killer = threading.Timer(TIMEOUT, pipe.kill)
        killer.start()
        for line in pipe.stdout:
            if line[3:4] == b" ":
                got.append(line[:3].decode())
            if line[3:4] == b" " and lines:
                pipe.stdin.write(lines.pop(0).encode() + b"\r\n")
                pipe.stdin.flush()
        told = pipe.stderr.read().decode()
        killer.cancel()
    check(got == wanted, got)
    check("pipe: mail to b@pipe.example\n" in told and
          told.endswith("pipe: over: quit\n"), told)


def mail_goes_to_standard_output(program, _):
    with Server(program, 0, CERTIFICATES / "ecdsa.pem",
                CERTIFICATES / "ecdsa.key") as server:
        server.send()
        server.stop()
        check(server.said == MESSAGE.replace("\r\n", "\n"), server.said)


LOOP = [a_message_is_stored, many_at_once, who_leaves_leaves_nothing,
        the_table_decides, a_mistake_is_told]
CASES = {
    "pipe": [a_filter],
    "minimal": [mail_goes_to_standard_output],
    "own_tls": [mail_goes_to_standard_output],
    "poll_loop": LOOP + [peers_hear_of_the_end],
    "threads": LOOP + [a_reload_is_for_new_ones],
    "libevent_loop": LOOP + [it_ends_with_peers],
}


def run(case, program):
    name = f"{pathlib.Path(program).name}: {case.__name__}"
    try:
        with tempfile.TemporaryDirectory() as folder:
            case(program, folder)
    except Exception:
        print(f"FAIL {name}\n{traceback.format_exc()}")
        return False
    print(f"ok {name}")
    return True


def main() -> int:
    results = [run(case, program) for program in sys.argv[1:]
               for case in CASES[pathlib.Path(program).name]]
    return int(not results or False in results)


sys.exit(main())
