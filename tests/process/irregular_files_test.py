"""Something that is no file in the place of one of the store's: neither the server nor the offline
tool waits for it; they name it, and do what they do for a damaged file of its kind."""

import os
import pathlib
import shutil
import socket
import sys
import tempfile
import unittest

import store_files
from example_store import KEYS_IN_TABLES, Example
from resp_client import ErrorReply
from server_process import EXIT_CORRUPTION, SMALL_STORE, ServerProcess, free_port, run_to_exit
from tool_test import run_tool

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)


def make_socket(path: pathlib.Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


KINDS = {"a directory": pathlib.Path.mkdir, "a FIFO": os.mkfifo, "a socket": make_socket,
         "a device": lambda path: path.symlink_to("/dev/null")}


class IrregularFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="cordwood-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.root, ignore_errors=True)
        cls.stopped = Example(cls.root, killed=False)

    def each(self, pattern: str):
        """The newest file of the pattern, replaced by each kind in turn."""
        for kind, make in KINDS.items():
            directory = self.stopped.copy(self.root / "changed")
            path = self.newest(directory, pattern)
            path.unlink(missing_ok=True)
            make(path)
            yield path, f"{path}: it is not a regular file but {kind}"

    def newest(self, directory: pathlib.Path, pattern: str) -> pathlib.Path:
        if pattern != "*.wal":
            return (store_files.files(directory, pattern) or [directory / pattern])[-1]
        return store_files.newest_log_segment(directory)

    def check(self, directory: pathlib.Path, text: str) -> None:
        done = run_tool("check", directory)
        self.assertEqual(done.returncode, EXIT_CORRUPTION, done.stdout + done.stderr)
        self.assertIn(text, done.stdout)

    def test_what_is_read_at_the_start_is_refused(self):
        for pattern in ("CURRENT", "MANIFEST-*", "NOTE", "*.wal"):
            for path, text in self.each(pattern):
                before = store_files.fingerprint(path.parent)
                done = run_to_exit(*SMALL_STORE, "--port", free_port(), "--bind", "127.0.0.1",
                                   "--dir", path.parent)
                self.assertEqual(done.returncode, EXIT_CORRUPTION, done.stderr)
                self.assertIn(text, done.stderr)
                self.check(path.parent, text)
                self.assertEqual(store_files.fingerprint(path.parent), before)

    def test_a_repair_gets_over_the_log_and_its_note(self):
        for pattern in ("NOTE", "*.wal"):
            for path, _ in self.each(pattern):
                done = run_tool("repair", "--accept-loss", path.parent)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertIn(f"it is {path}.aside now", done.stdout)
                self.assertEqual(run_tool("check", path.parent).returncode, 0)
                self.serves(path.parent)

    def test_a_repair_names_what_it_cannot_do_without(self):
        for pattern in ("CURRENT", "MANIFEST-*"):
            for path, text in self.each(pattern):
                done = run_tool("repair", "--accept-loss", path.parent)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(text, done.stderr)
                self.assertRegex(done.stderr, "restore it, or the whole store")

    def test_a_table_costs_its_keys(self):
        for path, text in self.each("*.sst"):
            self.check(path.parent, text)
            with ServerProcess(*SMALL_STORE, directory=path.parent) as server:
                server.start()
                with server.connect() as connection:
                    replies = connection.call_all(("GET", key) for key in self.stopped.strings)
                    errors = [reply for reply in replies if isinstance(reply, ErrorReply)]
                    self.assertGreater(len(errors), 0)
                    for error in errors:
                        self.assertTrue(error.startswith("CORRUPT "), error)
                        self.assertIn(path.name, error)
                        self.assertIn("it is not a regular file", error)
                    self.assertEqual(connection.call("SET", "new", "1"), "OK")
                server.stop()

    def test_the_ballast_is_done_without(self):
        for path, _ in self.each("BALLAST"):
            self.serves(path.parent)

    def serves(self, directory: pathlib.Path) -> None:
        with ServerProcess(*SMALL_STORE, directory=directory) as server:
            server.start()
            with server.connect() as connection:
                key = b"key:%05d" % (KEYS_IN_TABLES - 1)
                self.assertEqual(connection.call("GET", key), self.stopped.strings[key])
                self.assertEqual(connection.call("SET", "new", "1"), "OK")
            server.stop()


if __name__ == "__main__":
    sys.exit(case_report.run_tests("irregular_files_test"))
