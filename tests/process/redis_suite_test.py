"""scripts/redis-suite, with a suite of the test's own in the place of the one of Redis: what it is
given to talk to, what becomes of configurations, and that nothing outlives a run."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

SCRIPT = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts" / "redis-suite"

# Stands for tclsh. It is run in the workplace, as `tclsh tests/test_helper.tcl OPTION...`.
EXTERNAL = """
import socket, sys
words = sys.argv[1:]
port = int(words[words.index("--port") + 1])
assert words[words.index("--host") + 1] == "127.0.0.1", words
assert words.count("--single") == 2, words
def ask(*argv):
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall((" ".join(argv) + "\\r\\n").encode())
        return connection.recv(4096).decode()
print("external", ask("DEBUG", "PROTOCOL", "integer").strip(), ask("FUNCTION", "FLUSH").strip())
"""

OWN = """
import os, pathlib, signal, subprocess, sys, time
assert "--port" not in sys.argv, sys.argv
data = pathlib.Path("data"); data.mkdir()
pathlib.Path("redis.conf").write_text(
    f"port 0\\ndir {data}\\nunixsocket /nowhere/socket\\ntls-port 7\\nreplicaof a 1\\n"
    "cluster-enabled yes\\ndaemonize no\\ndatabases 3\\n")
out = pathlib.Path("stdout")
server = subprocess.Popen(["src/redis-server", "redis.conf"], stdout=out.open("w"))
for _ in range(300):
    if "Ready to accept connections" in out.read_text(): break
    time.sleep(0.1)
text = out.read_text()
assert f" PID: {server.pid}" in text, text
assert "Ready to accept connections" in text, text
server.send_signal(signal.SIGTERM)
print("own", server.wait(30))
"""

ENDLESS = """
import os, pathlib, subprocess, time
child = subprocess.Popen(["sleep", "1000"])
pathlib.Path(os.environ["NOTE"]).write_text(f"{os.getpid()} {child.pid}")
time.sleep(1000)
"""


def alive(pid: int) -> bool:
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class RedisSuite(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.root = pathlib.Path(place.name)
        self.tree = self.root / "redis"
        (self.tree / "tests").mkdir(parents=True)
        (self.tree / "tests" / "test_helper.tcl").write_text("")
        self.programs = self.root / "bin"
        self.programs.mkdir()

    def run_suite(self, suite: str | None, *arguments: str):
        if suite is not None:
            tclsh = self.programs / "tclsh"
            tclsh.write_text(f"#!{sys.executable}\n{suite}")
            tclsh.chmod(0o755)
        environment = {**os.environ, "PATH": str(self.programs), "NOTE": str(self.root / "note")}
        if suite is not None:
            environment["PATH"] += os.pathsep + os.environ["PATH"]
        return subprocess.run([sys.executable, SCRIPT, *arguments], env=environment, text=True,
                              capture_output=True, timeout=120)

    def test_a_server_that_runs_is_given_to_the_external_mode(self):
        done = self.run_suite(EXTERNAL, str(self.tree), "unit/a", "unit/b")
        self.assertIn("external :12345 +OK", done.stdout, done.stderr)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_the_suite_starts_servers_with_what_they_take_of_a_configuration(self):
        done = self.run_suite(OWN, "--own", str(self.tree), "unit/a")
        self.assertIn("own 0", done.stdout, done.stderr)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_failed_suite_is_a_failure(self):
        self.assertEqual(self.run_suite("raise SystemExit(1)", "--own", str(self.tree),
                                        "unit/a").returncode, 1)

    def test_nothing_outlives_the_time_it_has(self):
        done = self.run_suite(ENDLESS, "--seconds", "3", str(self.tree), "unit/a")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("ended after 3.0 s", done.stdout)
        for pid in (self.root / "note").read_text().split():
            self.assertFalse(alive(int(pid)))

    def test_what_is_missing_is_named(self):
        done = self.run_suite(None, str(self.tree), "unit/a")
        self.assertEqual(done.returncode, 2)
        self.assertIn("tclsh is missing, of the package tcl", done.stderr)
        done = self.run_suite("", str(self.root), "unit/a")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no source tree of Redis", done.stderr)


if __name__ == "__main__":
    sys.exit(case_report.run_tests("redis_suite_test"))
