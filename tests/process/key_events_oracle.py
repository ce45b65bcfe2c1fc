"""What is told of keys: the same commands on a few connections of a server and of redis-server, of
which some wait for elements, and all that a listener hears of keys compared, in its order.

Two writes of another connection end what belongs to a command: what is told of the second one
stands behind all that was told before. Single commands, without anybody who waits, are compared in
process: tests/commands/key_events_oracle_test.cc.

500 commands, with CORDWOOD_FULL 20 000. CORDWOOD_SEED picks others."""

import os
import sys

import blocking_oracle
from resp_client import Connection
from server_process import base_seed, full_run

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

COMMANDS = 20_000 if full_run() else 500
COMMANDS_OF_A_WORLD = 250
FENCES = 2


class World(blocking_oracle.World):
    """The connections to one of the two servers, and one that listens."""

    def __init__(self, port: int):
        super().__init__(port)
        self.control.call("CONFIG", "SET", "notify-keyspace-events", "KEAmn")
        self.control.call("SET", "fence", "")
        self.listener = Connection(port)
        self.listener.call("PSUBSCRIBE", "__key*__:*")

    def __exit__(self, *_):
        self.listener.close()
        self.control.call("CONFIG", "SET", "notify-keyspace-events", "")
        super().__exit__()

    def told(self) -> list:
        """Channels and messages, up to the last fence."""
        heard = []
        fences = 0
        while fences < FENCES:
            _, _, channel, message = self.listener.read()
            if channel == b"__keyevent@0__:set" and message == b"fence":
                fences += 1
            elif channel != b"__keyspace@0__:fence":
                heard.append((channel, message))
        return heard


class Draw(blocking_oracle.Draw):
    """Those that push and wait, and writes of every type."""

    def acting(self) -> list:
        if self.random.random() < 0.5:
            return super().acting()
        commands = [self.write() for _ in range(self.random.randint(1, 4))]
        return [("MULTI",), *commands, ("EXEC",)] if len(commands) > 1 else commands

    def write(self) -> tuple:
        number = lambda: str(self.random.randrange(4))  # noqa: E731
        key = lambda kind: f"{kind}{number()}"  # noqa: E731
        return self.random.choice([
            ("SET", key("s"), "v"), ("SET", key("s"), "v", "EX", "1000"), ("INCR", key("i")),
            ("APPEND", key("s"), "v"), ("GETDEL", key("s")), ("MSET", key("s"), "1", key("s"), "2"),
            ("HSET", key("h"), number(), "v"), ("HDEL", key("h"), number(), number()),
            ("SADD", key("m"), number()), ("SREM", key("m"), number()),
            ("SMOVE", key("m"), key("m"), number()), ("SUNIONSTORE", key("m"), key("m"), key("m")),
            ("SINTERSTORE", key("m"), key("m"), key("m")),
            ("ZADD", key("z"), number(), number()), ("ZREM", key("z"), number()),
            ("ZPOPMIN", key("z")), ("ZREMRANGEBYSCORE", key("z"), "0", number()),
            ("ZUNIONSTORE", key("z"), "2", key("z"), key("m")),
            ("DEL", key("s"), key("m"), key("z")), ("EXPIRE", key("s"), "1000"),
            ("PERSIST", key("s")), ("EXPIRE", key("h"), "-1"), ("RENAME", key("m"), key("m")),
            ("COPY", key("z"), key("z"), "REPLACE"), ("GET", key("s")), ("FLUSHDB",)])


class Oracle(blocking_oracle.BesideRedis):
    def compare(self, seed: int, count: int) -> None:
        draw = Draw(seed)
        waiting = set()
        with World(self.ours.port) as ours, World(self.port) as theirs:
            for number in range(count):
                free = [client for client in range(blocking_oracle.CLIENTS)
                        if client not in waiting]
                client = draw.random.choice(free)
                waits = len(free) > 1 and draw.random.random() < 0.4
                commands = [draw.waiting()] if waits else draw.acting()
                waiting.add(client)
                expected = theirs.replies_to(client, commands)
                ours.replies_to(client, commands)
                self.assertEqual(ours.told(), theirs.told(),
                                 f"CORDWOOD_SEED={seed}, command {number}: {commands}")
                waiting -= {one for one, replies in enumerate(expected) if replies}

    def test_the_same_is_told(self):
        first = base_seed()
        print(f"CORDWOOD_SEED={first}")
        for seed in range(first, first + COMMANDS // COMMANDS_OF_A_WORLD):
            self.compare(seed, COMMANDS_OF_A_WORLD)

    def test_what_expires_is_told_although_nobody_touches_it(self):
        with self.ours.connect() as control, self.ours.connect() as listener:
            control.call("CONFIG", "SET", "notify-keyspace-events", "Ex")
            channel = "__keyevent@0__:expired"
            listener.call("SUBSCRIBE", channel)
            control.call("SET", "k", "v", "PX", "50")
            self.assertEqual(listener.read(), [b"message", channel.encode(), b"k"])
            control.call("CONFIG", "SET", "notify-keyspace-events", "")


if __name__ == "__main__":
    sys.exit(case_report.run_tests("key_events_oracle"))
