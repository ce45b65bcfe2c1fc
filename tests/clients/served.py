"""What the tests of clients share: a server, the packages and the commands that a test cannot do
without, and programs beside it that end with the test.

A case whose package is not installed is skipped, and so is one that sends commands which the server
does not know; the reason names them. A case runs by itself when they land.
"""

import functools
import importlib
import os
import pathlib
import subprocess
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "process"))
sys.path.insert(0, str(HERE.parent / "house"))

from server_process import ServerProcess, die_with_parent, patience, wait_until  # noqa: E402

TIMEOUT_S = 60


def installed(module: str):
    """The module, or nothing."""
    try:
        return importlib.import_module(module)
    except ImportError:
        return None


def needs(*commands: str):
    """Decorates a case that sends these commands beside those that every server has."""
    def decorate(case):
        @functools.wraps(case)
        def run(self):
            self.skip_without(*commands)
            case(self)
        return run
    return decorate


class Served(unittest.TestCase):
    """A class has a server, and a case begins with an empty one."""

    PACKAGES: dict[str, str] = {}  # module: Debian's package

    @classmethod
    def setUpClass(cls):
        missing = [package for module, package in cls.PACKAGES.items() if not installed(module)]
        if missing:
            raise unittest.SkipTest(f"{', '.join(missing)} not installed: scripts/install clients")
        # A Redis keeps what it is told, too, and wants its directory to exist.
        cls.server = ServerProcess("--appendonly", "yes", "--appendfsync", "always")
        cls.addClassCleanup(cls.server.__exit__)
        cls.server.directory.mkdir()
        cls.start_server()

    def setUp(self):
        with self.server.connect() as connection:
            connection.call("FLUSHALL")
            connection.call("CONFIG", "RESETSTAT")

    def skip_without(self, *commands: str) -> None:
        with self.server.connect() as connection:
            known = connection.call("COMMAND", "INFO", *commands)
        missing = [name for name, row in zip(commands, known) if row is None]
        if missing:
            self.skipTest(f"needs {' '.join(missing)}")

    def url(self) -> str:
        return f"redis://127.0.0.1:{self.server.port}/0"

    def assert_no_error(self) -> None:
        """No command was refused, not even one whose error the client keeps to itself."""
        self.assertEqual(self.server.info("stats")["total_error_replies"], "0")

    def restart_server(self) -> None:
        """Kill -9, and the same data again, where clients look for it."""
        self.server.kill()
        self.server.keeps_port = True
        self.addCleanup(setattr, self.server, "keeps_port", False)
        self.start_server()

    @classmethod
    def start_server(cls) -> None:
        cls.server.start()
        with cls.server.connect() as connection:
            # A Redis may be loading.
            wait_until(lambda: connection.call("PING") == "PONG", "no PONG")
            connection.call("CONFIG", "RESETSTAT")

    def start_program(self, *command: str, **environment: str) -> "Program":
        """Ended with the case."""
        program = Program(self.server.root / self._testMethodName, command, environment)
        self.addCleanup(program.end)
        return program


class Program:
    """A process beside the server, and what it has printed."""

    def __init__(self, path: pathlib.Path, command, environment):
        self._path = path
        with path.open("ab") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=HERE,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
                preexec_fn=die_with_parent)

    def output(self) -> str:
        return self._path.read_text(errors="replace")

    def wait(self) -> int:
        return self.process.wait(patience(TIMEOUT_S))

    def end(self) -> None:
        """SIGTERM, and SIGKILL if that is not enough."""
        self.process.terminate()
        try:
            self.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
