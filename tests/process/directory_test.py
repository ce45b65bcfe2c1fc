"""A server and its directory: whatever is done to names while it runs, what it acknowledged is in
the directory that it has locked, and nobody else opens that one."""

import os
import pathlib
import shutil
import sys
import tempfile
import unittest

from server_process import EXIT_LOCKED, SMALL_STORE, ServerProcess, free_port, run_to_exit

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

# Enough to rotate the log, to flush and to merge with SMALL_STORE.
KEYS = 6000


class DirectoryTest(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="cordwood-test-"))
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        self.data = self.root / "data"
        self.server = self.server_on(self.data)
        self.server.start()

    def server_on(self, directory: pathlib.Path) -> ServerProcess:
        server = ServerProcess(*SMALL_STORE, directory=directory)
        self.addCleanup(server.__exit__)
        return server

    def write(self, server: ServerProcess, prefix: str) -> None:
        with server.connect() as connection:
            replies = connection.call_all(
                ("SET", f"{prefix}:{n}", f"{n}".zfill(500)) for n in range(KEYS))
            self.assertEqual(replies.count("OK"), KEYS)

    def assert_holds(self, server: ServerProcess, *prefixes: str) -> None:
        with server.connect() as connection:
            for prefix in prefixes:
                replies = connection.call_all(("GET", f"{prefix}:{n}") for n in range(KEYS))
                self.assertEqual(replies, [b"%0500d" % n for n in range(KEYS)])

    def assert_locked(self, directory: pathlib.Path) -> None:
        done = run_to_exit("--port", free_port(), "--bind", "127.0.0.1", "--dir", directory)
        self.assertEqual(done.returncode, EXIT_LOCKED, done.stderr + done.stdout)
        self.assertIn(f"{directory} is locked by another process", done.stderr)

    def test_a_directory_that_is_renamed_goes_on_being_written(self):
        self.write(self.server, "before")
        moved = self.root / "data.old"
        self.data.rename(moved)
        self.data.mkdir()
        self.write(self.server, "after")
        self.assertEqual(list(self.data.iterdir()), [], "it writes into a directory of others")
        self.assert_locked(moved)
        # Under the old name there is room for another store.
        other = self.server_on(self.data)
        other.start()
        self.write(other, "other")
        self.assert_holds(self.server, "before", "after")
        self.server.stop()
        self.assertIn("everything is on the disk", self.server.log())
        other.stop()
        for directory, prefixes in ((moved, ("before", "after")), (self.data, ("other",))):
            again = self.server_on(directory)
            again.start()
            self.assert_holds(again, *prefixes)
            again.stop()

    def test_a_directory_that_is_renamed_survives_a_kill(self):
        moved = self.root / "data.old"
        self.data.rename(moved)
        self.data.mkdir()
        self.write(self.server, "after")
        self.server.kill()
        again = self.server_on(moved)
        again.start()
        self.assert_holds(again, "after")

    def test_no_file_whose_removal_lets_another_server_in(self):
        (self.data / "LOCK").unlink(missing_ok=True)
        self.assert_locked(self.data)
        (self.data / "LOCK").write_text("")
        self.assert_locked(self.data)
        link = self.root / "link"
        link.symlink_to(self.data)
        self.assert_locked(link)
        self.write(self.server, "after")
        self.server.stop()
        self.server.start()
        self.assert_holds(self.server, "after")


if __name__ == "__main__":
    sys.exit(case_report.run_tests("directory_test"))
