"""Options that only a real process shows: its log, its threads, its sockets, its files.
What acts on sessions and data is in tests/pipeline/options_test.cc."""

import os
import pathlib
import socket
import sys
import unittest

import store_files
from resp_client import Connection, ErrorReply
from server_process import ServerProcess, free_port, wait_until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

MEGABYTE = 1 << 20


def server_port(control: Connection) -> bytes:
    return control.call("CONFIG", "GET", "port")[1]


class OptionsTest(unittest.TestCase):
    def started(self, *options) -> ServerProcess:
        """A server that ends with the case."""
        server = ServerProcess(*options)
        self.addCleanup(server.__exit__)
        return server.start()


class Log(OptionsTest):
    def cause_a_verbose_line(self, server: ServerProcess) -> None:
        """A connection that breaks the protocol."""
        with server.connect() as connection:
            connection.send(b"*x\r\n")
            connection.read()
            self.assertTrue(connection.closed_by_server())

    def test_loglevel_chooses_what_is_logged(self):
        for level, verbose, notice in (("verbose", True, True), ("notice", False, True),
                                       ("warning", False, False), ("nothing", False, False)):
            server = self.started("--loglevel", level)
            self.cause_a_verbose_line(server)
            server.stop()
            with self.subTest(level):
                self.assertEqual(" verbose closing 127.0.0.1:" in server.log(), verbose)
                self.assertEqual(" notice Ready to accept" in server.log(), notice)

    def test_loglevel_can_be_changed(self):
        server = self.started("--loglevel", "warning")
        self.cause_a_verbose_line(server)
        self.assertEqual(server.log(), "")
        with server.connect() as connection:
            self.assertEqual(connection.call("CONFIG", "SET", "loglevel", "verbose"), "OK")
        self.cause_a_verbose_line(server)
        wait_until(lambda: " verbose closing 127.0.0.1:" in server.log(), "the line is missing")

    def test_logfile_names_where_it_goes(self):
        server = ServerProcess()
        self.addCleanup(server.__exit__)
        path = server.root / "server.log"
        server.options += ["--logfile", str(path)]
        server.start()
        server.stop()
        self.assertIn("Ready to accept", path.read_text())
        self.assertIn("everything is on the disk", path.read_text())
        self.assertEqual(server.log(), "")
        # It is appended to.
        server.start()
        wait_until(lambda: path.read_text().count("Ready to accept") == 2, "it does not say so")


class Process(OptionsTest):
    def test_info_names_the_allocator_that_is_linked(self):
        server = self.started()
        maps = pathlib.Path(f"/proc/{server.pid}/maps").read_text()
        expected = r"jemalloc-\d" if "libjemalloc" in maps else "libc$"
        self.assertRegex(server.info("memory")["mem_allocator"], expected)


class Sockets(OptionsTest):
    def connections_until_full(self, server: ServerProcess, most: int, timeout: float) -> int:
        """How many connections the kernel takes for a server that accepts none."""
        for number in range(most):
            try:
                self.addCleanup(Connection(server.port, timeout).close)
            except TimeoutError:
                return number
        return most

    def test_tcp_backlog_is_how_many_wait_to_be_accepted(self):
        few = self.started("--tcp-backlog", "4")
        few.freeze()
        # Linux lets one more wait.
        self.assertIn(self.connections_until_full(few, 40, 1), (4, 5))
        few.thaw()
        many = self.started("--tcp-backlog", "100")
        many.freeze()
        self.assertEqual(self.connections_until_full(many, 40, 60), 40)
        many.thaw()

    def keepalive(self, server: ServerProcess, connection: Connection) -> bool:
        """Whether the kernel's keepalive timer runs on the server's side of the connection."""
        ends = [server.port, connection.socket.getsockname()[1]]
        for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            fields = line.split()
            if [int(end.split(":")[1], 16) for end in fields[1:3]] == ends:
                return fields[5].startswith("02:")
        return self.fail("the kernel does not list the connection")

    def test_tcp_keepalive_turns_it_on_and_off(self):
        server = self.started("--tcp-keepalive", "0")
        with server.connect() as connection:
            self.assertEqual(connection.call("PING"), "PONG")
            self.assertFalse(self.keepalive(server, connection))
            self.assertEqual(connection.call("CONFIG", "SET", "tcp-keepalive", "60"), "OK")
            with server.connect() as later:
                self.assertEqual(later.call("PING"), "PONG")
                self.assertTrue(self.keepalive(server, later))

    def test_port_0_listens_nowhere(self):
        # The option wins over the one that the test gives.
        server = ServerProcess()
        self.addCleanup(server.__exit__)
        server.spawn("--port", "0")
        wait_until(lambda: "Ready to accept" in server.log(), server.log_tail())
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", server.port), timeout=10)
        server.stop()


class Listeners(OptionsTest):
    """CONFIG SET of port and bind."""

    def answers(self, address: str, port: int) -> bool:
        try:
            connection = Connection(port, host=address)
        except ConnectionRefusedError:
            return False
        with connection:
            return connection.call("PING") == "PONG"

    def test_port_moves_the_listener_and_old_clients_stay(self):
        server = self.started()
        with server.connect() as control:
            for port in (free_port(), free_port(), server.port):
                before = int(server_port(control))
                self.assertEqual(control.call("CONFIG", "SET", "port", str(port)), "OK")
                self.assertTrue(self.answers("127.0.0.1", port))
                self.assertFalse(self.answers("127.0.0.1", before))
                self.assertEqual(int(server_port(control)), port)

    def test_a_port_in_use_changes_nothing(self):
        server = self.started()
        with socket.socket() as taken, server.connect() as control:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            refusal = control.call("CONFIG", "SET", "timeout", "77", "port", str(port))
            self.assertIsInstance(refusal, ErrorReply)
            self.assertIn("Unable to listen on this port", refusal)
            self.assertTrue(self.answers("127.0.0.1", server.port))
            self.assertEqual(int(server_port(control)), server.port)
            self.assertEqual(control.call("CONFIG", "GET", "timeout"), [b"timeout", b"0"])
        wait_until(lambda: "cannot listen on" in server.log(), "the log does not say why")

    def test_bind_moves_it_to_other_addresses(self):
        server = self.started()
        with server.connect() as control:
            self.assertFalse(self.answers("127.0.0.2", server.port))
            self.assertEqual(control.call("CONFIG", "SET", "bind", "127.0.0.2 127.0.0.1"), "OK")
            self.assertTrue(self.answers("127.0.0.2", server.port))
            self.assertTrue(self.answers("127.0.0.1", server.port))
            refusal = control.call("CONFIG", "SET", "bind", "127.0.0.1 203.0.113.1")
            self.assertIn("Failed to bind to specified addresses", refusal)
            self.assertTrue(self.answers("127.0.0.2", server.port))
            self.assertEqual(control.call("CONFIG", "SET", "bind", "127.0.0.1"), "OK")
            self.assertFalse(self.answers("127.0.0.2", server.port))

    def test_what_has_no_effect_says_so_in_the_log(self):
        server = self.started()
        with server.connect() as control:
            self.assertEqual(control.call("CONFIG", "SET", "rdbcompression", "no"), "OK")
            self.assertEqual(control.call("CONFIG", "SET", "timeout", "0"), "OK")
        line = "CONFIG SET rdbcompression: it is remembered, and has no effect here"
        wait_until(lambda: line in server.log(), "the log does not say so")
        self.assertNotIn("CONFIG SET timeout", server.log())


class Store(OptionsTest):
    def threads(self, server: ServerProcess, name: str) -> int:
        paths = pathlib.Path(f"/proc/{server.pid}/task").glob("*/comm")
        return sum(path.read_text().strip() == name for path in paths)

    def test_compaction_threads_is_how_many_there_are(self):
        for count in (1, 3):
            server = self.started("--compaction-threads", str(count))
            # One more for level zero, which never waits for a deep merge.
            wait_until(lambda: self.threads(server, "cw-compact") == count + 1,
                          f"{self.threads(server, 'cw-compact')} threads instead of {count + 1}")

    def test_log_segment_size_is_the_size_of_a_segment(self):
        # The segment of the start is small, the next has the full size.
        server = self.started("--log-segment-size", "3mb")
        wait_until(lambda: 3 * MEGABYTE in {path.stat().st_size for path in
                                               store_files.files(server.directory, "*.wal")},
                      "no segment of 3 MB")

    def write(self, server: ServerProcess, megabytes: int) -> None:
        with server.connect() as connection:
            for number in range(megabytes * 16):
                self.assertEqual(
                    connection.call("SET", f"key:{number}", os.urandom(MEGABYTE // 16)), "OK")

    def test_memtable_size_is_when_one_is_flushed(self):
        server = self.started("--memtable-size", "2mb")
        self.write(server, 1)
        self.assertEqual(server.info()["flushes"], "0")
        self.write(server, 2)
        wait_until(lambda: server.info()["flushes"] == "1", "nothing is flushed")

    def test_block_cache_size_bounds_the_block_cache(self):
        server = self.started("--memtable-size", "1mb", "--block-cache-size", "2mb")
        self.write(server, 8)
        with server.connect() as connection:
            for number in range(8 * 16):
                self.assertEqual(connection.call("STRLEN", f"key:{number}"), MEGABYTE // 16)
        info = server.info()
        self.assertGreater(int(info["cache_misses"]), 0)
        self.assertLessEqual(int(info["mem_block_cache"]), 2 * MEGABYTE)

    def test_hashes_are_small_up_to_the_sizes_given(self):
        server = self.started("--hash-max-listpack-value", "10", "--hash-max-ziplist-entries", "2")
        with server.connect() as connection:
            for key, words, encoding in (("a", ("f", "v" * 10), b"listpack"),
                                         ("b", ("f", "v" * 11), b"hashtable"),
                                         ("c", ("f", "v", "g", "v"), b"listpack"),
                                         ("d", ("f", "v", "g", "v", "h", "v"), b"hashtable")):
                connection.call("HSET", key, *words)
                self.assertEqual(connection.call("OBJECT", "ENCODING", key), encoding, key)

    def test_databases_is_how_many_there_are(self):
        server = self.started("--databases", "3")
        with server.connect() as connection:
            self.assertEqual(connection.call("SELECT", "2"), "OK")
            self.assertEqual(connection.call("SELECT", "3"), "ERR DB index is out of range")


if __name__ == "__main__":
    sys.exit(case_report.run_tests("options_test"))
