"""A server that cannot serve says why, with an exit status of its own, quickly, and leaves the
directory as it was."""

import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import store_files
from example_store import wait_for_the_tables
from server_process import (EXIT_CANNOT_LISTEN, EXIT_CORRUPTION, EXIT_IO, EXIT_LOCKED,
                            EXIT_UNSUPPORTED, EXIT_USAGE, SMALL_STORE, ServerProcess, free_port,
                            patience, run_to_exit, sanitized)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

# Each of these takes milliseconds; a busy machine may take more.
QUICKLY = 5


class StartupTest(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="cordwood-test-"))
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        self.data = self.root / "data"

    def refused(self, status: int, sentence: str, *options) -> str:
        """Runs a server that must exit so, with that text on its standard error."""
        began = time.monotonic()
        done = run_to_exit("--port", free_port(), "--bind", "127.0.0.1", *options)
        seconds = time.monotonic() - began
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        self.assertRegex(done.stderr, sentence)
        self.assertTrue(done.stderr.startswith("cordwood-server: "), done.stderr)
        self.assertLess(len(done.stderr.splitlines()), 5, f"not a sentence: {done.stderr}")
        self.assertLess(seconds, patience(QUICKLY))
        return done.stderr

    def stop_with_data(self, *, killed: bool = False) -> None:
        """Leaves a directory with every type of file in self.data."""
        with ServerProcess(*SMALL_STORE, directory=self.data) as server:
            server.start()
            with server.connect() as connection:
                replies = connection.call_all(
                    ("SET", f"key:{n}", os.urandom(500)) for n in range(3000))
                self.assertEqual(replies.count("OK"), 3000)
                connection.call("SET", "last", "1")
            wait_for_the_tables(server)
            if killed:
                server.kill()
            else:
                server.stop()


class CommandLine(StartupTest):
    def test_help_and_version_are_printed(self):
        for option, text in (("--help", "Usage: cordwood-server"), ("--version", "Cordwood")):
            done = run_to_exit(option)
            self.assertEqual(done.returncode, 0)
            self.assertIn(text, done.stdout)

    def test_an_unknown_option_is_named(self):
        self.refused(EXIT_USAGE, "no-such-option", "--no-such-option", "1")

    def test_a_value_out_of_range_is_named(self):
        self.refused(EXIT_USAGE, "(?i)appendfsync", "--appendfsync", "sometimes")
        self.refused(EXIT_USAGE, "(?i)port", "--port", "70000")
        self.refused(EXIT_USAGE, "(?i)memtable-size", "--memtable-size", "1kb")
        self.refused(EXIT_USAGE, "(?i)maxmemory", "--maxmemory", "much")
        self.refused(EXIT_USAGE, "maxmemory.*(?s:.)*argument must be at most [0-9]+, what this",
                     "--maxmemory", "9223372036854775807")
        self.refused(EXIT_USAGE, "block-cache-size.*(?s:.)*at most [0-9]+, what a memory budget of "
                     "67108864", "--maxmemory", "64mb", "--block-cache-size", "60mb")
        self.refused(EXIT_USAGE, "memtable-size", "--memtable-size", "0")

    def test_a_missing_configuration_file_is_named(self):
        done = run_to_exit(self.root / "absent.conf")
        self.assertEqual(done.returncode, EXIT_USAGE)
        self.assertIn("absent.conf", done.stderr)

    def test_a_bad_line_of_the_configuration_file_is_named(self):
        path = self.root / "bad.conf"
        path.write_text("port 0\nappendfsync always\nno-such-directive yes\n")
        done = run_to_exit(path)
        self.assertEqual(done.returncode, EXIT_USAGE)
        self.assertIn("no-such-directive", done.stderr)
        self.assertRegex(done.stderr, r"\b3\b")

    def test_a_configuration_file_is_obeyed_and_the_command_line_wins(self):
        path = self.root / "good.conf"
        path.write_text('# a comment\nrequirepass "from file"\nmaxclients 77\nsave ""\n')
        with ServerProcess("--maxclients", "88", directory=self.data) as server:
            server.configuration = path
            server.start()
            with server.connect() as connection:
                self.assertEqual(connection.call("AUTH", "from file"), "OK")
                self.assertEqual(connection.call("CONFIG", "GET", "maxclients")[1], b"88")
            server.stop()


class Environment(StartupTest):
    def test_a_locked_directory_is_left_alone(self):
        with ServerProcess(*SMALL_STORE, directory=self.data) as server:
            server.start()
            with server.connect() as connection:
                self.assertEqual(connection.call("SET", "a", "1"), "OK")
                # The holder itself writes when it is idle: its log ends with an empty frame.
                server.freeze()
                before = store_files.fingerprint(self.data)
                self.refused(EXIT_LOCKED, "data", "--dir", self.data)
                self.assertEqual(store_files.fingerprint(self.data), before)
                server.thaw()
                self.assertEqual(connection.call("GET", "a"), b"1")
            # The lock ends with its holder, however that ends.
            server.kill()
            server.start()

    def test_a_port_in_use_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.refused(EXIT_CANNOT_LISTEN, str(port), "--port", port, "--dir", self.data)

    def test_an_address_that_is_not_ours_is_named(self):
        self.refused(EXIT_CANNOT_LISTEN, "192.0.2.1", "--bind", "192.0.2.1", "--dir", self.data)

    def test_an_optional_address_may_be_absent_but_not_taken(self):
        with ServerProcess("--bind", "127.0.0.1", "-192.0.2.1") as server:
            server.start()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.refused(EXIT_CANNOT_LISTEN, str(port), "--port", port, "--dir", self.data,
                         "--bind", "-127.0.0.1", "127.0.0.2")

    def test_a_directory_that_is_a_file_is_named(self):
        self.data.write_text("not a directory")
        self.refused(EXIT_IO, "data", "--dir", self.data)
        self.assertEqual(self.data.read_text(), "not a directory")

    def test_a_directory_below_a_missing_one_is_named(self):
        self.refused(EXIT_IO, "absent", "--dir", self.root / "absent" / "data")

    @unittest.skipIf(sanitized(), "the checks need descriptors themselves")
    def test_a_start_without_descriptors_says_so(self):
        # Too few even for the store's own files: an error, not a crash.
        done = subprocess.run(
            ["sh", "-c", 'ulimit -n 8; exec "$0" "$@"', os.environ["CORDWOOD_SERVER"], "--port",
             str(free_port()), "--dir", str(self.data)],
            capture_output=True, text=True, timeout=60, check=False)
        self.assertGreater(done.returncode, 0, f"{done.returncode}: {done.stderr}")
        self.assertLess(done.returncode, 8, done.stderr)
        self.assertRegex(done.stderr, r"(?i)open files|file descriptors|emfile")


class OtherVersions(StartupTest):
    """A store that a newer version wrote is refused with every byte in its place."""

    def setUp(self):
        super().setUp()
        if store_files.xxh3_library() is None:
            self.skipTest("libxxhash is not installed")
        self.stop_with_data(killed=True)

    def assert_refused(self, path: pathlib.Path) -> None:
        before = store_files.fingerprint(self.data)
        self.refused(EXIT_UNSUPPORTED, path.name, "--dir", self.data)
        self.assertEqual(store_files.fingerprint(self.data), before)

    def test_a_newer_current_is_refused(self):
        path = self.data / "CURRENT"
        store_files.make_current_newer(path)
        self.assert_refused(path)

    def test_a_newer_manifest_is_refused(self):
        path = store_files.files(self.data, "MANIFEST-*")[-1]
        store_files.make_manifest_newer(path)
        self.assert_refused(path)

    def test_a_newer_log_segment_is_refused(self):
        path = store_files.newest_log_segment(self.data)
        store_files.make_log_newer(path)
        self.assert_refused(path)


class MissingFiles(StartupTest):
    def assert_refused(self, *paths: pathlib.Path) -> None:
        for path in paths:
            path.unlink()
        before = store_files.fingerprint(self.data)
        self.refused(EXIT_CORRUPTION, "data", "--dir", self.data)
        self.assertEqual(store_files.fingerprint(self.data), before)

    def test_a_missing_file_of_any_kind_is_refused(self):
        self.stop_with_data()
        whole = store_files.copy(self.data, self.root / "whole")
        for pattern in ("CURRENT", "NOTE", "MANIFEST-*", "*.sst", "*.wal"):
            with self.subTest(pattern):
                store_files.copy(whole, self.data)
                self.assert_refused(*store_files.files(self.data, pattern))

    def test_strange_files_are_left_alone(self):
        self.stop_with_data()
        (self.data / "notes.txt").write_text("mine")
        (self.data / "a folder").mkdir()
        with ServerProcess(*SMALL_STORE, directory=self.data) as server:
            server.start()
            with server.connect() as connection:
                self.assertEqual(connection.call("GET", "last"), b"1")
            server.stop()
        self.assertEqual((self.data / "notes.txt").read_text(), "mine")
        self.assertTrue((self.data / "a folder").is_dir())


if __name__ == "__main__":
    sys.exit(case_report.run_tests("startup_test"))
