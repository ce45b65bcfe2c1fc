"""Clients that wait for elements over real sockets, while others push, kill and leave: every
element is delivered once, or is still there.

The storm lasts 5 s, with CORDWOOD_FULL 60 s, and ends with kill -9: nothing that was delivered is
back. CORDWOOD_SEED picks another storm."""

import os
import random
import resource
import selectors
import sys
import time
import unittest

from resp_client import Connection, ErrorReply, encode
from server_process import SMALL_STORE, ServerProcess, base_seed, full_run, wait_until

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

CLIENTS = 1000
KEYS = 100
PATIENCE_S = 60


class Waiter:
    """A connection that asks for an element, and for the next one when it was answered."""

    def __init__(self, storm: "Storm"):
        self.storm = storm
        self.connection = storm.server.connect()
        self.id = self.connection.call("CLIENT", "ID")
        self.moves = False
        self.asked = False
        self.ask()

    def ask(self) -> None:
        draw = self.storm.random
        key = self.storm.key
        timeout = draw.choice(["0", "0", "0.2", "0.01"])
        self.moves = draw.random() < 0.2
        if self.moves:
            command = ("BLMOVE", key(), key(), "LEFT", draw.choice(["LEFT", "RIGHT"]), timeout)
        elif draw.random() < 0.2:
            command = ("BLMPOP", timeout, "2", key(), key(), "RIGHT")
        else:
            keys = [key() for _ in range(draw.randint(1, 3))]
            command = (draw.choice(["BLPOP", "BRPOP"]), *keys, timeout)
        self.connection.send(encode(*command))
        self.asked = True

    def take_reply(self) -> None:
        """REQUIRES: something can be read. Raises ConnectionError at the end."""
        self.note(self.connection.read())

    def note(self, reply) -> None:
        self.asked = False
        if reply is None or isinstance(reply, ErrorReply):
            self.storm.empty_replies += 1
        elif not self.moves:
            element = reply[-1][0] if isinstance(reply[-1], list) else reply[-1]
            self.storm.deliver(element)


class Storm:
    def __init__(self, case: unittest.TestCase, server: ServerProcess, seed: int):
        self.case = case
        self.server = server
        self.random = random.Random(seed)
        self.selector = selectors.DefaultSelector()
        self.pusher = server.connect()
        self.pushed = 0
        self.delivered = set()
        self.empty_replies = 0
        self.may_be_missing = 0  # taken for a client that could not be told
        self.waiters = []
        for _ in range(CLIENTS):
            self.add_waiter()

    def key(self) -> str:
        return f"k{self.random.randrange(KEYS)}"

    def add_waiter(self) -> None:
        waiter = Waiter(self)
        self.waiters.append(waiter)
        self.selector.register(waiter.connection.socket, selectors.EVENT_READ, waiter)

    def take_out(self) -> Waiter:
        index = self.random.randrange(len(self.waiters))
        self.waiters[index], self.waiters[-1] = self.waiters[-1], self.waiters[index]
        waiter = self.waiters.pop()
        self.selector.unregister(waiter.connection.socket)
        return waiter

    def deliver(self, element: bytes) -> None:
        self.case.assertNotIn(element, self.delivered, "delivered twice")
        self.delivered.add(element)

    def push(self) -> None:
        """Some elements, in one write."""
        commands = []
        for _ in range(self.random.randint(1, 20)):
            elements = [b"e%d" % (self.pushed + i) for i in range(self.random.randint(1, 3))]
            self.pushed += len(elements)
            commands.append((self.random.choice(["LPUSH", "RPUSH"]), self.key(), *elements))
        if self.random.random() < 0.2:
            commands = [("MULTI",), *commands, ("EXEC",)]
        for reply in self.pusher.call_all(commands):
            self.case.assertNotIsInstance(reply, ErrorReply)

    def leave_politely(self) -> None:
        """It says that it is done, and reads what it was told until the server closes: nothing may
        be taken for it that it does not hear of."""
        waiter = self.take_out()
        waiter.connection.socket.shutdown(1)
        try:
            while True:
                waiter.take_reply()
        except ConnectionError:
            pass
        waiter.connection.close()
        self.add_waiter()

    def leave_rudely(self) -> None:
        waiter = self.take_out()
        self.may_be_missing += 1
        waiter.connection.close()
        self.add_waiter()

    def kill(self) -> None:
        waiter = self.take_out()
        self.may_be_missing += 1
        self.pusher.call("CLIENT", "KILL", "ID", waiter.id)
        waiter.connection.close()
        self.add_waiter()

    def unblock(self) -> None:
        waiter = self.random.choice(self.waiters)
        self.pusher.call("CLIENT", "UNBLOCK", waiter.id, self.random.choice(["TIMEOUT", "ERROR"]))

    def take_replies(self, ask_again: bool = True) -> int:
        events = self.selector.select(timeout=0)
        for key, _ in events:
            key.data.take_reply()
            if ask_again:
                key.data.ask()
        return len(events)

    def run(self, seconds: float) -> None:
        events = [self.push] * 20 + [self.leave_politely] * 3 + [self.unblock] * 3
        events += [self.leave_rudely, self.kill]
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.random.choice(events)()
            self.take_replies()

    def end(self) -> None:
        """Nobody asks any more, and everybody who asked is answered."""
        def all_answered() -> bool:
            asked = [waiter for waiter in self.waiters if waiter.asked]
            self.pusher.call_all([("CLIENT", "UNBLOCK", waiter.id) for waiter in asked])
            self.take_replies(ask_again=False)
            return not asked

        wait_until(all_answered, "everybody who waited is answered", PATIENCE_S)

    def elements_left(self, connection: Connection) -> list:
        lists = connection.call_all([("LRANGE", f"k{key}", "0", "-1") for key in range(KEYS)])
        return [element for elements in lists for element in elements]


class Blocking(unittest.TestCase):
    def setUp(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.server = ServerProcess(*SMALL_STORE)
        self.addCleanup(self.server.__exit__)
        self.server.start()

    def check(self, storm: Storm, left: list) -> None:
        self.assertEqual(len(left), len(set(left)), "an element is there twice")
        self.assertFalse(storm.delivered & set(left), "delivered, and back")
        missing = storm.pushed - len(storm.delivered) - len(left)
        self.assertGreaterEqual(missing, 0)
        self.assertLessEqual(missing, storm.may_be_missing)

    def test_every_element_of_a_storm_is_delivered_once_or_is_there(self):
        seed = base_seed()
        print(f"CORDWOOD_SEED={seed}")
        storm = Storm(self, self.server, seed)
        storm.run(60 if full_run() else 5)
        self.assertTrue(storm.delivered)
        self.assertTrue(storm.empty_replies)
        storm.end()
        self.check(storm, storm.elements_left(storm.pusher))
        info = storm.pusher.call("INFO", "clients").decode()
        for field in ("blocked_clients", "clients_in_timeout_table", "total_blocking_keys"):
            self.assertIn(f"{field}:0\r\n", info)

    def test_after_kill_9_nothing_that_was_delivered_is_back(self):
        seed = base_seed()
        storm = Storm(self, self.server, seed)
        storm.run(1)
        storm.push()
        self.server.kill()
        for waiter in storm.waiters:
            storm.may_be_missing += 1 if waiter.asked and not waiter.moves else 0
            try:
                waiter.take_reply()
                storm.may_be_missing -= 0 if waiter.moves else 1
            except ConnectionError:
                pass
        self.server.start()
        with self.server.connect() as connection:
            self.check(storm, storm.elements_left(connection))

    def test_a_client_that_is_gone_is_noticed_while_it_waits(self):
        with self.server.connect() as control:
            for leave in ("close", "shutdown"):
                waiter = self.server.connect()
                waiter.send(encode("BLPOP", "q", "0"))
                wait_until(lambda: b"blocked_clients:1\r\n" in control.call("INFO", "clients"),
                           "it waits", PATIENCE_S)
                if leave == "close":
                    waiter.close()
                else:
                    waiter.socket.shutdown(1)
                    self.assertTrue(waiter.closed_by_server())
                wait_until(lambda: b"blocked_clients:0\r\n" in control.call("INFO", "clients"),
                           "it is noticed", PATIENCE_S)
            self.assertEqual(control.call("RPUSH", "q", "x"), 1)
            self.assertEqual(control.call("LLEN", "q"), 1)

    def test_time_runs_out_in_time(self):
        with self.server.connect() as connection:
            for timeout in (0.01, 0.15):
                began = time.monotonic()
                self.assertIsNone(connection.call("BLPOP", "none", str(timeout)))
                self.assertGreaterEqual(time.monotonic() - began, timeout)

    def test_a_stop_does_not_wait_for_them(self):
        waiter = self.server.connect()
        waiter.send(encode("BLPOP", "q", "0"))
        with self.server.connect() as control:
            wait_until(lambda: b"blocked_clients:1\r\n" in control.call("INFO", "clients"),
                       "it waits", PATIENCE_S)
        self.server.stop()
        self.assertTrue(waiter.closed_by_server())


if __name__ == "__main__":
    sys.exit(case_report.run_tests("blocking_test"))
