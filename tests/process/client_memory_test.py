"""What thousands of connections, and requests that repeat what is large, do to the memory of a
server whose budget is that of a control group of 128 MB: it stays below 0.85 of the group, and the
server goes on to serve others."""

import os
import socket
import sys
import threading
import time
import unittest

from resp_client import Connection, ErrorReply, encode
from server_process import ServerProcess, patience, sanitized

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

MEGABYTE = 1 << 20
BUDGET_MB = 64
GROUP_MB = 2 * BUDGET_MB
BOUND_KB = GROUP_MB * 1024 * 85 // 100
CONNECTIONS = 2500
PASSWORD = "secret"
REFUSED = "ERR the reply is longer than %d bytes" % (BUDGET_MB // 4 * MEGABYTE)


class Peak:
    """The most anonymous memory that a process had, looked at a hundred times a second."""

    def __init__(self, server: ServerProcess):
        self._server = server
        self.kilobytes = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()

    def _watch(self):
        while not self._ended.wait(0.01):
            self.kilobytes = max(self.kilobytes, self._server.memory_kb("RssAnon"))


class ClientMemory(unittest.TestCase):
    def setUp(self):
        self.server = ServerProcess("--maxmemory", f"{BUDGET_MB}mb", "--requirepass", PASSWORD)
        self.addCleanup(self.server.__exit__)
        self.server.start()
        self.control = self.connect()
        self.addCleanup(self.control.close)

    def connect(self) -> Connection:
        connection = self.server.connect()
        self.assertEqual(connection.call("AUTH", PASSWORD), "OK")
        return connection

    def crowd(self, greeting: bytes, request: bytes) -> list[socket.socket]:
        """That many connections, each of which sends this and reads nothing."""
        crowd = []
        for _ in range(CONNECTIONS):
            peer = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            self.addCleanup(peer.close)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.connect(("127.0.0.1", self.server.port))
            peer.setblocking(False)
            try:
                peer.send(greeting + request)
            except OSError:
                pass  # closed, or full
            crowd.append(peer)
        return crowd

    def hold(self, greeting: bytes, request: bytes) -> None:
        """The crowd comes and stays a while; others are served, and memory is bounded."""
        before = self.server.memory_kb("RssAnon")
        slowest = 0.0
        with Peak(self.server) as peak:
            self.crowd(greeting, request)
            for number in range(50):
                began = time.monotonic()
                self.assertEqual(self.control.call("SET", "other", number), "OK")
                self.assertEqual(self.control.call("GET", "other"), b"%d" % number)
                slowest = max(slowest, time.monotonic() - began)
                time.sleep(0.02)
        print(f"{self.id().split('.')[-1]}: {before // 1024} MB before, "
              f"at most {peak.kilobytes // 1024}, bound {BOUND_KB // 1024}; "
              f"slowest SET and GET of another {slowest * 1000:.0f} ms")
        self.assertTrue(self.server.running())
        self.assertLess(slowest, patience(5))
        if not sanitized():
            self.assertLess(peak.kilobytes, BOUND_KB)
        with self.connect() as newcomer:
            self.assertEqual(newcomer.call("PING"), "PONG")

    def test_unauthenticated_connections_with_partial_requests(self):
        argument = b"$16000\r\n" + b"v" * 16000 + b"\r\n"
        self.hold(b"", b"*10\r\n" + argument * 3)

    def test_authenticated_connections_with_partial_requests(self):
        self.hold(encode("AUTH", PASSWORD),
                  b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$900000\r\n" + b"v" * 60_000)

    def test_authenticated_connections_that_do_not_read_their_replies(self):
        self.assertEqual(self.control.call("SET", "k", "v" * 30_000), "OK")
        self.hold(encode("AUTH", PASSWORD), encode("GET", "k") * 100)

    def check_peak(self, peak: Peak) -> None:
        print(f"{self.id().split('.')[-1]}: at most {peak.kilobytes // 1024} MB, "
              f"bound {BOUND_KB // 1024}")
        if not sanitized():
            self.assertLess(peak.kilobytes, BOUND_KB)

    def test_requests_that_repeat_a_large_value(self):
        value = b"v" * (4 * MEGABYTE)
        self.assertEqual(self.control.call("SET", "s", value), "OK")
        self.assertEqual(self.control.call("HSET", "h", "f", value), 1)
        self.assertEqual(self.control.call("COMPACT"), "OK")  # so that they come out of tables
        with Peak(self.server) as peak:
            for words in (["MGET"] + ["s"] * 1000, ["HMGET", "h"] + ["f"] * 1000,
                          ["COMMAND", "DOCS"] + ["client"] * 300_000,
                          ["COMMAND", "INFO"] + ["client"] * 300_000):
                reply = self.control.call(*words)
                self.assertIsInstance(reply, ErrorReply, words[0])
                self.assertTrue(reply.startswith(REFUSED), reply)
            self.assertEqual(self.control.call("EXISTS", *["s"] * 1000), 1000)
            self.assertEqual(self.control.call("TOUCH", *["s"] * 1000), 1000)
            self.assertEqual(self.control.call("HDEL", "h", *["f"] * 1000), 1)
            self.assertEqual(self.control.call("DEL", *["s"] * 1000), 1)
        self.check_peak(peak)

    def test_a_hash_that_is_larger_than_a_transaction_may_be_is_copied(self):
        fields = 20_000
        for start in range(0, fields, 1000):
            words = [word for number in range(start, start + 1000)
                     for word in (f"field{number}", "w" * 1000)]
            self.assertEqual(self.control.call("HSET", "h", *words), 1000)
        with Peak(self.server) as peak:
            for words in (["COPY", "h", "other"], ["MOVE", "h", "1"]):
                self.assertEqual(self.control.call(*words), 1)
        self.assertEqual(self.control.call("HLEN", "other"), fields)
        self.assertEqual(self.control.call("DBSIZE"), 1)
        self.check_peak(peak)


if __name__ == "__main__":
    sys.exit(case_report.run_tests("client_memory_test"))
