"""Full disks for real: some cells of the matrix that tests/pipeline/full_disk_test.cc simulates.

On a tmpfs of the size, which takes root. Each is filled to the last byte that is accepted, then
made writable again in one way; nothing acknowledged is lost, and the process never ends.
"""

import os
import random
import sys
import time
import unittest

from full_disk_test import SmallDisk, seconds_until_accepted
from resp_client import Connection, ErrorReply
from server_process import ServerProcess, base_seed, full_run, patience, wait_until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

VALUE_BYTES = 8000 if full_run() else 40_000
PIPELINE = 32
DELETE_SECONDS = 10
FULL_SECONDS = 1


class Cells(unittest.TestCase):
    """Each has a disk with a server on it."""

    def begin(self, megabytes: int, segment: str, *options) -> None:
        self.disk = SmallDisk(f"{megabytes}m")
        if reason := self.disk.mount():
            self.skipTest(reason)
        self.addCleanup(self.disk.unmount)
        self.server = ServerProcess("--log-segment-size", segment, *options,
                                    directory=self.disk.path / "data")
        self.addCleanup(self.server.__exit__)
        self.server.start()
        self.random = random.Random(base_seed())
        self.keys = {}
        self.next_key = 0

    def write(self, connection: Connection, count: int) -> int:
        """Writes new keys; how many were accepted."""
        pairs = []
        for _ in range(count):
            pairs.append((b"key:%06d" % self.next_key, self.random.randbytes(VALUE_BYTES)))
            self.next_key += 1
        replies = connection.call_all(("SET", *pair) for pair in pairs)
        for (key, value), reply in zip(pairs, replies):
            if reply == "OK":
                self.keys[key] = value
            else:
                self.assertIsInstance(reply, ErrorReply)
                self.assertRegex(reply, "^MISCONF .*No space left on device")
        return replies.count("OK")

    def write_megabytes(self, connection: Connection, megabytes: int) -> None:
        while len(self.keys) * VALUE_BYTES < megabytes << 20:
            self.assertGreater(self.write(connection, PIPELINE), 0, "the disk is full too soon")

    def fill(self, connection: Connection) -> None:
        """Until nothing was accepted for a while."""
        accepted = time.monotonic()
        while time.monotonic() < accepted + FULL_SECONDS:
            if self.write(connection, 1) > 0:
                self.write(connection, PIPELINE)
                accepted = time.monotonic()
            else:
                time.sleep(0.05)

    def fill_by_others(self) -> None:
        """The rest of the disk, down to the last byte."""
        with (self.disk.path / "others").open("wb", buffering=0) as file:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    pass

    def delete_one_by_one(self, connection: Connection, count: int) -> None:
        for key in list(self.keys)[:count]:
            end = time.monotonic() + patience(DELETE_SECONDS)
            while (reply := connection.call("DEL", key)) != 1:
                self.assertRegex(str(reply), "^MISCONF .*No space left on device")
                self.assertLess(time.monotonic(), end, "deletes are refused for good")
                time.sleep(0.05)
            del self.keys[key]

    def verify(self, connection: Connection) -> None:
        names = [b"key:%06d" % number for number in range(self.next_key)]
        wrong = 0
        for first in range(0, len(names), 200):
            part = names[first:first + 200]
            shown = connection.call("MGET", *part)
            self.assertIsInstance(shown, list, shown)
            wrong += sum(value != self.keys.get(key) for key, value in zip(part, shown))
        self.assertEqual(wrong, 0, "keys that are not as acknowledged")

    def finish(self, connection: Connection) -> None:
        """Writes are accepted again, nothing is lost, and that survives a kill."""
        seconds = seconds_until_accepted(self, connection)
        print(f"{self.id().rpartition('.')[2]}: writes resumed after {seconds:.2f} s")
        self.verify(connection)
        self.assertTrue(self.server.running())
        self.server.kill()
        self.server.start()
        with self.server.connect() as again:
            self.verify(again)
        self.server.stop()

    def test_64_mb_segments_of_1_mb_filled_by_us_delete_one_by_one(self):
        self.begin(64, "1mb")
        wait_until(lambda: "which is less than configured" in self.server.log(), "it is not said")
        with self.server.connect() as connection:
            self.fill(connection)
            self.assertGreater(len(self.keys) * VALUE_BYTES, 40 << 20, "room is wasted")
            self.delete_one_by_one(connection, len(self.keys))
            self.finish(connection)

    def test_190_mb_segments_of_8_mb_filled_by_us_delete_one_by_one(self):
        self.begin(190, "8mb")
        with self.server.connect() as connection:
            self.fill(connection)
            self.delete_one_by_one(connection, len(self.keys))
            self.finish(connection)

    def test_128_mb_segments_of_64_mb_filled_by_others_flushall(self):
        self.begin(128, "64mb")
        with self.server.connect() as connection:
            self.write_megabytes(connection, 60)
            self.fill_by_others()
            self.fill(connection)
            self.assertEqual(connection.call("FLUSHALL"), "OK")
            self.keys.clear()
            self.finish(connection)

    def test_64_mb_segments_of_8_mb_filled_by_us_compact(self):
        self.begin(64, "8mb")
        with self.server.connect() as connection:
            self.fill(connection)
            self.delete_one_by_one(connection, len(self.keys) // 8)
            self.assertEqual(connection.call("COMPACT"), "OK")
            self.finish(connection)

    def test_128_mb_segments_of_1_mb_filled_up_to_max_disk_which_is_raised(self):
        self.begin(128, "1mb", "--max-disk", "64mb")
        with self.server.connect() as connection:
            self.fill(connection)
            self.assertLess(self.server.directory_bytes(), 70 << 20)
            self.assertEqual(connection.call("CONFIG", "SET", "max-disk", "100mb"), "OK")
            self.finish(connection)

    def test_64_mb_segments_of_1_mb_filled_by_others_restart_while_full(self):
        self.begin(64, "1mb")
        with self.server.connect() as connection:
            self.write_megabytes(connection, 30)
            self.fill_by_others()
            self.fill(connection)
        self.server.kill()
        self.server.start()
        with self.server.connect() as connection:
            self.verify(connection)
            self.delete_one_by_one(connection, len(self.keys))
            self.finish(connection)


if __name__ == "__main__":
    sys.exit(case_report.run_tests("full_disk_cells_test"))
