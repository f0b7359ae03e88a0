"""What the client tests share: cases, and a shakod of their own.

A file of cases is run by itself, without arguments; the program under test is
$SHAKOD, or the one in build/; or the example $OWN_TLS, which brings its own TLS
and serves what a case needs() of it.  Each case prints one line, "ok", "FAIL"
or "skip" and its name.  Exit status: 1 if one failed, 77 if all were skipped.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

from maildir import Maildir

TOP = pathlib.Path(__file__).resolve().parents[2]
ENGINE = os.environ.get("SHAKOD_ENGINE")  # that of shakod by default
SHAKOD = os.environ.get("SHAKOD", str(TOP / "build/examples/shakod"))
OWN_TLS = os.environ.get("OWN_TLS")
CERTIFICATES = TOP / "tests/certificates"
HOSTNAME = "localhost" if OWN_TLS else "mx.example.org"

# Of the kinds of ports that shakod has, those of the program.
KINDS = ("smtp",) if OWN_TLS else ("smtp", "smtps")

# What own_tls lacks: a port that is always TLS, an engine of ours, more than
# one connection at a time.
LACKS = {"smtps", "engine", "many"} if OWN_TLS else set()

# The names of a server's table and configuration, in its folder.
HAT = "table.hat"
CONFIG = "shakod.conf"

# A sanitized or watched server is slower; nothing waits as long as this
# unless something is wrong.
TIMEOUT = 20

_cases = []


class Skip(Exception):
    """Raised by a case that this machine cannot run."""


def case(function):
    """Makes |function| a case."""
    _cases.append(function)
    return function


def needs(*what):
    """Leaves a case out where the program lacks something of |what|."""
    def mark(function):
        function.needs = set(what)
        return function

    return mark


def check(condition, text):
    if not condition:
        raise AssertionError(text)


def same(got, wanted):
    check(got == wanted, f"got {got!r}, wanted {wanted!r}")


def need(program):
    """Skips the case where |program| is not there; returns its path."""
    path = shutil.which(program)
    if path is None:
        raise Skip(f"no {program}")
    return path


def run(*command, status=0, limit=TIMEOUT, **more):
    """Runs a program to its end, within |limit| seconds, and returns what it
    printed."""
    result = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=limit, check=False, **more)
    text = result.stdout.decode("latin-1")
    check(status is None or result.returncode == status,
          f"{command[0]} exited {result.returncode}:\n{text}")
    return text


class Connection:
    """What shakod's line about a connection says."""

    PATTERN = re.compile(
        r"shakod: (?P<peer>\S+:\d+) group=(?P<group>\S+) "
        r"policy=(?P<policy>\S+) rule=(?P<rule>\S+) tls=(?P<tls>\S+)"
        r"(?: alert=(?P<alert>\d+))?(?: offered=(?P<offered>\S+))?"
        r"(?: hello=\"(?P<hello>[^\"]*)\")?"
        r"(?: client=(?P<client>\S+))? "
        r"messages=(?P<messages>\d+) refused=(?P<refused>\S+) "
        r"observed=(?P<observed>\d+) end=(?P<end>\S+)")

    def __init__(self, match):
        for name, value in match.groupdict().items():
            setattr(self, name, int(value) if name in ("messages", "observed")
                    else value)

    def tells(self, name, value):
        """Returns whether the field |name| is |value|."""
        return getattr(self, name) == value

    def demand(self, **wanted):
        """Demands that the named fields are as they are given."""
        for name, value in wanted.items():
            check(self.tells(name, value),
                  f"{name}={getattr(self, name)} and not {value}")


class OwnConnection(Connection):
    """The same of own_tls, which says less: of TLS its version or "failed",
    how many commands were refused, and of an end inside TLS "lost"."""

    PATTERN = re.compile(
        r"own_tls: tls=(?P<tls>\S+) messages=(?P<messages>\d+) "
        r"refused=(?P<refused>\S+) end=(?P<end>\S+)")
    alert = offered = hello = None  # it does not say

    def tells(self, name, value):
        if name == "tls":
            value = re.split("[,:]", value)[0]
        elif name == "refused":
            value = str(sum(map(int, re.findall(r":(\d+)", value))))
        elif name in ("alert", "offered", "hello"):
            return True
        elif name == "end" and value in ("cut-off", "tls-failed"):
            return self.end in (value, "lost")
        return super().tells(name, value)


class Server:
    """A shakod on a free port, from its first line to its exit with 0.

    |options| are the command line; without a --listen it gets one, and
    without --discard a Maildir of its own.  |hat| is the text of a Host Access
    Table, |config| that of a configuration, which then says it all; |files|
    lie in the same folder, by their names.  |wrap| is put before the command,
    |prepare| called in the new process, |exit| is the status that it is to
    end with when it has been told to.  |log| is the format in which it tells
    connections, where that is not its own; these lines are in |told|.
    """

    name = "shakod"
    connection_class = Connection
    more = {}  # of the process

    def __init__(self, *options, hat=None, config=None, files=None, wrap=(),
                 prepare=None, exit=0, mail=None, log=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="shakod-"))
        self.folder.chmod(0o755)
        self.mail = Maildir(mail or self.folder / "mail")
        self.lines = []
        self.told = []
        self.ports = []
        self._log = log
        self._exit = exit
        self._connections = []
        self._news = threading.Condition()
        self._ended = False
        self._told = False
        for name, text in {HAT: hat, CONFIG: config, **(files or {})}.items():
            if text is not None:
                self.write(name, text)
        self._process = subprocess.Popen(
            [*wrap, *self._command(list(map(str, options)))],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
            preexec_fn=prepare, **self.more)
        self.pid = self._process.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def write(self, name, text):
        """Writes the file |name| of its folder."""
        (self.folder / name).write_text(text, "latin-1")

    def _command(self, options):
        if (self.folder / HAT).exists():
            options += ["--hat", str(self.folder / HAT)]
        if (self.folder / CONFIG).exists():
            text = (self.folder / CONFIG).read_text("latin-1")
            self._sockets = text.count(':0"')
            return [SHAKOD, "-c", str(self.folder / CONFIG), *options]
        if not any(word.startswith("--listen") for word in options):
            options += ["--listen", "127.0.0.1:0"]
        if self._log:
            options += ["--log", self._log]
        if "--hostname" not in options:
            options += ["--hostname", HOSTNAME]
        if ENGINE and "--engine" not in options:
            options += ["--engine", ENGINE]
        if "--discard" not in options:
            options += ["--maildir", str(self.mail.path)]
        self._sockets = sum(w.startswith("--listen") or w == "--status"
                            for w in options)
        return [SHAKOD, *options]

    def _read(self):
        for octets in self._process.stderr:
            line = octets.decode("latin-1").rstrip("\n")
            with self._news:
                self._take(line)
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def _take(self, line):
        if self._log and not line.startswith(f"{self.name}: "):
            self.told.append(line)
            return
        self.lines.append(line)
        found = re.fullmatch(
            rf"{self.name}: listening on (\S+):(\d+)(?: \((\w+)\))?", line)
        if found:
            self.ports.append((found[1], int(found[2]), found[3] or "smtp"))
        found = self.connection_class.PATTERN.fullmatch(line)
        if found:
            self._connections.append(self.connection_class(found))

    def _wait(self, ready, what):
        """Waits until ready() gives something, and returns that."""
        with self._news:
            self._news.wait_for(lambda: ready() or self._ended, TIMEOUT)
            found = ready()
            check(found, f"no {what}; {self.name} said:\n"
                  + "\n".join(self.lines))
        return found

    def __enter__(self):
        try:
            self._wait(lambda: len(self.ports) == self._sockets,
                       "line for each socket")
        except BaseException:
            self._process.kill()
            self._clean_up()
            raise
        return self

    def __exit__(self, kind, error, trace):
        try:
            self.stop()
            if error is None:
                self._check_end()
        finally:
            self._process.kill()
            self._clean_up()
        if error is not None:
            print("\n".join("  | " + line for line in self.lines))

    def _clean_up(self):
        self._process.wait()
        self._reader.join(TIMEOUT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _check_end(self):
        same(self._process.returncode, self._exit)
        for line in self.lines:
            check(line.startswith(f"{self.name}: "),
                  f"strange line: {line!r}")

    def signal(self, number=signal.SIGTERM):
        """Tells it to stop; twice is more than once."""
        self._told = True
        self._process.send_signal(number)

    def reload(self):
        """Has it read its files again.  Returns the lines that it says about
        that, but none about a connection."""
        with self._news:
            before = len(self.lines)
        self._process.send_signal(signal.SIGHUP)

        def said():
            lines = [line for line in self.lines[before:] if
                     not self.connection_class.PATTERN.fullmatch(line)]
            return lines if lines and "reloaded" in lines[-1] else None

        return self._wait(said, "word of the reload")

    def reloaded(self):
        same(self.reload()[-1], f"{self.name}: reloaded")

    def stop(self):
        """Tells it to stop, unless it was told, and waits until it has."""
        if not self._told:
            self.signal()
        self._process.wait(TIMEOUT)
        self._reader.join(TIMEOUT)

    def port(self, kind="smtp"):
        """Returns the first port of that |kind|."""
        return next(port for _, port, name in self.ports if name == kind)

    def line(self, text, count=1):
        """Waits for |count| lines with |text| in them; returns the last of
        these."""
        def found():
            lines = [line for line in self.lines if text in line]
            return lines[count - 1] if len(lines) >= count else None

        return self._wait(found, f"{count} lines with {text!r}")

    def tell(self, count):
        """Waits for |count| lines that it told; returns all of them."""
        self._wait(lambda: len(self.told) >= count, f"{count} lines")
        return self.told

    def connection(self, **wanted):
        """Waits for the line about the next connection that ends, and demands
        what is in it."""
        found = self._wait(lambda: self._connections[:1],
                           "line about a connection")[0]
        self._connections.remove(found)
        found.demand(**wanted)
        return found


class OwnTls(Server):
    """An own_tls instead, whose mail nobody reads."""

    name = "own_tls"
    connection_class = OwnConnection
    more = {"stdout": subprocess.DEVNULL}

    def __init__(self, *options):
        super().__init__(*options, exit=-signal.SIGTERM)
        self.mail = None

    def _command(self, options):
        given = dict(zip(options[::2], options[1::2]))
        self._sockets = 1
        return [OWN_TLS, "0",
                given.get("--certificate", CERTIFICATES / "ecdsa.pem"),
                given.get("--key", CERTIFICATES / "ecdsa.key"),
                given.get("--tls", "no")]


if OWN_TLS:
    Server = OwnTls


def refused_start(*options, **more):
    """Starts a shakod that must not start: it exits 2 after one line, which is
    returned."""
    engine = ["--engine", ENGINE] if ENGINE else []
    text = run(SHAKOD, *engine, *options, status=2, **more)
    check(re.fullmatch(r"shakod: [^\n]+\n", text), f"not one line:\n{text}")
    return text.rstrip("\n")


def _run_case(function, limit):
    def alarm(number, frame):
        raise TimeoutError(f"took longer than {limit} s")

    signal.signal(signal.SIGALRM, alarm)
    signal.alarm(limit)
    start = time.monotonic()
    try:
        function()
        result, text = "ok", ""
    except Skip as skip:
        result, text = "skip", f": {skip}"
    except Exception as error:
        for frame in traceback.extract_tb(error.__traceback__)[1:]:
            print(f"  {pathlib.Path(frame.filename).name}:{frame.lineno}: "
                  f"{frame.line}")
        result, text = "FAIL", f": {type(error).__name__}: {error}"
    finally:
        signal.alarm(0)
    took = time.monotonic() - start
    print(f"{result} {function.__name__} ({took:.2f} s){text}", flush=True)
    return result


def main(limit=60):
    """Runs the cases, each within |limit| seconds, and exits."""
    program = OWN_TLS or SHAKOD
    if not os.access(program, os.X_OK):
        sys.exit(f"no {program}: build it, or set SHAKOD")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    results = [_run_case(function, limit) for function in _cases
               if not LACKS & getattr(function, "needs", set())]
    if "FAIL" in results:
        sys.exit(1)
    sys.exit(0 if "ok" in results else 77)
