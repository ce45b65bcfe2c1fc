"""The largest values that a memory budget allows: stored, read, cut and kept through a kill -9; and
larger ones refused with a clear error. Memory stays bounded, also while it serves them.

An argument may have an eighth of the budget (maxmemory), so 256 MB of memory take values of 32 MB
and refuse one of 512 MB, which needs 4 GB. That one takes CORDWOOD_FULL.
"""

import os
import random
import shutil
import subprocess
import sys
import time
import unittest

from resp_client import Connection, ErrorReply
from server_process import (ServerProcess, base_seed, full_run, patience, sanitized,
                            wait_until)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

MEGABYTE = 1 << 20
# Of the budget, for one argument.
SHARE = 8
# For what the budget does not count: the program, its stacks, the allocator's slack.
BASE_MB = 64
TIMEOUT = 280

BLOCK = random.Random(base_seed()).randbytes(MEGABYTE)


def piece(number: int) -> bytes:
    """The megabytes of a value differ, so that a misplaced one is seen."""
    return b"%08d" % number + BLOCK[8:]


def send_set(connection: Connection, key: str, megabytes: int) -> None:
    connection.send(b"*3\r\n$3\r\nSET\r\n$%d\r\n%b\r\n$%d\r\n"
                    % (len(key), key.encode(), megabytes * MEGABYTE))
    for number in range(megabytes):
        connection.send(piece(number))
    connection.send(b"\r\n")


class ValueLimits(unittest.TestCase):
    def start(self, budget_mb: int, *options) -> None:
        self.budget_mb = budget_mb
        self.server = ServerProcess("--maxmemory", f"{budget_mb}mb", *options)
        self.addCleanup(self.server.__exit__)
        self.server.start()
        self.connection = self.server.connect(timeout=TIMEOUT)
        self.addCleanup(lambda: self.connection.close())

    def reconnect(self) -> None:
        self.connection.close()
        self.connection = self.server.connect(timeout=TIMEOUT)

    def set_value(self, megabytes: int) -> None:
        send_set(self.connection, "value", megabytes)
        self.assertEqual(self.connection.read(), "OK")

    def check_value(self, megabytes: int) -> None:
        size = megabytes * MEGABYTE
        self.assertEqual(self.connection.call("STRLEN", "value"), size)
        for number in {0, megabytes // 2, megabytes - 1}:
            start = number * MEGABYTE
            part = self.connection.call("GETRANGE", "value", start, start + MEGABYTE - 1)
            self.assertTrue(part == piece(number), f"megabyte {number}")
        self.assertTrue(self.connection.call("GETRANGE", "value", -8, -1) == BLOCK[-8:])
        value = self.connection.call("GET", "value")
        self.assertEqual(len(value), size)
        for number in range(megabytes):
            start = number * MEGABYTE
            self.assertTrue(value[start:start + MEGABYTE] == piece(number), f"megabyte {number}")

    def check_memory(self) -> None:
        most = self.server.memory_kb("VmHWM") // 1024
        bound = self.budget_mb + BASE_MB
        print(f"{self.id().split('.')[-1]}: at most {most} MB resident, bound {bound}")
        if not sanitized():
            self.assertLess(most, bound, "MB resident")

    def store_read_and_delete(self, megabytes: int) -> None:
        self.start(megabytes * SHARE)
        self.set_value(megabytes)
        self.check_value(megabytes)
        self.check_memory()
        self.assertEqual(self.connection.call("SET", "value", "short"), "OK")
        self.assertEqual(self.connection.call("GET", "value"), b"short")
        self.set_value(megabytes)
        self.assertEqual(self.connection.call("DEL", "value"), 1)
        self.assertIsNone(self.connection.call("GET", "value"))
        self.server.stop()

    def keep_through_a_kill(self, megabytes: int) -> None:
        self.start(megabytes * SHARE)
        self.assertEqual(self.connection.call("SET", "before", "1"), "OK")
        began = time.monotonic()
        self.set_value(megabytes)
        # Right behind the acknowledgement.
        self.server.kill()
        seconds = time.monotonic() - began
        self.server.start()
        print(f"{megabytes} MB: stored in {seconds:.1f} s, "
              f"ready after {self.server.ready_seconds:.1f} s")
        self.reconnect()
        self.assertEqual(self.connection.call("GET", "before"), b"1")
        self.check_value(megabytes)
        self.check_memory()  # recovery and reads

    def test_the_largest_value_of_a_small_budget_is_stored_read_and_deleted(self):
        self.store_read_and_delete(32)

    def test_the_largest_value_of_a_small_budget_survives_a_kill(self):
        self.keep_through_a_kill(32)

    @unittest.skipUnless(full_run(), "a value of 512 MB takes CORDWOOD_FULL")
    def test_512_mb_are_stored_read_and_deleted(self):
        self.store_read_and_delete(512)

    @unittest.skipUnless(full_run(), "a value of 512 MB takes CORDWOOD_FULL")
    def test_512_mb_survive_a_kill(self):
        self.keep_through_a_kill(512)

    def check_refusal_of_512_mb(self) -> None:
        # The error may come, and the connection end, while the value is on its way.
        try:
            send_set(self.connection, "value", 512)
        except OSError:
            pass
        self.assertEqual(self.connection.read(), "ERR Protocol error: invalid bulk length")
        self.assertTrue(self.connection.closed_by_server())

    def check_that_nothing_came_of_it(self) -> None:
        self.reconnect()
        self.assertEqual(self.connection.call("GET", "before"), b"1")
        self.assertEqual(self.connection.call("EXISTS", "value"), 0)
        self.assertIsNone(self.connection.call("GET", "value"))
        self.assertEqual(self.connection.call("GETRANGE", "value", 0, -1), b"")
        self.assertEqual(self.connection.call("DBSIZE"), 1)
        self.check_memory()

    def test_512_mb_are_refused_by_a_small_budget(self):
        self.start(256)
        self.assertEqual(self.connection.call("SET", "before", "1"), "OK")
        self.check_refusal_of_512_mb()
        # Right behind the refusal.
        self.server.kill()
        self.server.start()
        self.check_that_nothing_came_of_it()
        self.check_refusal_of_512_mb()
        self.check_that_nothing_came_of_it()
        self.assertEqual(self.server.info()["effective_proto_max_bulk_len"],
                         str(256 // SHARE * MEGABYTE))
        self.assertEqual(self.connection.call("SETRANGE", "value", 512 * MEGABYTE - 1, "x"),
                         "ERR string exceeds maximum allowed size (proto-max-bulk-len)")
        self.check_that_nothing_came_of_it()

    def test_the_limit_cannot_be_lifted_at_run_time_beyond_the_budget(self):
        self.start(256)
        self.assertEqual(self.connection.call("SET", "before", "1"), "OK")
        for option in ("proto-max-bulk-len", "client-query-buffer-limit"):
            refusal = self.connection.call("CONFIG", "SET", option, "512mb")
            self.assertIsInstance(refusal, ErrorReply)
            self.assertRegex(refusal, f"'{option}'.* of the memory budget; raise maxmemory first")
        self.check_refusal_of_512_mb()
        self.check_that_nothing_came_of_it()
        self.assertEqual(
            self.connection.call("CONFIG", "SET", "maxmemory", "512mb", "proto-max-bulk-len",
                                 "64mb", "client-query-buffer-limit", "128mb"), "OK")
        self.set_value(64)

    def test_a_value_on_its_way_when_the_server_is_killed_is_not_there(self):
        self.start(256)
        self.assertEqual(self.connection.call("SET", "before", "1"), "OK")
        self.connection.send(b"*3\r\n$3\r\nSET\r\n$5\r\nvalue\r\n$%d\r\n" % (32 * MEGABYTE))
        for number in range(31):
            self.connection.send(piece(number))
        self.check_memory()
        self.server.kill()
        self.server.start()
        self.check_that_nothing_came_of_it()

    def test_redis_cli_shows_why_a_value_is_refused(self):
        program = shutil.which("redis-cli")
        if program is None:
            self.skipTest("redis-cli is not installed")
        self.start(256)
        done = subprocess.run([program, "-p", str(self.server.port), "-x", "SET", "value"],
                              input=BLOCK * 64, capture_output=True, timeout=TIMEOUT, check=False)
        self.assertIn(b"invalid bulk length", done.stdout + done.stderr, f"{done}")

    def test_a_request_of_many_arguments_is_bounded_too(self):
        self.start(256)
        pairs = 64
        self.connection.send(b"*%d\r\n$4\r\nMSET\r\n" % (2 * pairs + 1))
        try:
            for number in range(pairs):
                key = b"value:%d" % number
                self.connection.send(b"$%d\r\n%b\r\n$%d\r\n" % (len(key), key, 4 * MEGABYTE))
                for _ in range(4):
                    self.connection.send(BLOCK)
                self.connection.send(b"\r\n")
        except OSError:
            pass
        self.assertEqual(self.connection.read(), "ERR Protocol error: a request is longer than "
                                                 "client-query-buffer-limit")
        self.assertTrue(self.connection.closed_by_server())
        self.assertEqual(self.server.info()["client_query_buffer_limit_disconnections"], "1")
        self.reconnect()
        self.assertEqual(self.connection.call("DBSIZE"), 0)
        self.check_memory()

    def test_others_are_served_while_a_large_value_arrives(self):
        self.start(512)
        with self.server.connect() as other:
            slowest = 0.0
            self.connection.send(b"*3\r\n$3\r\nSET\r\n$5\r\nvalue\r\n$%d\r\n" % (64 * MEGABYTE))
            for number in range(64):
                self.connection.send(piece(number))
                began = time.monotonic()
                self.assertEqual(other.call("PING"), "PONG")
                slowest = max(slowest, time.monotonic() - began)
            self.connection.send(b"\r\n")
            self.assertEqual(self.connection.read(), "OK")
        print(f"slowest PING meanwhile: {slowest * 1000:.0f} ms")
        self.assertLess(slowest, patience(2))

    def test_one_byte_too_many_is_refused_before_it_is_sent(self):
        self.start(256, "--proto-max-bulk-len", "1mb")
        self.connection.send(b"*3\r\n$3\r\nSET\r\n$5\r\nvalue\r\n$%d\r\n" % (MEGABYTE + 1))
        self.assertEqual(self.connection.read(), "ERR Protocol error: invalid bulk length")
        self.assertTrue(self.connection.closed_by_server())
        self.reconnect()
        self.set_value(1)

    def test_a_string_cannot_grow_beyond_the_limit(self):
        self.start(256, "--proto-max-bulk-len", "1mb")
        error = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
        self.assertEqual(self.connection.call("SETRANGE", "value", MEGABYTE, "x"), error)
        self.assertEqual(self.connection.call("EXISTS", "value"), 0)
        self.set_value(1)
        self.assertEqual(self.connection.call("APPEND", "value", "x"), error)
        self.assertEqual(self.connection.call("STRLEN", "value"), MEGABYTE)

    def test_many_large_values_stay_within_the_budget(self):
        self.start(256)
        value = BLOCK * 4
        for number in range(64):
            self.assertEqual(self.connection.call("SET", f"value:{number}", value), "OK")
        for number in range(64):
            self.assertTrue(self.connection.call("GET", f"value:{number}") == value)
        self.check_memory()

    def test_a_request_cut_off_in_the_middle_gives_its_memory_back(self):
        self.start(1024)
        before = self.server.memory_kb()
        self.connection.send(b"*3\r\n$3\r\nSET\r\n$5\r\nvalue\r\n$%d\r\n" % (128 * MEGABYTE))
        for number in range(100):
            self.connection.send(piece(number))
        self.reconnect()
        wait_until(lambda: sanitized() or self.server.memory_kb() - before < 40 * 1024,
                   "memory of a connection that is gone")
        self.assertEqual(self.connection.call("EXISTS", "value"), 0)


if __name__ == "__main__":
    sys.exit(case_report.run_tests("value_limits_test"))
