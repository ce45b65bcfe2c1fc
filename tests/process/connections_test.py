"""What one connection may do and what the server does to it: inline commands, pipelines that are
not read, RESP3, passwords, web pages, protected mode, maxclients, giant headers, slow readers,
errors while it writes."""

import os
import pathlib
import random
import re
import socket
import sys
import threading
import time
import unittest

from resp_client import Connection, ErrorReply, encode
from server_process import (ServerProcess, base_seed, full_run, patience, sanitized,
                            wait_until)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

MEGABYTE = 1 << 20


def started(case: unittest.TestCase, *options) -> ServerProcess:
    """A server that ends with the case."""
    server = ServerProcess(*options)
    case.addCleanup(server.__exit__)
    return server.start()


def own_address() -> str | None:
    """An address of this machine that is not loopback. Nothing is sent to find it."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))
            address = probe.getsockname()[0]
    except OSError:
        return None
    return None if address.startswith("127.") else address


def clients(control: Connection) -> int:
    """How many connections count, without a new one, which would count too."""
    return control.call("CLIENT", "LIST").count(b"\n")


def client_field(control: Connection, client: Connection, field: str) -> int:
    """A number that CLIENT LIST tells of a client."""
    address = "%s:%d" % client.socket.getsockname()
    line = next(line for line in control.call("CLIENT", "LIST").decode().splitlines()
                if f" addr={address} " in line)
    return int(re.search(rf" {field}=(\d+)", line).group(1))


def unsent_memory(control: Connection, client: Connection) -> int:
    return client_field(control, client, "obl") + client_field(control, client, "omem")


class Requests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = ServerProcess()
        cls.addClassCleanup(cls.server.__exit__)
        cls.server.start()

    def setUp(self):
        self.connection = self.server.connect()
        self.addCleanup(self.connection.close)
        self.connection.call("FLUSHALL")

    def test_inline_commands_answer(self):
        self.connection.send(b'PING\r\nSET a "b \\x41"\r\n\r\nget a\r\n')
        self.assertEqual([self.connection.read() for _ in range(3)], ["PONG", "OK", b"b A"])

    def test_an_unbalanced_inline_command_ends_the_connection(self):
        self.connection.send(b"get 'a\r\n")
        self.assertEqual(self.connection.read(),
                         "ERR Protocol error: unbalanced quotes in request")
        self.assertTrue(self.connection.closed_by_server())

    def test_a_web_page_cannot_send_commands(self):
        for head in (b"POST / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: example.org\r\n"):
            with self.server.connect() as page:
                page.send(head + b"Content-Length: 12\r\n\r\nSET evil 1\r\n")
                try:
                    while not page.closed_by_server():
                        pass
                except TimeoutError:
                    self.fail("the connection was kept")
        self.assertEqual(self.connection.call("EXISTS", "evil"), 0)

    def test_a_request_cut_anywhere_is_the_same_request(self):
        data = encode("SET", "cut", "some value\r\n") + encode("GET", "cut")
        for at in range(1, len(data)):
            self.connection.send(data[:at])
            self.connection.send(data[at:])
            self.assertEqual(self.connection.read(), "OK")
            self.assertEqual(self.connection.read(), b"some value\r\n")

    def test_100_000_commands_are_answered_before_anything_is_read(self):
        count = 100_000
        self.connection.send(encode("INCR", "n") * count)
        # Another connection sees that all of them ran, although no reply was read.
        with self.server.connect() as other:
            wait_until(lambda: other.call("GET", "n") == b"%d" % count, "not all of them ran", 120)
        self.assertEqual([self.connection.read() for _ in range(count)],
                         list(range(1, count + 1)))

    def test_errors_inside_a_pipeline_stand_in_their_place(self):
        replies = self.connection.call_all([
            ("SET", "s", "text"), ("INCR", "s"), ("NOSUCH", "x"), ("GET",), ("HGET", "s", "f"),
            ("GET", "s")])
        self.assertEqual(replies[0], "OK")
        self.assertEqual(replies[1], "ERR value is not an integer or out of range")
        self.assertTrue(replies[2].startswith("ERR unknown command 'NOSUCH'"))
        self.assertEqual(replies[3], "ERR wrong number of arguments for 'get' command")
        self.assertTrue(replies[4].startswith("WRONGTYPE "))
        self.assertEqual(replies[5], b"text")

    def test_hello_3_turns_replies_into_resp3(self):
        call = self.connection.call
        self.assertEqual(call("HSET", "h", "f", "v"), 1)
        self.assertEqual(call("HGETALL", "h"), [b"f", b"v"])
        hello = call("HELLO", "3", "SETNAME", "tester")
        self.assertEqual((hello[b"server"], hello[b"proto"]), (b"redis", 3))
        self.assertEqual(call("HGETALL", "h"), {b"f": b"v"})
        self.assertIsNone(call("GET", "missing"))
        self.assertEqual(call("CLIENT", "GETNAME"), b"tester")
        self.assertEqual(call("HELLO", "4"), "NOPROTO unsupported protocol version")
        self.assertEqual(call("HGETALL", "h"), {b"f": b"v"})
        self.assertIsInstance(call("HELLO", "2"), list)
        self.assertEqual(call("HGETALL", "h"), [b"f", b"v"])

    def test_giant_headers_cost_no_memory(self):
        before = self.server.memory_kb()
        claims = (b"*1\r\n$536870912\r\n", b"*1048576\r\n$1\r\n",
                  b"*3\r\n$3\r\nSET\r\n$500000000\r\n")
        with_claims = []
        for number in range(2000 if full_run() else 300):
            connection = self.server.connect()
            self.addCleanup(connection.close)
            connection.send(claims[number % len(claims)])
            with_claims.append(connection)
        self.assertEqual(self.connection.call("PING"), "PONG")
        grown = self.server.memory_kb() - before
        if not sanitized():
            self.assertLess(grown, 64 * 1024, "kB for headers without their bodies")

    def test_claims_beyond_the_limits_are_refused(self):
        for claim, text in ((b"*2147483647\r\n", "invalid multibulk length"),
                            (b"*1\r\n$536870913\r\n", "invalid bulk length"),
                            (b"*1\r\n$-5\r\n", "invalid bulk length"),
                            (b"*1\r\nx", "expected '$', got 'x'")):
            with self.server.connect() as connection:
                connection.send(claim)
                self.assertEqual(connection.read(), f"ERR Protocol error: {text}")
                self.assertTrue(connection.closed_by_server())

    def test_a_reader_that_does_not_read_is_not_read_from(self):
        value = random.Random(base_seed()).randbytes(10_000)
        count = 20_000
        self.assertEqual(self.connection.call("SET", "big", value), "OK")
        before = self.server.memory_kb()
        slow = self.server.connect(timeout=120)
        self.addCleanup(slow.close)
        sender = threading.Thread(target=slow.send, args=(encode("GET", "big") * count,))
        sender.start()
        # 200 MB of replies are asked for. Others are served meanwhile, and memory stays bounded.
        wait_until(lambda: unsent_memory(self.connection, slow) >= MEGABYTE,
                   "its replies do not pile up")
        for _ in range(50):
            self.assertEqual(self.connection.call("PING"), "PONG")
        # A piece of replies takes up to twice its bytes, and is kept until it is sent.
        self.assertLess(unsent_memory(self.connection, slow), 2 * (MEGABYTE + 2 * len(value)))
        grown = self.server.memory_kb() - before
        if not sanitized():
            self.assertLess(grown, 32 * 1024, "kB for replies that are not read")
        wrong = sum(slow.read() != value for _ in range(count))
        sender.join()
        self.assertEqual(wrong, 0)

    def test_one_that_has_sent_all_it_will_gets_its_replies(self):
        self.connection.send(encode("SET", "a", "1"))
        self.connection.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(self.connection.read(), "OK")
        self.assertTrue(self.connection.closed_by_server())
        # More than fits on the way, and the end in the middle of a request.
        count, value = 3000, b"x" * 1000
        with self.server.connect() as pipelined:
            pipelined.send(encode("SET", "b", value) + encode("GET", "b") * count +
                           b"*2\r\n$3\r\nGE")
            pipelined.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(pipelined.read(), "OK")
            self.assertEqual({pipelined.read() for _ in range(count)}, {value})
            self.assertTrue(pipelined.closed_by_server())

    def test_a_client_that_leaves_takes_nothing_with_it(self):
        for _ in range(50):
            with self.server.connect() as connection:
                connection.send(encode("INCR", "left") * 50 + b"*3\r\n$3\r\nSET\r\n$4")
        wait_until(lambda: clients(self.connection) == 1, "they are still counted")
        self.assertEqual(self.connection.call("PING"), "PONG")


class Admission(unittest.TestCase):
    def test_a_password_is_asked_for(self):
        server = started(self, "--requirepass", "secret")
        with server.connect() as connection:
            call = connection.call
            self.assertEqual(call("GET", "a"), "NOAUTH Authentication required.")
            self.assertTrue(call("AUTH", "wrong").startswith("WRONGPASS "))
            self.assertEqual(call("SET", "a", "1"), "NOAUTH Authentication required.")
            self.assertEqual(call("AUTH", "secret"), "OK")
            self.assertIsNone(call("GET", "a"))
        with server.connect() as connection:
            self.assertEqual(connection.call("AUTH", "default", "secret"), "OK")
        with server.connect() as connection:
            self.assertTrue(connection.call("HELLO", "3").startswith("NOAUTH "))
            hello = connection.call("HELLO", "3", "AUTH", "default", "secret")
            self.assertEqual(hello[b"proto"], 3)

    def test_without_the_password_requests_are_small(self):
        server = started(self, "--requirepass", "secret")
        for claim, text in ((b"*11\r\n", "unauthenticated multibulk length"),
                            (b"*1\r\n$16385\r\n", "unauthenticated bulk length")):
            with server.connect() as connection:
                connection.send(claim)
                self.assertEqual(connection.read(), f"ERR Protocol error: {text}")
                self.assertTrue(connection.closed_by_server())

    def test_without_the_password_a_flood_that_is_not_read_is_closed(self):
        server = started(self, "--requirepass", "secret")
        with server.connect() as control, server.connect() as flood:
            self.assertEqual(control.call("AUTH", "secret"), "OK")
            before = server.memory_kb()
            with self.assertRaises((ConnectionResetError, BrokenPipeError)):
                while True:
                    flood.send(encode("PING") * 1000)
            info = control.call("INFO", "stats")
            self.assertIn(b"\r\nclient_output_buffer_limit_disconnections:1\r\n", info)
            self.assertEqual(clients(control), 1)
            if not sanitized():
                self.assertLess(server.memory_kb() - before, 16 * 1024, "kB for the flood")

    def test_auth_and_the_commands_behind_it_may_share_a_packet(self):
        server = started(self, "--requirepass", "secret")
        with server.connect() as connection:
            value = b"x" * 100_000
            connection.send(encode("AUTH", "secret") + encode("SET", "big", value))
            self.assertEqual(connection.read(), "OK")
            self.assertEqual(connection.read(), "OK")

    def test_the_password_can_be_changed(self):
        server = started(self)
        with server.connect() as connection:
            self.assertTrue(connection.call("AUTH", "x").startswith("ERR AUTH <password> called"))
            self.assertEqual(connection.call("CONFIG", "SET", "requirepass", "new"), "OK")
            with server.connect() as other:
                self.assertEqual(other.call("PING"), "NOAUTH Authentication required.")
                self.assertEqual(other.call("AUTH", "new"), "OK")
            self.assertEqual(connection.call("PING"), "PONG")  # it was there before

    def test_maxclients_turns_away_the_next_one(self):
        server = started(self, "--maxclients", "4")
        control = server.connect()
        self.addCleanup(control.close)
        wait_until(lambda: clients(control) == 1, "somebody else is connected")
        held = [server.connect() for _ in range(3)]
        for connection in held:
            self.addCleanup(connection.close)
            self.assertEqual(connection.call("PING"), "PONG")
        with server.connect() as turned_away:
            self.assertEqual(turned_away.read(), "ERR max number of clients reached")
            self.assertTrue(turned_away.closed_by_server())
        held[0].close()
        wait_until(lambda: clients(control) == 3, "those that are gone still count")
        with server.connect() as connection:
            self.assertEqual(connection.call("PING"), "PONG")

    def test_maxclients_is_what_the_limit_of_open_files_allows(self):
        server = ServerProcess()
        self.addCleanup(server.__exit__)
        server.open_files = 3000
        server.start()
        with server.connect() as connection:
            self.assertEqual(connection.call("CONFIG", "GET", "maxclients"),
                             [b"maxclients", b"1976"])
            self.assertEqual(
                connection.call("CONFIG", "SET", "maxclients", "5000"),
                "ERR CONFIG SET failed (possibly related to argument 'maxclients') - The operating "
                "system is not able to handle the specified number of clients, try with 1976")
            self.assertEqual(connection.call("CONFIG", "SET", "maxclients", "1000"), "OK")

    def test_protected_mode_answers_this_machine_only(self):
        address = own_address()
        if address is None:
            self.skipTest("this machine has no address but loopback")
        server = started(self, "--bind", "*")
        with Connection(server.port, host=address) as stranger:
            self.assertTrue(stranger.read().startswith("DENIED Redis is running in protected mode"))
            self.assertTrue(stranger.closed_by_server())
        with server.connect() as connection:
            self.assertEqual(connection.call("CONFIG", "SET", "protected-mode", "no"), "OK")
        with Connection(server.port, host=address) as stranger:
            self.assertEqual(stranger.call("PING"), "PONG")

    @unittest.skipIf(sanitized(), "the checks need descriptors themselves")
    def test_no_descriptor_left_leaves_the_server_serving(self):
        # A second address, whose clients wait for descriptors at the same time.
        second = "127.0.0.2"
        server = started(self, "--maxclients", "10000", "--bind", "127.0.0.1", second)
        limit_open_files(server.pid, len(os.listdir(f"/proc/{server.pid}/fd")) + 10)
        with server.connect() as early:
            self.assertEqual(early.call("SET", "a", "1"), "OK")
            waiting = [server.connect() for _ in range(40)]
            waiting += [Connection(server.port, host=second) for _ in range(40)]
            try:
                self.check_that_it_does_not_spin(server, early)
            finally:
                for connection in waiting:
                    connection.close()
            # The store needs descriptors too: writes may be refused until some are free again.
            wait_until(lambda: early.call("SET", "a", "2") == "OK", "writes do not resume")
        for host in ("127.0.0.1", second):
            wait_until(lambda: self.is_served(server.port, host), f"nobody is served at {host}")
        server.stop()

    def is_served(self, port: int, host: str) -> bool:
        try:
            with Connection(port, timeout=5, host=host) as late:
                return late.call("GET", "a") == b"2"
        except OSError:
            return False

    def check_that_it_does_not_spin(self, server: ServerProcess, early: Connection) -> None:
        wait_until(lambda: "no file descriptor left for a new connection" in server.log(),
                   "there is a descriptor for everybody")
        ticks, end = cpu_ticks(server.pid), time.monotonic() + 1
        wait_until(lambda: early.call("GET", "a") == b"1" and time.monotonic() > end,
                   "nobody is served")
        self.assertLess(cpu_ticks(server.pid) - ticks, 50, "hundredths of a second: it spins")


class Linger(unittest.TestCase):
    """After a protocol error the server reads on for a while: a client that is still writing would
    be reset, and never see the error."""

    CLAIM = b"*3\r\n$3\r\nSET\r\n$5\r\nvalue\r\n$%d\r\n" % (2 * MEGABYTE)
    ERROR = "ERR Protocol error: invalid bulk length"

    def setUp(self):
        self.server = started(self, "--proto-max-bulk-len", "1mb")
        self.connection = self.server.connect()
        self.addCleanup(self.connection.close)

    def rejected(self) -> Connection:
        """One that was told so, and does not close."""
        connection = self.server.connect()
        self.addCleanup(connection.close)
        connection.send(self.CLAIM)
        self.assertEqual(connection.read(), self.ERROR)
        self.assertTrue(connection.closed_by_server())
        return connection

    def wait_for_clients(self, count: int) -> None:
        wait_until(lambda: clients(self.connection) == count, "others are counted")

    def test_the_error_reaches_a_client_that_is_still_writing(self):
        self.wait_for_clients(1)
        before = self.server.memory_kb()
        with self.server.connect() as writer:
            writer.send(self.CLAIM)
            for _ in range(64):
                writer.send(bytes(MEGABYTE))
            self.assertEqual(writer.read(), self.ERROR)
            self.assertTrue(writer.closed_by_server())
            if not sanitized():
                grown = self.server.memory_kb() - before
                self.assertLess(grown, 16 * 1024, "kB for what is thrown away")
        self.wait_for_clients(1)

    def test_what_came_of_a_refused_request_is_given_back(self):
        self.wait_for_clients(1)
        before = self.server.memory_kb()
        with self.server.connect() as writer:
            key = b"k" * MEGABYTE
            argument = b"$%d\r\n%b\r\n" % (len(key), key)
            writer.send(b"*65\r\n" + argument * 64 + b"$-5\r\n")
            self.assertEqual(writer.read(), self.ERROR)
            # It lingers, and has nothing.
            self.assertLess(client_field(self.connection, writer, "tot-mem"), MEGABYTE)
            wait_until(lambda: sanitized() or self.server.memory_kb() - before < 32 * 1024,
                       "the request's memory does not come back")

    def test_a_client_that_never_ends_is_cut_off(self):
        with self.server.connect() as writer:
            writer.send(self.CLAIM)
            end = time.monotonic() + 60
            with self.assertRaises(ConnectionError):
                while time.monotonic() < end:
                    writer.send(bytes(64 << 10))
                    self.assertEqual(self.connection.call("PING"), "PONG")
        self.rejected()
        self.wait_for_clients(1)

    def test_until_then_it_counts_and_can_be_killed(self):
        self.wait_for_clients(1)
        rejected = self.rejected()
        self.assertEqual(clients(self.connection), 2)
        address = "%s:%d" % rejected.socket.getsockname()
        self.assertEqual(self.connection.call("CLIENT", "KILL", "ADDR", address), 1)
        self.assertEqual(clients(self.connection), 1)

    def test_it_does_not_hold_up_a_stop(self):
        self.rejected()
        began = time.monotonic()
        self.server.stop()
        self.assertLess(time.monotonic() - began, patience(4))


def limit_open_files(pid: int, count: int) -> None:
    import resource  # absent elsewhere than on Linux, as prlimit is
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (count, count))


def cpu_ticks(pid: int) -> int:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


if __name__ == "__main__":
    sys.exit(case_report.run_tests("connections_test"))
