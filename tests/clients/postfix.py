"""A Postfix that takes mail for dest.example and puts it into a Maildir, or that
hands all mail to a next hop: the one that is unpacked in .deps, without a
service of the system."""
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from harness import TIMEOUT, TOP, Skip, check

UNPACKED = TOP / ".deps/postfix"
OWNER = "nobody"  # of the queue; deliveries run as "daemon"

MAIN = """compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = {unpacked}/sbin
command_directory = {unpacked}
meta_directory = {folder}
shlib_directory = {unpacked}
mail_owner = nobody
default_privs = daemon
setgid_group = mail
import_environment = MAIL_CONFIG LD_LIBRARY_PATH TZ
export_environment = MAIL_CONFIG LD_LIBRARY_PATH TZ
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = mx.dest.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
virtual_mailbox_domains = dest.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{uid}
smtpd_relay_restrictions = permit_mynetworks, reject
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
smtpd_tls_received_header = yes
{more}
"""

MASTER = """127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
{more}
"""

SENDING = """smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
"""

QUEUES = ("active bounce corrupt defer deferred flush hold incoming private "
          "saved trace maildrop public pid").split()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


class Postfix:
    """Runs while it is entered; |settings| are lines of its main.cf."""

    services = ""  # more of its master.cf

    def __init__(self, *settings):
        if not (UNPACKED / "sbin/master").exists():
            raise Skip("no Postfix: tests/deps test")
        if os.geteuid() != 0:
            raise Skip("Postfix starts for root alone")
        self.port = free_port()
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="postfix-"))
        self._uid = pwd.getpwnam(OWNER).pw_uid
        self._write("\n".join(settings))

    def _write(self, more):
        self._folder.chmod(0o755)
        for name in ["data", "mail"] + ["queue/" + name for name in QUEUES]:
            (self._folder / name).mkdir(parents=True, mode=0o700)
            if name != "queue/pid":
                os.chown(self._folder / name, self._uid, -1)
        (self._folder / "main.cf").write_text(MAIN.format(
            folder=self._folder, unpacked=UNPACKED.resolve(), uid=self._uid,
            more=more))
        (self._folder / "master.cf").write_text(MASTER.format(
            port=self.port, more=self.services))

    def __enter__(self):
        self._process = subprocess.Popen(
            [UNPACKED / "sbin/master", "-c", self._folder, "-d"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
            env={"LD_LIBRARY_PATH": str(UNPACKED.resolve()),
                 "MAIL_CONFIG": str(self._folder), "PATH": os.environ["PATH"]})
        try:
            self._until(self._listens, "listens")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(TIMEOUT)
        finally:
            self._process.kill()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _until(self, ready, what):
        """Waits until ready() gives something, and returns that."""
        end = time.monotonic() + TIMEOUT
        while not (found := ready()):
            check(self._process.poll() is None and time.monotonic() < end,
                  f"Postfix never {what}:\n{self.log()}")
            time.sleep(0.02)
        return found

    def _listens(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        except OSError:
            return False

    def log(self):
        path = self._folder / "log"
        return path.read_text("latin-1") if path.exists() else ""

    def _delivered(self):
        return sorted((self._folder / "mail/all/new").glob("*"))

    def take(self):
        """Waits for a message, which is taken out, and returns it."""
        file, = self._until(self._delivered, "delivers")
        message = file.read_bytes()
        file.unlink()
        return message

    def _queued(self, word):
        """Returns which messages its log tells of with |word|."""
        return set(re.findall(rf": (\w+): {word}", self.log()))

    def demand_nothing(self):
        """Demands that it has taken no message since the last.  It also sends
        notices of its own, which come from no client."""
        self._until(lambda: self._queued("client=") <= self._queued("removed"),
                    "is done")
        check(not self._delivered(), self.log())


class Sender(Postfix):
    """One that hands what it takes to the next hop on |port|, by the |protocol|
    smtp or lmtp."""

    services = SENDING

    def __init__(self, port, *settings, protocol="smtp"):
        super().__init__(
            f"default_transport = {protocol}:inet:127.0.0.1:{port}"
            if protocol == "lmtp" else
            f"default_transport = {protocol}:[127.0.0.1]:{port}",
            "notify_classes =", *settings)
