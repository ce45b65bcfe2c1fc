"""A sync of the log that fails: what was not acknowledged stays so, and the server says why it
exits, or serves reads only, as on-log-failure says."""

import os
import pathlib
import signal
import sys
import time
import unittest

from resp_client import ErrorReply
from server_process import EXIT_LOG_FAILED, ServerProcess, sanitized, wait_until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)


@unittest.skipIf(sanitized(), "a sanitizer's library must be the first that is loaded")
class LogFailure(unittest.TestCase):
    def start(self, *options) -> ServerProcess:
        server = ServerProcess(*options)
        self.addCleanup(server.__exit__)
        self.trigger = pathlib.Path(server.root, "fail")
        server.environment = {"LD_PRELOAD": os.environ["CORDWOOD_FAILING_SYNC"],
                              "CORDWOOD_TEST_FAILING_SYNC": str(self.trigger)}
        return server.start()

    def test_the_server_exits_and_says_why(self):
        server = self.start()
        with server.connect() as connection:
            self.assertEqual(connection.call("SET", "before", "1"), "OK")
            self.trigger.touch()
            connection.send(b"*3\r\n$3\r\nSET\r\n$5\r\nafter\r\n$1\r\n1\r\n")
            self.assertEqual(server.wait(), EXIT_LOG_FAILED, server.log_tail())
            self.assertTrue(connection.closed_by_server(), "nothing may be acknowledged")
        self.assertRegex(server.log_tail(), r"\.wal.*Input/output error")
        self.trigger.unlink()
        server.start()
        with server.connect() as connection:
            self.assertEqual(connection.call("GET", "before"), b"1")
            self.assertIn(connection.call("GET", "after"), (None, b"1"))

    def test_read_only_serves_what_is_on_the_disk(self):
        server = self.start("--on-log-failure", "read-only")
        with server.connect() as writer, server.connect() as reader:
            self.assertEqual(writer.call("SET", "k", "old"), "OK")
            self.trigger.touch()
            writer.send(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\nnew\r\n")
            wait_until(lambda: server.info("persistence")["storage_state"] == "failed",
                       "the failed sync has no effect")
            self.assertTrue(writer.closed_by_server(), "nobody knows what became of its write")
            self.assertEqual(reader.call("GET", "k"), b"old")
            self.assertEqual(reader.call("DBSIZE"), 1)
            self.trigger.unlink()  # the disk is well again: a failed sync is final all the same
            refusal = reader.call("SET", "other", "1")
            self.assertIsInstance(refusal, ErrorReply)
            self.assertIn("restart it", refusal)
            self.assertEqual(reader.call("GET", "k"), b"old")
        began = time.monotonic()
        server.signal(signal.SIGTERM)
        self.assertEqual(server.wait(), EXIT_LOG_FAILED)
        self.assertLess(time.monotonic() - began, 5, "seconds: it waits for what cannot come")
        self.assertEqual(server.log().count("the store failed"), 1)
        server.start("--on-log-failure", "exit")
        with server.connect() as connection:
            self.assertIn(connection.call("GET", "k"), (b"old", b"new"))
            self.assertEqual(connection.call("SET", "other", "1"), "OK")


if __name__ == "__main__":
    sys.exit(case_report.run_tests("log_failure_test"))
