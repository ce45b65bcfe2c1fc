"""A store in which one byte changed: the server refuses to start and names file and offset, with
the directory as it was; or it serves, and each key has its right value or an error with file and
offset. Never a wrong or a missing value.

CORDWOOD_SEED picks other bytes; CORDWOOD_FULL tries more of them.
"""

import os
import pathlib
import random
import re
import shutil
import sys
import tempfile
import unittest

import store_files
from example_store import KEYS_IN_TABLES, KEYS_IN_THE_LOG, Example
from resp_client import Connection, ErrorReply, encode
from server_process import (EXIT_CORRUPTION, SMALL_STORE, ServerFailed, ServerProcess, base_seed,
                            free_port, full_run, run_to_exit)
from store_files import find

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)


class CorruptionTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="cordwood-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.root, ignore_errors=True)
        cls.stopped = Example(cls.root, killed=False)
        cls.killed = Example(cls.root, killed=True)

    def setUp(self):
        self.random = random.Random(f"{base_seed()}/{self.id()}")

    def offsets(self, size: int, quick: int, full: int) -> list[int]:
        """Some bytes of a file: both ends, and others."""
        count = full if full_run() else quick
        if count >= size:
            return list(range(size))
        return sorted({0, size - 1, *(self.random.randrange(size) for _ in range(count))})

    def check_refusal(self, directory: pathlib.Path, path: pathlib.Path) -> None:
        """The server exits, says why, and leaves everything as it was."""
        before = store_files.fingerprint(directory)
        done = run_to_exit(*SMALL_STORE, "--port", free_port(), "--bind", "127.0.0.1", "--dir",
                           directory)
        self.assertEqual(done.returncode, EXIT_CORRUPTION, done.stderr)
        self.assertRegex(done.stderr, place_in(path.name))
        self.assertEqual(store_files.fingerprint(directory), before)

    def must_refuse(self, example: Example, name: str, offset: int) -> None:
        directory = example.copy(self.root / "damaged")
        path = directory / name
        store_files.flip(path, offset)
        with self.subTest(name=name, offset=offset):
            self.check_refusal(directory, path)

    def must_refuse_or_be_right(self, example: Example, name: str, offset: int) -> str:
        directory = example.copy(self.root / "damaged")
        path = directory / name
        store_files.flip(path, offset)
        with ServerProcess(*SMALL_STORE, directory=directory) as server:
            try:
                server.start()
            except ServerFailed:
                server.kill()
                damaged = example.copy(self.root / "damaged")
                store_files.flip(path, offset)
                with self.subTest(name=name, offset=offset):
                    self.check_refusal(damaged, path)
                return "refused"
            return self.check_answers(server, example, name, offset)

    def check_answers(self, server: ServerProcess, example: Example, name: str,
                      offset: int) -> str:
        errors = 0
        with server.connect() as connection:
            keys = list(example.strings)
            replies = connection.call_all(("GET", key) for key in keys)
            for key, reply in zip(keys, replies):
                if isinstance(reply, ErrorReply):
                    self.check_error(reply, name)
                    errors += 1
                elif reply != example.strings[key]:
                    self.fail(f"{name} with byte {offset} changed: {key!r} is {reply!r:.80}")
            reply = long_reply(connection, "HGETALL", "hash")
            if isinstance(reply, ErrorReply):
                self.check_error(reply, name)
                errors += 1
            elif dict(zip(reply[::2], reply[1::2])) != example.hash:
                self.fail(f"{name} with byte {offset} changed: the hash is wrong")
        return "error" if errors else "right"

    def check_error(self, reply: ErrorReply, name: str) -> None:
        self.assertTrue(reply.startswith("CORRUPT "), reply)
        self.assertRegex(reply, place_in(name))

    # --- files that are read at the start ---

    def test_every_byte_of_current_counts(self):
        for example in (self.stopped, self.killed):
            size = (example.directory / "CURRENT").stat().st_size
            for offset in self.offsets(size, 5, size):
                self.must_refuse(example, "CURRENT", offset)

    def test_a_damaged_manifest_is_refused(self):
        path = store_files.files(self.stopped.directory, "MANIFEST-*")[0]
        for offset in self.offsets(path.stat().st_size, 5, 300):
            self.must_refuse(self.stopped, path.name, offset)

    def test_damage_in_the_middle_of_an_unsealed_manifest_is_refused(self):
        # The last edit may be one whose sync never returned: before it, nothing may be wrong.
        path = store_files.files(self.killed.directory, "MANIFEST-*")[0]
        for offset in (0, 8, 24, 4096, 4096 + 30):
            self.must_refuse(self.killed, path.name, offset)

    def test_a_damaged_log_is_refused_where_no_table_has_its_records(self):
        outcomes = set()
        for path in store_files.files(self.stopped.directory, "*.wal"):
            needed = needed_of_log(self.stopped, path)
            # A segment is a megabyte, most of it not needed: some of the bytes that are, too.
            offsets = self.offsets(path.stat().st_size, 4, 200)
            offsets += [self.random.randrange(*self.random.choice(needed))
                        for _ in range((100 if full_run() else 4) if needed else 0)]
            for offset in offsets:
                is_needed = any(begin <= offset < end for begin, end in needed)
                outcome = self.must_refuse_or_be_right(self.stopped, path.name, offset)
                self.assertEqual(outcome, "refused" if is_needed else "right",
                                 f"{path.name}, byte {offset}")
                outcomes.add(outcome)
        self.assertEqual(outcomes, {"refused", "right"})

    def test_a_damaged_record_that_only_the_log_has_is_refused(self):
        for example in (self.stopped, self.killed):
            # Not the last one of a killed store: its group's sync is nowhere on record.
            for number in (0, KEYS_IN_THE_LOG // 2):
                key = b"key:%05d" % (KEYS_IN_TABLES + number)
                name, offset = find(example.directory, "*.wal", example.strings[key])
                self.must_refuse(example, name, offset)

    def test_a_log_segment_that_lost_its_end_is_refused(self):
        key = b"key:%05d" % KEYS_IN_TABLES
        name, offset = find(self.stopped.directory, "*.wal", self.stopped.strings[key])
        for size in (0, offset, offset + 4096):
            directory = self.stopped.copy(self.root / "damaged")
            os.truncate(directory / name, size)
            before = store_files.fingerprint(directory)
            done = run_to_exit("--port", free_port(), "--dir", directory)
            self.assertEqual(done.returncode, EXIT_CORRUPTION, f"cut at {size}: {done.stderr}")
            # Of a file that became empty the error names what is missing, unless it was noted.
            self.assertRegex(done.stderr, rf"seqs \d+ to \d+|{re.escape(name)}" if size == 0
                             else place_in(name))
            self.assertEqual(store_files.fingerprint(directory), before)

    # --- tables, which are read when somebody asks for what they hold ---

    def test_a_damaged_table_footer_is_told_to_who_reads_the_table(self):
        path = store_files.files(self.stopped.directory, "*.sst")[0]
        size = path.stat().st_size
        for offset in self.random.sample(range(size - store_files.TABLE_FOOTER_BYTES, size),
                                         store_files.TABLE_FOOTER_BYTES if full_run() else 4):
            outcome = self.must_refuse_or_be_right(self.stopped, path.name, offset)
            self.assertEqual(outcome, "error", f"byte {offset}")

    def test_any_damaged_byte_of_a_table_is_an_error(self):
        outcomes = set()
        for path in store_files.files(self.stopped.directory, "*.sst"):
            for offset in self.offsets(path.stat().st_size, 4, 300):
                outcome = self.must_refuse_or_be_right(self.stopped, path.name, offset)
                self.assertNotEqual(outcome, "right", f"{path.name}: nobody reads byte {offset}")
                outcomes.add(outcome)
        self.assertEqual(outcomes, {"error"})

    def test_damage_in_a_block_is_told_by_every_command_that_needs_it(self):
        key = b"key:%05d" % (KEYS_IN_TABLES // 2)
        name, offset = find(self.stopped.directory, "*.sst", self.stopped.strings[key])
        directory = self.stopped.copy(self.root / "damaged")
        store_files.flip(directory / name, offset)
        with ServerProcess(*SMALL_STORE, directory=directory) as server:
            server.start()
            with server.connect() as connection:
                for command in (("GET", key), ("STRLEN", key), ("EXISTS", key), ("INCR", key),
                                ("APPEND", key, "x"), ("DEL", key), ("MGET", "key:00000", key)):
                    reply = connection.call(*command)
                    self.assertIsInstance(reply, ErrorReply, f"{command} answered {reply!r:.80}")
                    self.check_error(reply, name)
                reply = long_reply(connection, "KEYS", "*")
                self.assertIsInstance(reply, ErrorReply)
                self.check_error(reply, name)
            with server.connect() as connection:
                # Others are served, and a blind write replaces what cannot be read.
                self.assertEqual(connection.call("GET", "key:00000"),
                                 self.stopped.strings[b"key:00000"])
                self.assertEqual(connection.call("SET", "new", "1"), "OK")
                # A merge that meets the block must neither drop it nor stop the server.
                connection.call("COMPACT")
                connection.call("SET", "newer", "1")
                self.check_error(connection.call("GET", key), name)
            server.stop()
            server.start()
            with server.connect() as connection:
                self.check_error(connection.call("GET", key), name)
                self.assertEqual(connection.call("GET", "newer"), b"1")


def needed_of_log(example: Example, path: pathlib.Path) -> list[tuple[int, int]]:
    """The bytes of a segment that hold what no table does: frames with a key that was set after the
    last flush, and the header of a segment with such a frame."""
    data = path.read_bytes()
    only_in_log = [value for key, value in example.strings.items()
                   if key >= b"key:%05d" % KEYS_IN_TABLES]
    frames = [(begin, end) for begin, end in store_files.log_frames(path)
              if any(value in data[begin:end] for value in only_in_log)]
    return [(0, 4096), *frames] if frames else []


def place_in(name: str) -> str:
    """What a message has that names the file and an offset in it."""
    return re.escape(name) + r"\b.*\b(offset|at) \d+"


def long_reply(connection: Connection, *command):
    """A reply that is sent in parts. When it cannot go on, the error stands in place of the next
    element, and the connection ends."""
    connection.send(encode(*command))
    elements = []
    try:
        first = connection.read_header()
        if not isinstance(first, int):
            return first
        for _ in range(first):
            elements.append(connection.read())
    except ConnectionError:
        return elements[-1] if elements else ErrorReply("the connection ended without an error")
    return elements


if __name__ == "__main__":
    sys.exit(case_report.run_tests("corruption_test"))
