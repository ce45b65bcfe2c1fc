"""Signals that the system sends by itself, and a log that nobody reads: none of them ends a server,
holds it up, or costs a client its reply."""

import fcntl
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import time
import unittest

from resp_client import Connection, ErrorReply, encode
from server_process import (EXIT_IO, EXIT_LOG_FAILED, SMALL_STORE, ServerProcess, die_with_parent,
                            free_port, patience, server_binary, wait_until)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

MEGABYTE = 1 << 20


class SignalsTest(unittest.TestCase):
    def setUp(self):
        self.server = ServerProcess(*SMALL_STORE)
        self.addCleanup(self.server.__exit__)


class Hangup(SignalsTest):
    def test_sighup_during_the_start_ends_nothing_and_reopens_the_log_afterwards(self):
        self.server.start()
        with self.server.connect() as connection:
            # Something to replay, so that the start takes a while.
            for _ in range(20):
                replies = connection.call_all(("SET", f"key:{n}", "x" * 400) for n in range(500))
                self.assertEqual(replies.count("OK"), 500)
        self.server.kill()
        log = self.server.root / "server.log"
        moved = self.server.root / "server.log.1"
        self.server.spawn("--logfile", log)
        wait_until(log.exists, "it makes no log")
        hangups = 0
        while "Ready to accept" not in log.read_text():
            self.server.signal(signal.SIGHUP)
            hangups += 1
            self.assertTrue(self.server.running(), f"it died of SIGHUP {hangups}")
        log.rename(moved)
        self.server.signal(signal.SIGHUP)
        wait_until(log.exists, "the log was not opened anew")
        self.server.stop()


class UnreadLog(SignalsTest):
    LINES = 1000

    def start_with_a_pipe(self) -> int:
        """The end of the pipe that the server logs to; its PID is in self.process."""
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, read_end)
        fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, 4096)
        self.port = free_port()
        with open(self.server.root / "errors", "wb") as errors:
            self.process = subprocess.Popen(
                [server_binary(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir",
                 str(self.server.directory), "--loglevel", "debug", *SMALL_STORE],
                stdin=subprocess.DEVNULL, stdout=write_end, stderr=errors,
                preexec_fn=die_with_parent)
        os.close(write_end)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        wait_until(self.answers, "it does not answer")
        return read_end

    def answers(self) -> bool:
        try:
            with Connection(self.port, timeout=patience(60)) as connection:
                return connection.call("PING") == "PONG"
        except ConnectionRefusedError:
            return False

    def say_much(self) -> None:
        for _ in range(self.LINES):
            with socket.create_connection(("127.0.0.1", self.port), timeout=patience(20)) as peer:
                peer.sendall(b"*1\r\nnonsense\r\n")  # one line in the log for each
                peer.recv(1000)

    def test_the_loop_does_not_wait_for_a_log_that_nobody_reads(self):
        read_end = self.start_with_a_pipe()
        self.say_much()
        self.assertTrue(self.answers())
        # Somebody reads again: it says what is missing, and nothing else is.
        os.set_blocking(read_end, False)
        text = b""

        def missing() -> int:
            return sum(map(int, re.findall(rb"warning (\d+) lines of the log were dropped", text)))

        def all_is_told() -> bool:
            nonlocal text
            try:
                text += os.read(read_end, 1 << 16)
            except BlockingIOError:
                pass
            return text.count(b" closing 127.0.0.1") + missing() >= self.LINES

        wait_until(all_is_told, "lines went without a word")
        for line in text.splitlines()[:-1]:
            self.assertRegex(line, rb"^\[\d+\] .* (debug|verbose|notice|warning) ", "a torn line")

    def test_it_stops_although_nobody_reads_the_log(self):
        self.start_with_a_pipe()
        self.say_much()
        self.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.process.wait(patience(20)), 0)

    def test_a_reader_of_the_log_that_goes_away_ends_nothing(self):
        read_end = self.start_with_a_pipe()
        os.dup2(os.open(os.devnull, os.O_RDONLY), read_end)  # closes the pipe
        self.say_much()
        self.assertTrue(self.answers())


class FileSizeLimit(SignalsTest):
    WORDS = r"the limit of file size is too small: it is {} bytes and has to be at least (\d+); " \
            r"raise it \(ulimit -f\)"

    def set_limit(self, size: int) -> None:
        _, hard = resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.server.pid, resource.RLIMIT_FSIZE, (size, hard))

    def test_a_start_says_how_large_it_has_to_be(self):
        def said(size: int) -> re.Match:
            done = subprocess.run(
                [server_binary(), "--port", str(free_port()), "--bind", "127.0.0.1", "--dir",
                 str(self.server.directory), *SMALL_STORE],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                timeout=patience(60), preexec_fn=lambda: resource.setrlimit(
                    resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY)))
            self.assertEqual(done.returncode, EXIT_IO, done.stdout + done.stderr)
            match = re.search(self.WORDS.format(size), done.stderr)
            self.assertTrue(match, done.stderr)
            return match

        needed = int(said(MEGABYTE)[1])
        self.assertEqual(int(said(needed - 1)[1]), needed)
        self.server.file_bytes = needed
        self.server.start()
        with self.server.connect() as connection:
            self.assertEqual(connection.call("SET", "key", "1"), "OK")
        self.server.stop()

    def test_a_value_too_large_for_it_is_refused_with_its_name(self):
        self.server.start()
        with self.server.connect() as connection:
            self.assertEqual(connection.call("SET", "before", "1"), "OK")
            size = MEGABYTE * 3 // 2
            self.set_limit(size)  # a segment of the log fits
            big = b"x" * (3 * MEGABYTE)  # and this, which needs one of its own, does not
            reply = connection.call("SET", "big", big)
            self.assertIsInstance(reply, ErrorReply)
            self.assertRegex(reply, "^MISCONF .*" + self.WORDS.format(size))
            self.assertEqual(connection.call("GET", "before"), b"1")
            self.assertEqual(connection.call("SET", "small", "1"), "OK")
            self.set_limit(resource.RLIM_INFINITY)
            wait_until(lambda: connection.call("SET", "big", big) == "OK", "it stays full")
            self.assertTrue(connection.call("GET", "big") == big)
        self.server.stop()

    def test_a_segment_that_it_forbids_refuses_writes_until_it_is_raised(self):
        # Segments are of 8 MB until there is a load, of which the values are one.
        self.server.start("--log-segment-size", "16mb")
        with self.server.connect() as connection:
            value = b"x" * MEGABYTE
            self.assertEqual(connection.call("SET", "before", value), "OK")
            wait_until(lambda: self.server.info()["log_bytes"] == str(16 * MEGABYTE),
                       "the next segment is not made")
            size = 12 * MEGABYTE
            self.set_limit(size)
            replies = [connection.call("SET", f"key:{n}", value) for n in range(20)]
            self.assertEqual(replies[0], "OK")
            self.assertRegex(replies[-1], "^MISCONF .*" + self.WORDS.format(size))
            self.assertEqual(connection.call("GET", "before"), value)
            self.set_limit(resource.RLIM_INFINITY)
            wait_until(lambda: connection.call("SET", "again", "1") == "OK", "it stays full")
        self.server.stop()

    def test_a_segment_in_use_that_it_cuts_off_is_a_log_failure(self):
        self.server.start()
        size = MEGABYTE // 2
        with self.server.connect() as connection:
            self.assertEqual(connection.call("SET", "before", "1"), "OK")
            self.set_limit(size)
            with self.assertRaises(ConnectionError):
                for n in range(100):
                    self.assertEqual(connection.call("SET", f"key:{n}", b"x" * (16 << 10)), "OK")
        self.assertEqual(self.server.wait(), EXIT_LOG_FAILED)
        self.assertRegex(self.server.log(), self.WORDS.format(size))


class SlowReaders(SignalsTest):
    VALUE = MEGABYTE

    def start_with_a_value(self) -> None:
        self.server.start()
        with self.server.connect() as connection:
            self.assertEqual(connection.call("SET", "big", b"x" * self.VALUE), "OK")

    def connect_narrow(self) -> socket.socket:
        """A client that takes little at a time: most of what it asks for waits in the server."""
        peer = socket.socket()
        self.addCleanup(peer.close)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 10)
        peer.settimeout(patience(60))
        peer.connect(("127.0.0.1", self.server.port))
        return peer

    def read_to_the_end(self, peer: socket.socket) -> bytes:
        text = bytearray()
        try:
            while part := peer.recv(1 << 18):
                text += part
        except ConnectionResetError:
            pass
        return bytes(text)

    def check_whole_replies(self, stop) -> None:
        self.start_with_a_value()
        peer = self.connect_narrow()
        peer.sendall(encode("GET", "big") * 8)
        self.assertEqual(peer.recv(1), b"$")
        stop()
        wait_until(lambda: ": stopping" in self.server.log(), "it does not stop")
        text = b"$" + self.read_to_the_end(peer)
        reply = b"$%d\r\n%b\r\n" % (self.VALUE, b"x" * self.VALUE)
        # What was not run may be missing, but whole.
        self.assertGreaterEqual(len(text), len(reply))
        self.assertEqual(len(text) % len(reply), 0, f"a reply ends after {len(text)} bytes")
        self.assertEqual(text, reply * (len(text) // len(reply)))
        self.assertEqual(self.server.wait(), 0, self.server.log_tail())
        self.assertIn("everything is on the disk", self.server.log())

    def test_a_slow_reader_gets_its_replies_before_a_sigterm_ends_the_server(self):
        self.check_whole_replies(lambda: self.server.signal(signal.SIGTERM))

    def test_a_slow_reader_gets_its_replies_before_shutdown_ends_the_server(self):
        def shut_down():
            with self.server.connect() as other:
                other.send(encode("SHUTDOWN"))

        self.check_whole_replies(shut_down)

    def test_a_reader_that_takes_nothing_does_not_hold_up_the_end(self):
        self.start_with_a_value()
        peer = self.connect_narrow()
        peer.sendall(encode("GET", "big") * 8)
        self.assertEqual(peer.recv(1), b"$")
        began = time.monotonic()
        self.server.stop()
        self.assertLess(time.monotonic() - began, patience(8))

    def test_what_was_sent_arrives_although_the_client_sent_more(self):
        self.start_with_a_value()
        with self.server.connect() as connection:
            self.server.freeze()
            connection.send(encode("INCR", "n") * 1000)
            self.server.signal(signal.SIGTERM)
            self.server.thaw()
            answered = 0
            try:
                while True:
                    self.assertEqual(connection.read(), answered + 1)
                    answered += 1
            except ConnectionResetError:
                self.fail(f"the connection was reset behind reply {answered}")
            except ConnectionError:
                pass  # the end of the stream
        self.assertEqual(self.server.wait(), 0, self.server.log_tail())
        self.server.start()
        with self.server.connect() as connection:
            value = connection.call("GET", "n")
            self.assertEqual(int(value or 0), answered, "what ran was answered")


if __name__ == "__main__":
    sys.exit(case_report.run_tests("signals_test"))
