"""A disk that is full: writes are refused, reads and DEL are served, and writes are accepted again
by themselves once there is room. On a small tmpfs, which takes root; and with the server's own
limit, max-disk, which does not."""

import contextlib
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import unittest

from resp_client import Connection, ErrorReply
from server_process import (SMALL_STORE, ServerProcess, base_seed, full_run, patience,
                            wait_until)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

DISK = "64m"
BALLAST_BYTES = 24 << 20
MAX_DISK = "24mb"
VALUE_BYTES = 4000
PIPELINE = 64
# Writes are accepted within 5 seconds of the room; a busy machine may take twice as long.
RESUME_SECONDS = 10
CYCLES = 10 if full_run() else 2


class Filler:
    """Writes keys until it is refused, and knows what was acknowledged."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.state = {}
        self.written = 0

    def fill(self, case: unittest.TestCase, connection: Connection, most: int = 100_000) -> None:
        """Until a write is refused for want of space."""
        end = time.monotonic() + 120
        refused = 0
        while refused < PIPELINE:
            case.assertLess(self.written, most, "the disk is never full")
            case.assertLess(time.monotonic(), end, "neither written nor refused")
            pairs = [self._pair() for _ in range(PIPELINE)]
            replies = connection.call_all(("SET", *pair) for pair in pairs)
            refused = self._note(case, pairs, replies)

    def _pair(self) -> tuple[bytes, bytes]:
        self.written += 1
        key = b"key:%05d" % self.random.randrange(30_000)
        return key, b"%d." % self.written + self.random.randbytes(VALUE_BYTES)

    def _note(self, case, pairs, replies) -> int:
        refused = 0
        for (key, value), reply in zip(pairs, replies):
            if reply == "OK":
                self.state[key] = value
            else:
                case.assertIsInstance(reply, ErrorReply)
                case.assertTrue(reply.startswith("MISCONF "), reply)
                case.assertIn("No space left on device", reply)
                refused += 1
        return refused

    def delete_some(self, case: unittest.TestCase, connection: Connection, count: int) -> None:
        for key in self.random.sample(sorted(self.state), count):
            case.assertEqual(connection.call("DEL", key), 1)
            case.assertIsNone(connection.call("GET", key))
            del self.state[key]

    def delete_most(self, case: unittest.TestCase, connection: Connection) -> None:
        """Three quarters of the keys, in pipelines. There is room, but merges may take it for a
        while, and so many deletes need more than what is set aside for them."""
        keys = self.random.sample(sorted(self.state), len(self.state) * 3 // 4)
        while keys:
            part, keys = keys[:PIPELINE], keys[PIPELINE:]
            wait_until(lambda: self._try_to_delete(case, connection, part),
                       "deletes are still refused", RESUME_SECONDS)

    def _try_to_delete(self, case: unittest.TestCase, connection: Connection, keys: list) -> bool:
        """Takes off `keys` what is deleted. True if nothing is left."""
        replies = connection.call_all(("DEL", key) for key in keys)
        refused = [key for key, reply in zip(keys, replies) if reply != 1]
        for reply in set(replies) - {1}:
            case.assertRegex(str(reply), "^MISCONF .*No space left on device")
        for key in set(keys) - set(refused):
            del self.state[key]
        keys[:] = refused
        return not refused

    def verify(self, case: unittest.TestCase, connection: Connection) -> None:
        keys = [b"key:%05d" % number for number in range(30_000)]
        wrong = 0
        for first in range(0, len(keys), 500):
            part = keys[first:first + 500]
            shown = connection.call("MGET", *part)
            case.assertIsInstance(shown, list, shown)
            wrong += sum(value != self.state.get(key) for key, value in zip(part, shown))
        case.assertEqual(wrong, 0, "keys that are not as acknowledged")


def seconds_until_accepted(case: unittest.TestCase, connection: Connection) -> float:
    began = time.monotonic()
    while (reply := connection.call("SET", "probe", "1")) != "OK":
        case.assertTrue(reply.startswith("MISCONF "), reply)
        case.assertLess(time.monotonic() - began, patience(RESUME_SECONDS),
                        "writes are still refused")
        time.sleep(0.02)
    return time.monotonic() - began


class SmallDisk:
    """A mounted tmpfs."""

    def __init__(self, size: str = DISK):
        self.size = size
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="cordwood-test-disk-"))

    def mount(self) -> str:
        """An empty text, or why it cannot be."""
        if os.geteuid() != 0:
            os.rmdir(self.path)
            return "mounting a small disk takes root"
        mount = ["mount", "-t", "tmpfs", "-o", f"size={self.size}", "tmpfs", self.path]
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            os.rmdir(self.path)
            return f"a small disk cannot be mounted here: {done.stderr.strip()}"
        return ""

    def unmount(self) -> None:
        subprocess.run(["umount", self.path], check=True)
        os.rmdir(self.path)


class FullDisk(unittest.TestCase):
    def setUp(self):
        self.disk = SmallDisk()
        if reason := self.disk.mount():
            self.skipTest(reason)
        self.addCleanup(self.disk.unmount)
        self.ballast = self.disk.path / "ballast"
        self.place_ballast()
        self.server = ServerProcess(*SMALL_STORE, directory=self.disk.path / "data")
        self.addCleanup(self.server.__exit__)
        self.server.start()
        self.filler = Filler(base_seed())

    def place_ballast(self) -> None:
        """As much as there is room for, up to its size."""
        with self.ballast.open("wb", buffering=0) as file:
            try:
                for _ in range(BALLAST_BYTES >> 20):
                    file.write(bytes(1 << 20))
            except OSError:
                pass

    def test_reads_and_deletes_are_served_and_writes_resume(self):
        slowest = 0.0
        with self.server.connect() as connection:
            for cycle in range(CYCLES):
                wait_until(lambda: self.fills_up(connection),
                           "writes are refused, and it does not say that it is full")
                self.filler.verify(self, connection)
                self.filler.delete_some(self, connection, 30)
                self.ballast.unlink()
                slowest = max(slowest, seconds_until_accepted(self, connection))
                self.filler.verify(self, connection)
                if cycle + 1 < CYCLES:
                    self.free_and_place_ballast(connection)
        print(f"{CYCLES} times full; writes resumed after {slowest:.2f} s at most")
        self.server.stop()
        self.server.start()
        with self.server.connect() as connection:
            self.filler.verify(self, connection)

    def fills_up(self, connection: Connection) -> bool:
        """Merges may give space back right after a refusal: then there is more to fill."""
        if not self.is_full():
            self.filler.fill(self, connection)
        return self.is_full()

    def is_full(self) -> bool:
        return self.server.info("persistence")["storage_state"] == "full"

    def free_and_place_ballast(self, connection: Connection) -> None:
        """Deletes most keys, so that the next cycle has something to fill."""
        self.filler.delete_most(self, connection)
        self.assertEqual(connection.call("COMPACT"), "OK")
        enough = 2 * VALUE_BYTES * len(self.filler.state) + (1 << 20)
        wait_until(lambda: self.table_bytes() <= enough, "the deleted space does not come back")
        self.place_ballast()

    def table_bytes(self) -> int:
        """Of tables that are still there when they are looked at."""
        size = 0
        for path in self.server.directory.glob("*.sst"):
            with contextlib.suppress(FileNotFoundError):
                size += path.stat().st_size
        return size

    def test_a_kill_and_a_restart_while_the_disk_is_full_lose_nothing(self):
        with self.server.connect() as connection:
            self.filler.fill(self, connection)
            self.filler.delete_some(self, connection, 10)
        self.server.kill()
        # It starts and serves, or says what is in the way; and either way loses nothing.
        self.server.spawn()
        if self.wait_for_start() != "serves":
            self.assertEqual(self.server.wait(), 2, self.server.log_tail())
            self.assertRegex(self.server.log_tail(), r"(?i)no space left")
        else:
            with self.server.connect() as connection:
                self.filler.verify(self, connection)
        self.server.kill()
        self.ballast.unlink()
        self.server.start()
        with self.server.connect() as connection:
            self.filler.verify(self, connection)
            self.assertEqual(connection.call("SET", "probe", "1"), "OK")
        self.server.stop()

    def wait_for_start(self) -> str:
        end = time.monotonic() + 60
        while time.monotonic() < end and self.server.running():
            try:
                with self.server.connect(timeout=5) as connection:
                    if connection.call("PING") == "PONG":
                        return "serves"
            except OSError:
                time.sleep(0.02)
        return "exits"

    def test_a_clean_stop_while_the_disk_is_full_loses_nothing(self):
        with self.server.connect() as connection:
            self.filler.fill(self, connection)
        self.server.signal(15)
        status = self.server.wait(60)
        self.assertGreaterEqual(status, 0, "it crashed")
        self.ballast.unlink()
        self.server.start()
        with self.server.connect() as connection:
            self.filler.verify(self, connection)
        self.assertEqual(status, 0, self.server.log())

    def test_deleting_and_flushing_make_room_without_help(self):
        with self.server.connect() as connection:
            self.filler.fill(self, connection)
            self.assertEqual(connection.call("FLUSHALL"), "OK")
            self.filler.state.clear()
            seconds = seconds_until_accepted(self, connection)
            self.filler.verify(self, connection)
        print(f"after FLUSHALL writes resumed within {seconds:.2f} s")


class MaxDisk(unittest.TestCase):
    def test_the_limit_refuses_writes_until_it_is_raised(self):
        filler = Filler(base_seed())
        with ServerProcess(*SMALL_STORE, "--max-disk", MAX_DISK) as server:
            server.start()
            with server.connect() as connection:
                filler.fill(self, connection)
                used = server.directory_bytes()
                self.assertLess(used, 2 * (24 << 20), "bytes in the directory")
                filler.verify(self, connection)
                filler.delete_some(self, connection, 30)
                self.assertEqual(connection.call("CONFIG", "SET", "max-disk", "1gb"), "OK")
                seconds_until_accepted(self, connection)
                filler.verify(self, connection)
            server.stop()


if __name__ == "__main__":
    sys.exit(case_report.run_tests("full_disk_test"))
