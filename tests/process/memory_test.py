"""Memory is bounded when values are as large as they may be: in a control group, six clients write
values of a sixteenth of its limit as fast as they can. Anonymous memory stays below 0.85 of the
limit, every reply is the right one, and no connection is closed.

Where no control group can be made, the server is told what it would have found in one (maxmemory),
and the bound is the same.
"""

import contextlib
import os
import pathlib
import random
import sys
import threading
import time
import unittest

from memory_group import MemoryGroup
from resp_client import Connection
from server_process import ServerProcess, base_seed, full_run, patience, sanitized

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

MEGABYTE = 1 << 20
# Of the limit: for one value, for the budget that the server takes by itself, for all it may take.
VALUE_SHARE = 16
BUDGET_SHARE = 2
BOUND = 0.85
CLIENTS = 6
KEYS = 2  # of each client
SECONDS = 600 if full_run() else 6  # for each limit
SAMPLE_SECONDS = 0.002


class AnonymousMemory(threading.Thread):
    """The most that a process had since the last take()."""

    def __init__(self, server: ServerProcess):
        super().__init__(daemon=True)
        self.status = pathlib.Path(f"/proc/{server.pid}/status")
        self.peak = 0
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(SAMPLE_SECONDS):
            with contextlib.suppress(OSError):
                for line in self.status.read_text().splitlines():
                    if line.startswith("RssAnon:"):
                        self.peak = max(self.peak, int(line.split()[1]) * 1024)

    def take(self) -> int:
        peak, self.peak = self.peak, 0
        return peak


def call_with_value(connection: Connection, words: tuple, value) -> object:
    """The value goes last, and is not copied."""
    parts = [b"*%d\r\n" % (len(words) + 1)]
    parts += [b"$%d\r\n%b\r\n" % (len(word), word) for word in words]
    connection.send(b"".join(parts) + b"$%d\r\n" % len(value))
    connection.send(value)
    connection.send(b"\r\n")
    return connection.read()


class Memory(unittest.TestCase):
    def start(self, limit_mb: int) -> None:
        self.limit = limit_mb * MEGABYTE
        self.value_bytes = self.limit // VALUE_SHARE
        # Half of it can be compressed.
        half = self.value_bytes // 2
        noise = random.Random(base_seed()).randbytes(MEGABYTE)
        self.value = memoryview((noise * (half // len(noise) + 1))[:half] + b"x" * half)
        self.group = MemoryGroup.make(self.limit)
        options = () if self.group else ("--maxmemory", self.limit // BUDGET_SHARE)
        self.server = ServerProcess(*options)
        if self.group:
            self.addCleanup(self.group.remove)
            self.server.memory_group = self.group
        else:
            print(f"{limit_mb} MB: no control group can be made here; maxmemory stands in for it")
        self.addCleanup(self.server.__exit__)
        self.server.start()

    def connect(self) -> Connection:
        return self.server.connect(timeout=patience(120))

    def set(self, connection: Connection, key: bytes) -> None:
        self.expect("OK", call_with_value(connection, (b"SET", key), self.value))

    def set_range(self, connection: Connection, key: bytes) -> None:
        self.expect(self.value_bytes,
                    call_with_value(connection, (b"SETRANGE", key, b"0"), self.value))
        self.expect(self.value_bytes,
                    connection.call("SETRANGE", key, self.value_bytes - 1, "y"))

    def append(self, connection: Connection, key: bytes) -> None:
        half = self.value[:self.value_bytes // 2]
        connection.call("DEL", key)
        for size in (len(half), 2 * len(half)):
            self.expect(size, call_with_value(connection, (b"APPEND", key), half))

    def hset(self, connection: Connection, key: bytes) -> None:
        reply = call_with_value(connection, (b"HSET", b"hash:" + key, b"field"), self.value)
        self.assertIn(reply, (0, 1))

    def expect(self, right, reply) -> None:
        self.assertEqual(reply, right)

    def write(self, number: int, command, end: float) -> None:
        try:
            with self.connect() as connection:
                for turn in range(sys.maxsize):
                    if turn > 0 and time.monotonic() > end:
                        break
                    command(connection, b"%d:%d" % (number, turn % KEYS))
                    self.turns[number] += 1
        except (AssertionError, OSError) as error:
            self.failures.append(f"{type(error).__name__}: {error}"[:300])

    def run_clients(self, command, seconds: float) -> None:
        self.failures, self.turns = [], [0] * CLIENTS
        end = time.monotonic() + seconds
        clients = [threading.Thread(target=self.write, args=(number, command, end))
                   for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()

    def restart(self) -> None:
        """What a start reads of so large values fits in as well."""
        self.server.kill()
        self.server.start()
        if not sanitized():
            self.assertLess(self.server.memory_kb("VmHWM") * 1024 / self.limit, BOUND)

    def refuses_a_larger_one(self) -> None:
        with self.connect() as connection:
            connection.send(b"*3\r\n$3\r\nSET\r\n$1\r\nx\r\n$%d\r\n" % (self.value_bytes + 1))
            # Not one byte of it was sent.
            self.assertEqual(connection.read(), "ERR Protocol error: invalid bulk length")
            self.assertTrue(connection.closed_by_server())

    def check(self, limit_mb: int) -> None:
        self.start(limit_mb)
        commands = (self.set, self.set_range, self.append, self.hset)
        for command in commands:
            memory = AnonymousMemory(self.server)
            memory.start()
            self.addCleanup(memory.done.set)
            self.run_clients(command, SECONDS / len(commands))
            share = memory.take() / self.limit
            memory.done.set()
            print(f"{limit_mb} MB, {command.__name__}: {share:.2f} of it at most, "
                  f"{sum(self.turns)} turns", flush=True)
            self.assertTrue(self.server.running(), "killed for its memory")
            self.assertEqual(self.failures, [])
            if not sanitized():
                self.assertLess(share, BOUND)
            if full_run() or command == commands[0]:
                self.restart()
            with self.connect() as connection:
                self.assertEqual(connection.call("FLUSHALL"), "OK")
        self.refuses_a_larger_one()
        self.server.stop()

    def test_values_of_a_sixteenth_of_128_mb(self):
        self.check(128)

    def test_values_of_a_sixteenth_of_256_mb(self):
        self.check(256)

    def test_values_of_a_sixteenth_of_512_mb(self):
        self.check(512)

    def test_values_of_a_sixteenth_of_1024_mb(self):
        self.check(1024)


if __name__ == "__main__":
    sys.exit(case_report.run_tests("memory_test"))
