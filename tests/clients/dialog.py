"""What the tests of shakoctl share: a folder with a configuration, and somebody
who answers, through a pipe or at a terminal."""
import fcntl
import os
import pathlib
import pty
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time

from harness import CONFIG, SHAKOD, TIMEOUT, check, run, same

SHAKOCTL = os.environ.get("SHAKOCTL",
                          str(pathlib.Path(SHAKOD).parent / "shakoctl"))

CONFIGURATION = """# The site's own words.
maildir = "mail"          # a folder
hostname = "mx.example.org"
discard = false           /* it's kept */

listener "Inboundmail" {  // the mail exchanger
  type = "public"
  listen = {"127.0.0.1:0"}
  interface = "PublicNet (192.168.2.1/24)"
  hat = "inbound.hat"     # who may do what
  policy {
    # Nothing is agreed yet.
    banner_text = 'it''s'
  }
}

listener Outbound { listen = {"127.0.0.2:0"} type = private policy { tls = "off" } }
""".replace("'it''s'", "\"it's \\\"#1\\\" {}\"")

TABLE = """# who may do what
$BLOCKED
    REJECT
BLACKLIST:
    192.0.2.7
        $BLOCKED (never again)
ALL
    ACCEPT
"""

MENU = "[]>"


class Folder:
    """A configuration and its files."""

    def __init__(self, config=CONFIGURATION, **files):
        self.folder = tempfile.TemporaryDirectory(prefix="shakoctl-")
        self.path = pathlib.Path(self.folder.name)
        self.config = self.path / CONFIG
        for name, text in {CONFIG: config, "inbound.hat": TABLE,
                           **files}.items():
            if text is not None:
                (self.path / name).write_text(text, "utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def files(self):
        """Returns all that is in it: contents, modes, and numbers."""
        return {path.name: (path.read_bytes(), path.stat().st_mode,
                            path.stat().st_ino)
                for path in self.path.iterdir()}

    def text(self, name=CONFIG):
        return (self.path / name).read_text("utf-8")

    def ctl(self, *answers, status=0, end="\n", arguments=(), **more):
        """Answers through a pipe, a line each; returns what was said."""
        return run(SHAKOCTL, "-c", self.config, *arguments, status=status,
                   input=("\n".join(answers) + end).encode(), **more)

    def commit(self, *answers):
        """Answers, commits what came of it, and returns what was said."""
        text = self.ctl(*answers, "commit", "exit")
        check("Changes committed.\n" in text, text)
        run(SHAKOD, "--check", self.config)
        return text

    def unchanged(self, *answers, **more):
        """Answers what must change no file."""
        before = self.files()
        text = self.ctl(*answers, **more)
        same(self.files(), before)
        return text


def editing(listener, *answers):
    """Answers that edit a listener, from the prompt and back to it."""
    return "listenerconfig", "edit", listener, *answers, "", ""


class Terminal:
    """Somebody at a terminal."""

    def __init__(self, folder, *arguments):
        self.fd, other = pty.openpty()
        self.seen = b""

        def take():
            os.setsid()
            fcntl.ioctl(other, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(
            [SHAKOCTL, "-c", folder.config, *arguments], stdin=other,
            stdout=other, stderr=other, preexec_fn=take)
        os.close(other)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.fd)

    def _read(self, end):
        """Waits for more, and returns whether there is any."""
        ready, _, _ = select.select([self.fd], [], [], end - time.monotonic())
        check(ready, f"nothing after {self.seen!r}")
        try:
            octets = os.read(self.fd, 4096)
        except OSError:  # EIO: nobody is there any more
            octets = b""
        self.seen += octets
        return octets

    def until(self, text):
        """Returns all that is said before |text|, and |text|."""
        end = time.monotonic() + TIMEOUT
        wanted = text.encode()
        while wanted not in self.seen:
            check(self._read(end), f"no {text!r} in {self.seen!r}")
        at = self.seen.index(wanted) + len(wanted)
        said, self.seen = self.seen[:at], self.seen[at:]
        return said.decode()

    def type(self, text):
        os.write(self.fd, text.encode())

    def answer(self, text, prompt=MENU):
        """Types |text| and returns what is said up to the next |prompt|."""
        self.type(text + "\n")
        return self.until(prompt)

    def interrupt(self):
        self.type("\x03")

    def end(self, status=0):
        """Waits until it has ended, and returns the rest of what it says."""
        end = time.monotonic() + TIMEOUT
        while self._read(end):
            pass
        same(self.process.wait(TIMEOUT), status)
        return self.seen.decode()


def needed():
    """Ends the file where shakoctl is not built."""
    if not os.access(SHAKOCTL, os.X_OK):
        print(f"skip no {SHAKOCTL}")
        sys.exit(77)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
