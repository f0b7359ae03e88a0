"""A shakod for a test: on free ports of loopback, ended by its own id."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading


class Server:
    """with Server("--tls", "required") as server: ... server.port ..."""

    def __init__(self, *options, maildir=True):
        self.options = list(options)
        self.folder = tempfile.mkdtemp(prefix="shako-")
        self.mail = os.path.join(self.folder, "mail")
        self.lines = []
        self.ports = {}
        self.changed = threading.Condition()
        if maildir:
            self.options += ["--maildir", self.mail]

    def __enter__(self):
        command = [os.environ["SHAKOD"], "--listen", "127.0.0.1:0",
                   "--listen-tls", "127.0.0.1:0", "--hostname", "mx.example",
                   *self.options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE,
                                        text=True, errors="replace")
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.wait(lambda line: "(smtps)" in line)
        self.wait(lambda line: "(smtp)" in line)
        return self

    def _read(self):
        for line in self.process.stderr:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                found = re.search(r"listening on .*:(\d+) \((smtps?)\)", line)
                if found:
                    self.ports[found[2]] = int(found[1])
                self.changed.notify_all()

    def wait(self, wanted, seconds=20):
        """Waits for a line of the log and returns it."""
        with self.changed:
            found = self.changed.wait_for(
                lambda: next((x for x in self.lines if wanted(x)), None),
                seconds)
        assert found, "no such line in: " + "\n".join(self.lines)
        return found

    @property
    def port(self):
        return self.ports["smtp"]

    @property
    def tls_port(self):
        return self.ports["smtps"]

    def connect(self, port=None):
        sock = socket.create_connection(("127.0.0.1", port or self.port), 20)
        sock.settimeout(20)
        return sock

    def messages(self, folder="new"):
        where = os.path.join(self.mail, folder)
        out = []
        for name in sorted(os.listdir(where)):
            with open(os.path.join(where, name), "rb") as file:
                out.append(file.read())
        return out

    def __exit__(self, *failure):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self.reader.join(10)
        shutil.rmtree(self.folder, ignore_errors=True)
        if not failure[0]:
            assert code == 0, f"shakod ended with {code}: {self.lines[-5:]}"


def converse(sock, *lines):
    """Sends the lines one by one; returns the last line of each reply."""
    replies = []
    file = sock.makefile("rb")
    for line in (None, *lines):
        if line is not None:
            sock.sendall(line.encode("latin-1") + b"\r\n")
        while True:
            reply = file.readline()
            if reply[3:4] != b"-":
                break
        replies.append(reply.decode("latin-1").rstrip("\r\n"))
    return replies
