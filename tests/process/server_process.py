"""A real server process of a test: its port, its directory, its log, its end.

The binary is named by CORDWOOD_SERVER. Nothing outlives the test: the process is killed by its id
on the way out, and dies with the test if that is killed itself; the directory is removed.
"""

import contextlib
import ctypes
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from resp_client import Connection

# Sizes so small that a few thousand writes rotate the log, flush and merge.
SMALL_STORE = ("--memtable-size", "1mb", "--log-segment-size", "1mb", "--block-cache-size", "1mb")

EXIT_USAGE = 1
EXIT_IO = 2
EXIT_CORRUPTION = 3
EXIT_LOCKED = 4
EXIT_LOG_FAILED = 5
EXIT_UNSUPPORTED = 6
EXIT_CANNOT_LISTEN = 7

_PORT_TRIES = 5
_SANITIZED_PATIENCE = 5
_SERVES = "Ready to accept connections"
_SIGKILL_WITH_PARENT = 1  # PR_SET_PDEATHSIG
_LIBC = ctypes.CDLL(None)


def full_run() -> bool:
    """The full counts were asked for: scripts/test --full."""
    return os.environ.get("CORDWOOD_FULL", "") not in ("", "0")


def seconds_of_budget(default: float) -> float:
    return float(os.environ.get("CORDWOOD_TEST_SECONDS", "") or default)


def base_seed() -> int:
    return int(os.environ.get("CORDWOOD_SEED", "") or 1)


def sanitized() -> bool:
    """Instrumented builds are slower and larger: their memory says nothing."""
    return os.environ.get("CORDWOOD_SANITIZE", "") != ""


def patience(seconds: float) -> float:
    """A limit of time, for this machine: CORDWOOD_TEST_PATIENCE times as long (1 unless it is set),
    and longer for instrumented builds."""
    factor = float(os.environ.get("CORDWOOD_TEST_PATIENCE", "") or 1)
    return seconds * factor * (_SANITIZED_PATIENCE if sanitized() else 1)


def wait_until(condition, what: str, seconds: float = 60) -> None:
    """Fails with that text if the condition does not come true."""
    end = time.monotonic() + patience(seconds)
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def server_binary() -> str:
    path = os.environ.get("CORDWOOD_SERVER", "")
    if not path:
        sys.exit("CORDWOOD_SERVER must name the server to test")
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_to_exit(*arguments) -> subprocess.CompletedProcess:
    """Runs a server that is expected to say something and exit. Fails as soon as it serves."""
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen([server_binary(), *map(str, arguments)],
                                   stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                                   preexec_fn=die_with_parent)
        end = time.monotonic() + patience(60)

        def said(file) -> str:
            # Not through the file's own position, which the process writes at.
            return os.pread(file.fileno(), 1 << 20, 0).decode(errors="replace")

        try:
            while process.poll() is None:
                if _SERVES in said(output):
                    raise ServerFailed(f"it serves, and should have exited\n{said(output)}")
                if time.monotonic() > end:
                    raise ServerFailed(f"it has not exited\n{said(output)}{said(errors)}")
                time.sleep(0.002)
        finally:
            process.kill()
            process.wait()
        return subprocess.CompletedProcess(process.args, process.returncode, said(output),
                                           said(errors))


def die_with_parent() -> None:
    _LIBC.prctl(_SIGKILL_WITH_PARENT, signal.SIGKILL)


class ServerFailed(AssertionError):
    """The process exited, or never answered, when it should have served, or the other way round."""


class ServerProcess:
    """One server and its directory; it may be stopped and started again on the same data."""

    def __init__(self, *options, directory: str | os.PathLike | None = None):
        self.options = [str(option) for option in options]
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="cordwood-test-"))
        self.directory = pathlib.Path(directory) if directory else self.root / "data"
        self.log_path = self.root / "log"
        self.port = 0
        self.keeps_port = False  # over its next starts
        self.configuration: pathlib.Path | None = None  # a file; options come after it
        self.open_files: int | None = None  # a limit for the process
        self.file_bytes: int | None = None  # a limit of file sizes for the process
        self.memory_group = None  # a MemoryGroup for the process
        self.environment: dict[str, str] = {}  # beside what it inherits
        self.process: subprocess.Popen | None = None
        self.ready_seconds = 0.0  # how long the last start took

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.root, ignore_errors=True)

    @property
    def pid(self) -> int:
        return self.process.pid

    def start(self, *more_options, timeout: float = 120) -> "ServerProcess":
        """Starts it and waits until it answers."""
        for _ in range(_PORT_TRIES):
            self.spawn(*more_options)
            started = time.monotonic()
            if self._wait_until_it_answers(started + patience(timeout)):
                self.ready_seconds = time.monotonic() - started
                return self
            # Somebody may have taken the port between the look and the start.
            if self.process.poll() != EXIT_CANNOT_LISTEN:
                break
        raise ServerFailed(f"no server: exit status {self.process.poll()}\n{self.log_tail()}")

    def spawn(self, *more_options) -> None:
        """Starts it and does not wait."""
        assert not self.running(), "it runs already"
        if not self.keeps_port:
            self.port = free_port()
        command = [server_binary(), *([self.configuration] if self.configuration else []),
                   "--port", str(self.port), "--bind", "127.0.0.1",
                   "--dir", str(self.directory), *self.options, *map(str, more_options)]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ, **self.environment},
                preexec_fn=self._prepare_child)

    def _prepare_child(self) -> None:
        die_with_parent()
        if self.memory_group is not None:
            self.memory_group.enter(os.getpid())
        if self.open_files is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (self.open_files, self.open_files))
        if self.file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.file_bytes, self.file_bytes))

    def _wait_until_it_answers(self, deadline: float) -> bool:
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with Connection(self.port, timeout=max(deadline - time.monotonic(), 0.1)) as probe:
                    probe.call("PING")
                    return True
            except OSError:
                time.sleep(0.005)
        return False

    def connect(self, timeout: float = 60) -> Connection:
        return Connection(self.port, timeout)

    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL, if it runs."""
        if self.running():
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=patience(60))

    def signal(self, number: int) -> None:
        os.kill(self.process.pid, number)

    def freeze(self) -> None:
        """Stops every thread where it is: until thaw() it writes nothing, and keeps its locks."""
        self.signal(signal.SIGSTOP)
        wait_until(self._stands_still, "a thread goes on after SIGSTOP")

    def _stands_still(self) -> bool:
        stats = pathlib.Path(f"/proc/{self.pid}/task").glob("*/stat")
        return all(stat.read_text().rsplit(")", 1)[1].split()[0] == "T" for stat in stats)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def wait(self, timeout: float = 60) -> int:
        """The exit status, once it exits by itself; an error when that takes longer."""
        return self.process.wait(timeout=patience(timeout))

    def stop(self, timeout: float = 60) -> None:
        """SIGTERM; it must end well."""
        self.signal(signal.SIGTERM)
        status = self.wait(timeout)
        assert status == 0, f"exit status {status} after SIGTERM\n{self.log_tail()}"

    def log(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_tail(self, lines: int = 30) -> str:
        return "\n".join(self.log().splitlines()[-lines:])

    def info(self, section: str = "everything") -> dict[str, str]:
        with self.connect() as connection:
            text = connection.call("INFO", section).decode()
        return dict(line.split(":", 1) for line in text.split("\r\n") if ":" in line)

    def directory_bytes(self) -> int:
        """What the files hold together, as far as they stay while it looks."""
        total = 0
        for path in self.directory.iterdir():
            with contextlib.suppress(FileNotFoundError):
                total += path.stat().st_size
        return total

    def memory_kb(self, field: str = "VmRSS") -> int:
        """A line of /proc/PID/status: VmRSS, or VmHWM for the most it ever was."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1])
        raise KeyError(field)
