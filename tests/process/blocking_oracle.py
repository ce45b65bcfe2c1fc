"""Who is served, with what, in which order: the same commands on a few connections of a server and
of redis-server, and every reply of every connection compared.

After each command a PING and two writes on another connection go by, so that whatever it had for
others has come, and is on the disk. What 7.2 answers otherwise than the redis-server of 7.0 is left
out: commands that wait for several keys are not mixed with those that move elements on, and one
transaction fills one key.

2 000 commands, with CORDWOOD_FULL 100 000. CORDWOOD_SEED picks others."""

import os
import random
import select
import shutil
import subprocess
import sys
import tempfile
import unittest

from resp_client import Connection, encode
from server_process import (ServerProcess, base_seed, die_with_parent, free_port, full_run,
                            wait_until)

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

CLIENTS = 8
COMMANDS = 100_000 if full_run() else 2000
COMMANDS_OF_A_WORLD = 500


class World:
    """The connections to one of the two servers."""

    def __init__(self, port: int):
        self.control = Connection(port)
        self.control.call("FLUSHALL")
        self.clients = [Connection(port) for _ in range(CLIENTS)]
        self.ids = [client.call("CLIENT", "ID") for client in self.clients]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for connection in (self.control, *self.clients):
            connection.close()

    def replies_to(self, client: int, commands) -> list:
        """What each connection gets when a client sends these."""
        self.clients[client].send(b"".join(encode(*self.resolved(command))
                                           for command in commands))
        self.control.call("PING")
        for _ in range(2):
            self.control.call("SET", "fence", "")
        return [list(self.arrived(connection)) for connection in self.clients]

    def resolved(self, command) -> tuple:
        """With the number of a client in the place of a function."""
        return tuple(part(self) if callable(part) else part for part in command)

    @staticmethod
    def arrived(connection: Connection):
        while connection.has_buffered() or select.select([connection.socket], [], [], 0)[0]:
            yield connection.read()


class Draw:
    """Commands at random. REQUIRES: those of one connection are answered, or it only waits."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.moves = self.random.random() < 0.5
        self.values = 0

    def key(self) -> str:
        return f"k{self.random.randrange(4)}"

    def end(self) -> str:
        return self.random.choice(["LEFT", "RIGHT"])

    def waiting(self) -> tuple:
        if self.moves:
            return self.random.choice([
                (self.random.choice(["BLPOP", "BRPOP"]), self.key(), "0"),
                ("BLMPOP", "0", "1", self.key(), self.end(), "COUNT", "2"),
                ("BRPOPLPUSH", self.key(), self.key(), "0"),
                ("BLMOVE", self.key(), self.key(), self.end(), self.end(), "0")])
        keys = [self.key() for _ in range(self.random.randint(1, 3))]
        return self.random.choice([
            (self.random.choice(["BLPOP", "BRPOP"]), *keys, "0"),
            ("BLMPOP", "0", str(len(keys)), *keys, self.end())])

    def push(self, key: str) -> tuple:
        values = [f"v{self.values + i}" for i in range(self.random.randint(1, 3))]
        self.values += len(values)
        return self.random.choice(["LPUSH", "RPUSH"]), key, *values

    def acting(self) -> list:
        key = self.key()
        kind = self.random.randrange(16)
        if kind < 6:
            return [self.push(key)]
        if kind < 8:
            middle = self.random.choice([("LPOP", key), ("PEXPIRE", key, "100000"), ("DEL", key)])
            return [("MULTI",), self.push(key), middle, self.push(key), ("EXEC",)]
        if kind < 10:
            client = self.random.randrange(CLIENTS)
            reason = self.random.choice(["TIMEOUT", "ERROR"])
            return [("CLIENT", "UNBLOCK", lambda world: world.ids[client], reason)]
        return [self.random.choice([
            ("LPOP", key), ("DEL", key), ("LRANGE", key, "0", "-1"),
            ("LMOVE", self.key(), key, self.end(), self.end()), ("RENAME", self.key(), key),
            ("COPY", self.key(), key, "REPLACE")])]


class BesideRedis(unittest.TestCase):
    """A server, and redis-server beside it."""

    @classmethod
    def setUpClass(cls):
        if shutil.which("redis-server") is None:
            raise unittest.SkipTest("redis-server is not installed")
        cls.ours = ServerProcess()
        cls.addClassCleanup(cls.ours.__exit__)
        cls.ours.start()
        directory = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, directory, ignore_errors=True)
        cls.port = free_port()
        redis = subprocess.Popen(
            ["redis-server", "--port", str(cls.port), "--save", "", "--dir", directory],
            stdout=subprocess.DEVNULL, preexec_fn=die_with_parent)
        cls.addClassCleanup(redis.wait)
        cls.addClassCleanup(redis.kill)

        def answers() -> bool:
            try:
                with Connection(cls.port) as connection:
                    return connection.call("PING") == "PONG"
            except ConnectionError:
                return False

        wait_until(answers, "redis-server answers")


class Oracle(BesideRedis):
    def compare(self, seed: int, count: int) -> None:
        draw = Draw(seed)
        waiting = set()
        with World(self.ours.port) as ours, World(self.port) as theirs:
            for number in range(count):
                free = [client for client in range(CLIENTS) if client not in waiting]
                client = draw.random.choice(free)
                # One is always free to act.
                if len(free) > 1 and draw.random.random() < 0.5:
                    commands = [draw.waiting()]
                else:
                    commands = draw.acting()
                waiting.add(client)
                expected = theirs.replies_to(client, commands)
                got = ours.replies_to(client, commands)
                self.assertEqual(got, expected,
                                 f"CORDWOOD_SEED={seed}, command {number}: {commands}")
                waiting -= {one for one, replies in enumerate(expected) if replies}

    def test_the_same_clients_are_served_with_the_same(self):
        first = base_seed()
        print(f"CORDWOOD_SEED={first}")
        for seed in range(first, first + COMMANDS // COMMANDS_OF_A_WORLD):
            self.compare(seed, COMMANDS_OF_A_WORLD)


if __name__ == "__main__":
    sys.exit(case_report.run_tests("blocking_oracle"))
