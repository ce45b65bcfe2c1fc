"""How a server ends: SHUTDOWN and signals, idle and under load. Whatever was acknowledged is there
afterwards, and the exit status says that it ended well."""

import os
import signal
import sys
import threading
import time
import unittest

from resp_client import encode
from server_process import SMALL_STORE, ServerProcess, patience, wait_until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

WRITERS = 4
PIPELINE = 32


class Writer(threading.Thread):
    """Increments a counter of its own until the connection ends."""

    def __init__(self, server: ServerProcess, index: int):
        super().__init__(daemon=True)
        self.key = f"writer:{index}"
        self.sent = 0
        self.acknowledged = 0
        self.connection = server.connect()

    def run(self):
        try:
            while True:
                self.sent += PIPELINE
                self.connection.send(encode("INCR", self.key) * PIPELINE)
                for _ in range(PIPELINE):
                    reply = self.connection.read()
                    if not isinstance(reply, int):
                        return  # refused, because the server stops
                    self.acknowledged = reply
        except OSError:
            pass
        finally:
            self.connection.close()


class StopTest(unittest.TestCase):
    def setUp(self):
        self.server = ServerProcess(*SMALL_STORE)
        self.addCleanup(self.server.__exit__)
        self.server.start()

    def start_writers(self) -> list[Writer]:
        writers = [Writer(self.server, index) for index in range(WRITERS)]
        for writer in writers:
            writer.start()
        wait_until(lambda: all(writer.acknowledged > 0 for writer in writers),
                   "no write is acknowledged")
        return writers

    def check_writers(self, writers: list[Writer]) -> None:
        """After the end: starts again and compares."""
        for writer in writers:
            writer.join(60)
            self.assertFalse(writer.is_alive(), "its connection was never closed")
        self.server.start()
        with self.server.connect() as connection:
            for writer in writers:
                value = int(connection.call("GET", writer.key))
                self.assertGreaterEqual(value, writer.acknowledged, writer.key)
                self.assertLessEqual(value, writer.sent, writer.key)

    def assert_ends_well(self, within: float = 30) -> None:
        self.assertEqual(self.server.wait(within), 0, self.server.log_tail())
        self.assertIn("everything is on the disk", self.server.log())

    def test_shutdown_ends_an_idle_server(self):
        with self.server.connect() as connection:
            self.assertEqual(connection.call("SET", "a", "1"), "OK")
            connection.send(encode("SHUTDOWN"))
            self.assertTrue(connection.closed_by_server())
        self.assert_ends_well()
        self.server.start()
        with self.server.connect() as connection:
            self.assertEqual(connection.call("GET", "a"), b"1")

    def test_shutdown_nosave_keeps_everything_too(self):
        with self.server.connect() as connection:
            self.assertEqual(connection.call("SET", "a", "1"), "OK")
            connection.send(encode("SHUTDOWN", "NOSAVE"))
            self.assertTrue(connection.closed_by_server())
        self.assert_ends_well()
        self.server.start()
        with self.server.connect() as connection:
            self.assertEqual(connection.call("GET", "a"), b"1")

    def test_what_stood_before_shutdown_in_a_pipeline_is_done_and_answered(self):
        with self.server.connect() as connection:
            connection.send(encode("INCR", "n") * 100 + encode("SHUTDOWN"))
            self.assertEqual([connection.read() for _ in range(100)], list(range(1, 101)))
            self.assertTrue(connection.closed_by_server())
        self.assert_ends_well()

    def test_what_stands_behind_shutdown_in_a_pipeline_is_not_done(self):
        with self.server.connect() as connection:
            connection.send(encode("SET", "before", "1") + encode("SHUTDOWN") +
                            encode("SET", "behind", "1") + encode("PING"))
            self.assertEqual(connection.read(), "OK")
            self.assertTrue(connection.closed_by_server())
        self.assert_ends_well()
        self.server.start()
        with self.server.connect() as connection:
            self.assertEqual(connection.call("GET", "before"), b"1")
            self.assertIsNone(connection.call("GET", "behind"))

    def test_sighup_opens_the_log_file_anew_and_ends_nothing(self):
        log = self.server.root / "server.log"
        moved = self.server.root / "server.log.1"
        self.server.stop()
        self.server.start("--logfile", log)
        log.rename(moved)
        self.server.signal(signal.SIGHUP)
        end = time.monotonic() + 30
        while not log.exists() or "open anew" not in log.read_text():
            self.assertLess(time.monotonic(), end, "there is no new log file")
            time.sleep(0.01)
        with self.server.connect() as connection:
            self.assertEqual(connection.call("PING"), "PONG")
        self.server.stop()
        self.assertIn("everything is on the disk", log.read_text())
        self.assertIn("Ready to accept connections", moved.read_text())

    def test_sigterm_and_sigint_end_an_idle_server(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.server.connect() as connection:
                self.assertIsInstance(connection.call("INCR", "n"), int)
                self.server.signal(number)
                self.assert_ends_well()
            self.server.start()
        with self.server.connect() as connection:
            self.assertEqual(connection.call("GET", "n"), b"2")

    def test_sigterm_under_load_loses_nothing_and_does_not_wait_for_the_clients(self):
        writers = self.start_writers()
        self.server.signal(signal.SIGTERM)
        self.assert_ends_well(within=8)
        self.check_writers(writers)

    def test_shutdown_under_load_loses_nothing_and_does_not_wait_for_the_clients(self):
        writers = self.start_writers()
        with self.server.connect() as connection:
            connection.send(encode("SHUTDOWN"))
            self.assertTrue(connection.closed_by_server())
        self.assert_ends_well(within=8)
        self.check_writers(writers)

    def test_a_client_that_does_not_read_cannot_hold_up_the_end(self):
        with self.server.connect() as connection:
            connection.call("SET", "big", b"x" * 1_000_000)
            connection.send(encode("GET", "big") * 50)
            self.server.signal(signal.SIGTERM)
            self.assertEqual(self.server.wait(30), 0, self.server.log_tail())

    def test_a_second_sigterm_ends_it_at_once_and_loses_nothing(self):
        writers = self.start_writers()
        self.server.signal(signal.SIGTERM)
        self.server.signal(signal.SIGTERM)
        began = time.monotonic()
        self.server.wait()
        self.assertLess(time.monotonic() - began, patience(5))
        self.check_writers(writers)

    def test_a_server_that_stops_takes_no_new_connections(self):
        writers = self.start_writers()
        self.server.signal(signal.SIGTERM)
        try:
            with self.server.connect(timeout=10) as late:
                late.call("PING")
        except OSError:
            pass  # refused, or closed: both are right; a hang is not
        self.assert_ends_well()
        self.check_writers(writers)

    def test_kill_9_after_a_clean_start_needs_no_repair(self):
        with self.server.connect() as connection:
            self.assertEqual(connection.call("SET", "a", "1"), "OK")
        for _ in range(3):
            self.server.kill()
            self.server.start()
        with self.server.connect() as connection:
            self.assertEqual(connection.call("GET", "a"), b"1")


if __name__ == "__main__":
    sys.exit(case_report.run_tests("stop_test"))
