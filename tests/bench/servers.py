"""A server under load, and what it costs."""
import contextlib
import fcntl
import os
import pathlib
import re
import resource
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
CERTIFICATE = HERE.parent / "certificates/ecdsa.pem"
KEY = HERE.parent / "certificates/ecdsa.key"

CPUS = sorted(os.sched_getaffinity(0))
PIPE_SIZE = 1 << 20
MAX_MESSAGE = 1 << 30


def raise_descriptors():
    """Lets what is started have as many as it may.  Returns how many."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard if hard != resource.RLIM_INFINITY else 1 << 20


def use_the_other_cpu():
    os.sched_setaffinity(0, {CPUS[-1]})


def floor_command(folder, script, engine):
    command = [f"{folder}/tests/bench_floor", script]
    return command + ([engine, CERTIFICATE, KEY] if engine else [])


def shakod_command(folder, engine):
    command = [f"{folder}/examples/shakod", "--listen", "127.0.0.1:0",
               "--hostname", "localhost", "--discard", "--max-message-size",
               str(MAX_MESSAGE), "--max-concurrency", "0"]
    if engine:
        command += ["--tls", "preferred", "--engine", engine,
                    "--certificate", CERTIFICATE, "--key", KEY]
    return command


class Server:
    """A server on a CPU of its own.  What it logs waits in a pipe that is read
    between the runs only: a reader that had to be woken up would count."""

    def __init__(self, command, folder, **env):
        self.folder = folder
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE,
                                        bufsize=0, env={**os.environ, **env})
        fcntl.fcntl(self.process.stderr, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
        self.port = self._learn_port()
        os.set_blocking(self.process.stderr.fileno(), False)
        for task in self._tasks():
            os.sched_setaffinity(int(task.name), {CPUS[0]})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    def _learn_port(self):
        said = b""
        for line in self.process.stderr:
            said += line
            found = re.search(rb"listening on \S+:(\d+)", line)
            if found:
                return found[1].decode()
        raise RuntimeError(f"no server: {said.decode()}")

    def _tasks(self):
        return list(pathlib.Path(f"/proc/{self.process.pid}/task").iterdir())

    def _drain(self):
        while self.process.stderr.read(PIPE_SIZE):
            pass

    def cpu(self):
        """Nanoseconds of all its threads, user and kernel."""
        return sum(int((task / "schedstat").read_text().split()[0])
                   for task in self._tasks())

    def ticks(self):
        """User and kernel ticks, for their proportion."""
        text = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = text.rpartition(")")[2].split()
        return int(fields[11]), int(fields[12])

    def resident(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/statm").read_text()
        return int(text.split()[1]) * resource.getpagesize()

    def _load_command(self, arguments):
        return [f"{self.folder}/tests/bench_load", self.port,
                *map(str, arguments)]

    def load(self, *arguments):
        """Runs the load to its end.  Returns the nanoseconds of CPU that the
        server spent."""
        self._drain()
        before = self.cpu()
        subprocess.run(self._load_command(arguments), check=True, timeout=300,
                       preexec_fn=use_the_other_cpu)
        return self.cpu() - before

    @contextlib.contextmanager
    def held(self, count, tls):
        """Holds |count| idle connections."""
        process = subprocess.Popen(
            self._load_command(["hold", count, min(count, 64), tls]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            preexec_fn=use_the_other_cpu)
        try:
            if process.stdout.readline() != b"ready\n":
                raise RuntimeError("the load broke off")
            yield
        finally:
            process.kill()
            process.communicate()
