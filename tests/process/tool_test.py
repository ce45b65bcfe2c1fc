"""`cordwood check`, the offline tool: what it says of a store that is sound, damaged, open, absent
or newer than itself, with an exit status for each; and that it changes nothing. And `cordwood
repair`, which does.

CORDWOOD_TOOL names the program.
"""

import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

import store_files
from example_store import KEYS_IN_TABLES, Example
from server_process import (EXIT_CORRUPTION, EXIT_IO, EXIT_LOCKED, EXIT_UNSUPPORTED, EXIT_USAGE,
                            SMALL_STORE, ServerProcess)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

SECTOR = 4096


def run_tool(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([os.environ["CORDWOOD_TOOL"], *map(str, arguments)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=240,
                          check=False)


class ToolTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="cordwood-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.root, ignore_errors=True)
        cls.stopped = Example(cls.root, killed=False)
        cls.killed = Example(cls.root, killed=True)

    def checked(self, directory: pathlib.Path, status: int) -> subprocess.CompletedProcess:
        """Runs `cordwood check`, which must exit so and leave every file as it was."""
        before = store_files.fingerprint(directory)
        done = run_tool("check", directory)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertEqual(store_files.fingerprint(directory), before)
        return done

    def changed(self, example: Example) -> pathlib.Path:
        """A copy to be changed."""
        return example.copy(self.root / "changed")


class Sound(ToolTest):
    def test_a_stopped_store_is_sound_and_has_nothing_left_over(self):
        done = self.checked(self.stopped.directory, 0)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[-1], "sound")
        tables, entries, replay = map(int, re.match(
            r"(\d+) tables with (\d+) entries .* (\d+) groups to replay", lines[0]).groups())
        self.assertEqual(tables, len(store_files.files(self.stopped.directory, "*.sst")))
        self.assertGreaterEqual(entries, KEYS_IN_TABLES)
        self.assertGreater(replay, 0)
        self.assertNotIn("left over", done.stdout)
        self.assertEqual(len(lines), 2, done.stdout)

    def test_a_killed_store_is_sound(self):
        done = self.checked(self.killed.directory, 0)
        self.assertRegex(done.stdout, r" [1-9]\d* groups to replay")
        self.assertTrue(done.stdout.endswith("\nsound\n"), done.stdout)

    def test_a_new_store_is_sound(self):
        with ServerProcess() as server:
            server.start()
            server.stop()
            self.assertTrue(self.checked(server.directory, 0).stdout.endswith("\nsound\n"))

    def test_a_torn_end_of_the_log_is_told_and_no_damage(self):
        directory = self.changed(self.killed)
        path = store_files.newest_log_segment(directory)
        segment = path.read_bytes()
        salt = segment[40:48]
        # Behind the last frame of the segment. What it held before may lie there.
        last = segment.rindex(salt, SECTOR) - 8
        payload_bytes = int.from_bytes(segment[last + 32:last + 40], "little")
        end = last + store_files.FRAME_HEADER_BYTES + payload_bytes
        # A group of one operation, of 20 bytes that are not those of its checksum.
        header = b"CWFR\1\0\0\0" + salt + struct.pack("<QQQI", 1, 0, 20, 1) + bytes(36)
        with path.open("r+b") as file:
            file.seek((end + SECTOR - 1) // SECTOR * SECTOR)
            file.write(header + b"torn" * 5)
        done = self.checked(directory, 0)
        self.assertRegex(done.stdout, r"\d+ bytes at the log's end were never acknowledged")

    def test_files_that_are_left_over_are_named(self):
        directory = self.changed(self.stopped)
        for name in ("999999.sst", "MANIFEST-999999", "CURRENT.tmp"):
            (directory / name).write_bytes(b"left")
        (directory / "notes.txt").write_text("not ours")
        done = self.checked(directory, 0)
        named = re.findall(r"left over, removed at the next start: (.*)", done.stdout)
        self.assertEqual(sorted(named), ["999999.sst", "CURRENT.tmp", "MANIFEST-999999"])

    def test_no_stop_leaves_files_over(self):
        with ServerProcess(*SMALL_STORE) as server:
            for round_number in range(4):
                server.start()
                with server.connect() as connection:
                    replies = connection.call_all(
                        ("SET", f"key:{n}", os.urandom(500)) for n in range(3000))
                    self.assertEqual(replies.count("OK"), 3000)
                    self.assertEqual(connection.call("COMPACT"), "OK")
                    # Stopped in the middle of it, or when it is done.
                    done = "everything is compacted"
                    while round_number % 2 == 1 and server.log().count(done) <= round_number // 2:
                        self.assertEqual(connection.call("PING"), "PONG")
                server.stop()
                with self.subTest(round=round_number):
                    self.assertNotIn("left over", self.checked(server.directory, 0).stdout)

    def test_a_store_on_a_read_only_mount_is_checked(self):
        directory = self.changed(self.stopped)
        before = store_files.fingerprint(directory)
        # In a name space of its own, so that the mount ends with the command.
        read_only = f"mount --bind '{directory}' '{directory}' && " \
                    f"mount -o remount,bind,ro '{directory}' && ! touch '{directory}/new' 2>&1"
        unshare = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]),
                   "sh", "-c"]
        tried = subprocess.run([*unshare, read_only], capture_output=True, text=True, check=False)
        if tried.returncode != 0:
            self.skipTest(f"nothing can be mounted here: {tried.stderr.strip()}")
        tool = os.environ["CORDWOOD_TOOL"]
        done = subprocess.run([*unshare, f"{read_only} && exec '{tool}' check '{directory}'"],
                              capture_output=True, text=True, timeout=240, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(done.stdout.endswith("\nsound\n"), done.stdout)
        self.assertEqual(store_files.fingerprint(directory), before)


class Unsound(ToolTest):
    def damage(self, example: Example, name: str, offset: int) -> None:
        directory = self.changed(example)
        store_files.flip(directory / name, offset)
        with self.subTest(name=name, offset=offset):
            damaged = self.check_damaged(directory, name)
            self.assertRegex(damaged[0], r"\b(offset|at) \d+")
            self.assertEqual(len(damaged), 1, damaged)

    def check_damaged(self, directory: pathlib.Path, name: str) -> list[str]:
        """The lines that tell what is damaged, first of all this file."""
        done = self.checked(directory, EXIT_CORRUPTION)
        damaged = [line for line in done.stdout.splitlines() if line.startswith("damaged: ")]
        self.assertIn(name, damaged[0])
        self.assertRegex(done.stdout, "restore .* from a backup")
        self.assertNotIn("\nsound", done.stdout)
        return damaged

    def test_a_damaged_table_is_named_with_the_place(self):
        key = b"key:%05d" % (KEYS_IN_TABLES // 2)
        self.damage(self.stopped,
                    *store_files.find(self.stopped.directory, "*.sst", self.stopped.strings[key]))
        path = store_files.files(self.stopped.directory, "*.sst")[0]
        self.damage(self.stopped, path.name, path.stat().st_size - 1)

    def test_damaged_tables_are_all_named(self):
        directory = self.changed(self.stopped)
        paths = store_files.files(directory, "*.sst")
        self.assertGreater(len(paths), 0)
        for path in paths:
            store_files.flip(path, 10)
        done = self.checked(directory, EXIT_CORRUPTION)
        for path in paths:
            self.assertRegex(done.stdout, rf"(?m)^damaged: .*{path.name}.*(offset|at) \d+")

    def test_a_damaged_log_is_named_with_the_place(self):
        for example in (self.stopped, self.killed):
            key = b"key:%05d" % KEYS_IN_TABLES
            self.damage(example,
                        *store_files.find(example.directory, "*.wal", example.strings[key]))

    def test_a_damaged_manifest_is_named_with_the_place(self):
        for example in (self.stopped, self.killed):
            name = store_files.files(example.directory, "MANIFEST-*")[-1].name
            self.damage(example, name, SECTOR + 30)

    def test_a_damaged_current_is_named_with_the_place(self):
        self.damage(self.stopped, "CURRENT", 3)

    def test_a_missing_file_of_any_kind_is_named(self):
        for pattern in ("CURRENT", "NOTE", "MANIFEST-*", "*.sst", "*.wal"):
            directory = self.changed(self.stopped)
            paths = store_files.files(directory, pattern)
            for path in paths:
                path.unlink()
            with self.subTest(pattern):
                # The log may begin before the first segment that is still there.
                self.check_damaged(directory, ".wal" if pattern == "*.wal" else paths[0].name)

    def test_an_open_store_is_not_checked(self):
        with ServerProcess(*SMALL_STORE, directory=self.changed(self.stopped)) as server:
            server.start()
            # An idle server writes too: its log ends with an empty frame.
            server.freeze()
            done = self.checked(server.directory, EXIT_LOCKED)
            self.assertRegex(done.stderr, "(?m)^cordwood: .* is locked by another")
            self.assertEqual(done.stdout, "")
            server.thaw()
            server.stop()
            self.checked(server.directory, 0)

    def test_an_absent_directory_is_named_and_not_made(self):
        absent = self.root / "absent"
        done = run_tool("check", absent)
        self.assertEqual(done.returncode, EXIT_IO, done.stdout + done.stderr)
        self.assertIn(f"cordwood: {absent}: no such directory", done.stderr)
        self.assertFalse(absent.exists())

    def test_a_directory_without_a_store_says_so(self):
        for names in ((), ("notes.txt",)):
            empty = pathlib.Path(tempfile.mkdtemp(dir=self.root))
            for name in names:
                (empty / name).write_text("not ours")
            done = self.checked(empty, EXIT_IO)
            self.assertIn(f"cordwood: {empty}: there is no store", done.stderr)

    def test_a_directory_that_is_a_file_is_named(self):
        path = self.root / "file"
        path.write_text("no store")
        done = run_tool("check", path)
        self.assertEqual(done.returncode, EXIT_IO, done.stdout + done.stderr)
        self.assertIn(str(path), done.stderr)


class Repair(ToolTest):
    """A log that is not whole is given up from its first gap on, when asked to."""

    def test_a_store_without_its_newest_segment_opens_again(self):
        directory = self.changed(self.killed)
        newest = store_files.newest_log_segment(directory)
        newest.unlink()
        done = self.checked(directory, EXIT_CORRUPTION)
        self.assertRegex(done.stdout, rf"damaged: .*{newest.name}.*the segment is missing")
        before = store_files.fingerprint(directory)
        self.assertEqual(run_tool("repair", directory).returncode, EXIT_USAGE)
        self.assertEqual(store_files.fingerprint(directory), before)
        done = run_tool("repair", "--accept-loss", directory)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"gave up seqs \d+ to \d+|what is left shows no loss")
        self.checked(directory, 0)
        with ServerProcess(*SMALL_STORE, directory=directory) as server:
            server.start()
            with server.connect() as connection:
                key = b"key:%05d" % 0
                self.assertEqual(connection.call("GET", key), self.killed.strings[key])
            server.stop()


class OtherVersions(ToolTest):
    """Not damage, and nothing that a backup mends: as the server says, with the same status."""

    def setUp(self):
        if store_files.xxh3_library() is None:
            self.skipTest("libxxhash is not installed")
        self.directory = self.changed(self.killed)

    def check_unsupported(self, path: pathlib.Path) -> str:
        done = self.checked(self.directory, EXIT_UNSUPPORTED)
        self.assertRegex(done.stdout, rf"(?m)^unknown format: .*{path.name}.*(format|version) "
                         rf"{store_files.NEWER_FORMAT}\b")
        self.assertNotIn("damaged", done.stdout)
        self.assertNotIn("\nsound", done.stdout)

    def test_a_newer_current_is_told_from_damage(self):
        path = self.directory / "CURRENT"
        store_files.make_current_newer(path)
        self.check_unsupported(path)

    def test_a_newer_manifest_is_told_from_damage(self):
        path = store_files.files(self.directory, "MANIFEST-*")[-1]
        store_files.make_manifest_newer(path)
        self.check_unsupported(path)

    def test_a_newer_log_segment_is_told_from_damage(self):
        path = store_files.newest_log_segment(self.directory)
        store_files.make_log_newer(path)
        self.check_unsupported(path)

    def test_a_newer_table_is_told_from_damage(self):
        path = store_files.files(self.directory, "*.sst")[0]
        store_files.make_table_newer(path)
        self.check_unsupported(path)

    def test_damage_beside_a_newer_file_is_told_too(self):
        newer = store_files.files(self.directory, "*.sst")[0]
        store_files.make_table_newer(newer)
        key = b"key:%05d" % KEYS_IN_TABLES
        name, offset = store_files.find(self.directory, "*.wal", self.killed.strings[key])
        store_files.flip(self.directory / name, offset)
        done = self.checked(self.directory, EXIT_CORRUPTION)
        self.assertRegex(done.stdout, rf"(?m)^damaged: .*{name}")
        self.assertRegex(done.stdout, rf"(?m)^unknown format: .*{newer.name}")


class CommandLine(unittest.TestCase):
    def test_help_and_version_are_printed(self):
        for option, text in (("--help", "cordwood check DIR"), ("--version", "cordwood 0.")):
            done = run_tool(option)
            self.assertEqual(done.returncode, 0)
            self.assertIn(text, done.stdout)

    def test_anything_else_is_answered_with_the_usage(self):
        for arguments in ((), ("check",), ("check", "a", "b"), ("mend", "a")):
            done = run_tool(*arguments)
            self.assertEqual(done.returncode, EXIT_USAGE)
            self.assertIn("cordwood check DIR", done.stderr)


if __name__ == "__main__":
    sys.exit(case_report.run_tests("tool_test"))
