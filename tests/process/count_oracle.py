"""DBSIZE against an oracle, over millions of random overwrites of keys that nobody has read.

Four connections send pipelines of SET to random keys, most of which lie in tables that are not in
the cache, so that the server does not learn whether they existed: the count is only right once
merges have settled those writes. Among them are DEL, deadlines, hashes with elements, FLUSHDB,
SWAPDB, merges of everything, and kill -9, both between the pipelines and in the middle of them.

The oracle keeps one byte for each key. Every reply is compared with it; in between, the counts may
be off by what INFO calls unsettled; after COMPACT they must be exact, also after one more restart.

CORDWOOD_SEED replays the commands and the moments of the kills.
"""

import itertools
import os
import random
import sys
import time
import unittest

from kill_loop import compact
from resp_client import Connection, encode
from server_process import ServerProcess, base_seed, full_run

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

OVERWRITES, KEYS = (10_000_000, 2_000_000) if full_run() else (150_000, 40_000)
OVERWRITES_BETWEEN_CHECKS = OVERWRITES // (100 if full_run() else 50)
MEMTABLE, CACHE = ("4mb", "4mb") if full_run() else ("256kb", "256kb")
OPTIONS = ("--memtable-size", MEMTABLE, "--log-segment-size", MEMTABLE, "--block-cache-size", CACHE,
           "--databases", "4", "--collection-max-inline-bytes", "0", "--appendfsync")
CONNECTIONS = 4
DATABASE_WEIGHTS = (64, 24, 8, 4)  # of the pipelines
LONG_READS = 0.2  # of the times between two checks
REPLY_TIMEOUT = 120
NAME_KEY = "name"  # tells which contents a database number has, after a kill amid SWAPDB

# What a key is. DUE has a deadline that may have passed by now, DATED one that never comes.
ABSENT, PLAIN, DUE, DATED, WIDE = range(5)
STATES = (ABSENT, PLAIN, DUE, DATED, WIDE)
NEVER_MS = 4_102_444_800_000
LONG_MS = 10_000_000_000

OK, NO, YES, EITHER = b"+OK\r\n", b":0\r\n", b":1\r\n", b":?\r\n"


def form(*arguments) -> bytes:
    """A request with a place for the number of the key."""
    return encode(*arguments).replace(b"$8\r\nkkkkkkkk", b"$8\r\nk%07d")


KEY, VALUE = "kkkkkkkk", "a value of some length, say 40 bytes...."
SET = (form("SET", KEY, VALUE), OK, PLAIN)
DEL, PAST = form("DEL", KEY), form("PEXPIREAT", KEY, 1)
FAR, PERSIST = form("PEXPIREAT", KEY, NEVER_MS), form("PERSIST", KEY)
HSET = form("HSET", KEY, "a", "1", "b", "2")

# (weight of 256, what happens to a key in each state: request, reply, state). What is missing, or
# depends on whether a deadline has passed, is a SET instead.
KINDS = (
    (190, {}),
    (6, dict.fromkeys(STATES, (form("SET", KEY, VALUE, "PX", 1), OK, DUE))),
    (10, dict.fromkeys(STATES, (form("SET", KEY, VALUE, "PX", 700), OK, DUE))),
    (10, dict.fromkeys(STATES, (form("SET", KEY, VALUE, "PX", LONG_MS), OK, DATED))),
    (20, {ABSENT: (DEL, NO, ABSENT), DUE: (DEL, EITHER, ABSENT),
          **dict.fromkeys((PLAIN, DATED, WIDE), (DEL, YES, ABSENT))}),
    (6, {ABSENT: (PAST, NO, ABSENT), DUE: (PAST, EITHER, ABSENT),
         **dict.fromkeys((PLAIN, DATED, WIDE), (PAST, YES, ABSENT))}),
    (6, {ABSENT: (FAR, NO, ABSENT), PLAIN: (FAR, YES, DATED), DATED: (FAR, YES, DATED)}),
    (4, {ABSENT: (PERSIST, NO, ABSENT), PLAIN: (PERSIST, NO, PLAIN), WIDE: (PERSIST, NO, WIDE),
         DATED: (PERSIST, YES, PLAIN)}),
    (4, {ABSENT: (HSET, b":2\r\n", WIDE), WIDE: (HSET, NO, WIDE)}),
)
TRANSITIONS = [[kind.get(state, SET) for state in STATES] for _, kind in KINDS]
KIND_OF_BYTE = bytes(number for number, (weight, _) in enumerate(KINDS) for _ in range(weight))


class Contents:
    """What a database has to hold. It moves to another number with SWAPDB."""

    def __init__(self, name: str | None):
        self.name = name
        self.states = bytearray(KEYS)

    def keys(self) -> tuple[int, int]:
        """At least and at most so many."""
        most = KEYS - self.states.count(ABSENT) + 1  # NAME_KEY
        return most - self.states.count(DUE), most

    def expires(self) -> tuple[int, int]:
        dated = self.states.count(DATED)
        return dated, dated + self.states.count(DUE)


class Pipeline:
    """Commands on their way to one database, and what each found, by the oracle."""

    def __init__(self, database: int, contents: Contents, keys: list[int], kinds: bytes):
        self.database = database
        self.contents = contents
        self.keys = keys
        self.before = bytearray()
        requests, replies = [encode("SELECT", database)], [OK]
        states = contents.states
        for key, kind in zip(keys, kinds):
            state = states[key]
            self.before.append(state)
            request, reply, states[key] = TRANSITIONS[kind][state]
            requests.append(request % key)
            replies.append(reply)
        self.request = b"".join(requests)
        self.replies = bytearray(b"".join(replies))
        self.overwrites = self.replies.count(OK) - 1

    def check(self, received: bytes) -> None:
        at = self.replies.find(b"?")
        while at >= 0:
            self.replies[at] = received[at] if received[at] in b"01" else ord("?")
            at = self.replies.find(b"?", at + 1)
        if received != self.replies:
            wrong = [(key, state, *both) for key, state, *both in zip(
                [None, *self.keys], [None, *self.before], self.replies.split(b"\r\n"),
                received.split(b"\r\n")) if both[0] != both[1]]
            raise AssertionError(f"database {self.database}: (key, its state, reply that is right, "
                                 f"reply): {wrong[:3]}")

    def possible(self) -> dict[int, set[int]]:
        """The states that each key may be in if only a part of the commands was executed."""
        states = {key: {self.contents.states[key]} for key in self.keys}
        for key, state in zip(self.keys, self.before):
            states[key].add(state)
        for each in states.values():
            if DUE in each:
                each.add(ABSENT)
        return states


class Client:
    """A connection with at most one pipeline under way, to keys that are its own."""

    def __init__(self, index: int):
        self.index = index
        self.connection = None
        self.pipeline = None

    def send(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.connection.send(pipeline.request)

    def finish(self) -> int:
        """Takes the replies to what is under way. Returns the number of overwrites."""
        if self.pipeline is None:
            return 0
        self.pipeline.check(self.connection.read_bytes(len(self.pipeline.replies)))
        overwrites, self.pipeline = self.pipeline.overwrites, None
        return overwrites


def state_shown(ttl: int, kind: str) -> int:
    if kind == "none" or ttl == -2:
        return ABSENT  # or its time came between the two questions
    if kind == "hash":
        return WIDE
    return PLAIN if ttl == -1 else DUE if ttl < LONG_MS // 2 else DATED


class Run:
    def __init__(self, seed: int, server: ServerProcess):
        self.random = random.Random(f"{seed}/count_oracle")
        self.server = server
        self.clients = [Client(index) for index in range(CONNECTIONS)]
        self.turns = itertools.cycle(self.clients)
        self.reader = None  # now and then busy with a long read, which keeps old versions alive
        self.reads = 0  # under way
        self.connection = None  # for everything else
        self.names = map(str, itertools.count())
        self.databases = [Contents(None) for _ in DATABASE_WEIGHTS]
        self.overwrites = 0
        self.kills = 0
        self.changes = 0  # FLUSHDB and SWAPDB
        self.in_doubt = 0  # commands under way when the server was killed
        self.most_unsettled = 0
        self.most_off = 0

    # --- the server ---

    def start(self, fsync: str) -> None:
        self.server.start(fsync)
        self.connection = self.server.connect(REPLY_TIMEOUT)
        self.reader, self.reads = self.server.connect(REPLY_TIMEOUT), 0
        for client in self.clients:
            client.connection = self.server.connect(REPLY_TIMEOUT)

    def call(self, database: int, *command):
        return self.connection.call_all([("SELECT", database), command])[1]

    def restart(self) -> None:
        """kill -9, and whatever was under way is settled by asking."""
        self.server.kill()
        self.kills += 1
        for owner in (self, *self.clients):
            owner.connection.close()
        self.reader.close()
        self.start(self.random.choice(("always", "everysec")))
        for client in self.clients:
            if client.pipeline:
                self.settle(client.pipeline)
                client.pipeline = None

    def settle(self, pipeline: Pipeline) -> None:
        possible = pipeline.possible()
        self.in_doubt += len(pipeline.keys)
        shown = self.shown(pipeline.database, possible)
        for key, state in shown.items():
            if state not in possible[key]:
                raise AssertionError(f"database {pipeline.database}, key {key} is in state {state}"
                                     f" after a kill, and may be in {possible[key]}")
            # What is not shown any more is counted until the server has removed it.
            expired = state == ABSENT and DUE in possible[key]
            pipeline.contents.states[key] = DUE if expired else state

    def shown(self, database: int, keys) -> dict[int, int]:
        """The states that the server shows."""
        keys = list(keys)
        names = [f"k{key:07}" for key in keys]
        self.call(database, "PING")
        kinds = self.connection.call_all(("TYPE", name) for name in names)
        ttls = self.connection.call_all(("PTTL", name) for name in names)
        return dict(zip(keys, map(state_shown, ttls, kinds)))

    # --- what happens ---

    def write(self, count: int) -> None:
        """Leaves pipelines under way."""
        if self.random.random() < LONG_READS:
            self.reader.send(encode("SELECT", self.random.randrange(4)) + encode("KEYS", "none*"))
            self.reads += 1
        goal = self.overwrites + count
        while self.overwrites < goal:
            client = next(self.turns)
            self.overwrites += client.finish()
            client.send(self.next_pipeline(client.index))

    def next_pipeline(self, client: int) -> Pipeline:
        database = self.random.choices(range(4), DATABASE_WEIGHTS)[0]
        size = self.random.choice((10, 100, 1000, 1000))
        keys = self.random.choices(range(client, KEYS, CONNECTIONS), k=size)
        kinds = self.random.randbytes(size).translate(KIND_OF_BYTE)
        return Pipeline(database, self.databases[database], keys, kinds)

    def drain(self) -> None:
        for client in self.clients:
            self.overwrites += client.finish()
        for _ in range(self.reads):
            assert [self.reader.read(), self.reader.read()] == ["OK", []]
        self.reads = 0

    def flush(self, killed: bool) -> None:
        number = self.random.randrange(4)
        after = list(self.databases)
        after[number] = Contents(None)
        self.change(number, ("FLUSHDB",), after, killed)

    def swap(self, killed: bool) -> None:
        one, other = self.random.sample(range(4), 2)
        after = list(self.databases)
        after[one], after[other] = after[other], after[one]
        self.change(one, ("SWAPDB", one, other), after, killed)

    def change(self, number: int, command: tuple, after: list[Contents], killed: bool) -> None:
        self.drain()
        if killed:
            self.connection.send(encode("SELECT", number) + encode(*command))
            time.sleep(self.random.uniform(0, 0.001))
            self.restart()
        else:
            assert self.call(number, *command) == "OK"
        self.changes += 1
        names = [self.call(database, "GET", NAME_KEY) for database in range(4)]
        names = [name and name.decode() for name in names]
        if names == [each.name for each in after]:
            self.databases = after
        elif not killed or names != [each.name for each in self.databases]:
            raise AssertionError(f"after {command} in database {number} the names are {names}")
        self.name_databases()

    def name_databases(self) -> None:
        for number, contents in enumerate(self.databases):
            contents.name = contents.name or next(self.names)
            assert self.call(number, "SET", NAME_KEY, contents.name) == "OK"

    def happen(self) -> None:
        """Something, while pipelines are under way."""
        what = self.random.randrange(100)
        if what < 25:
            time.sleep(self.random.uniform(0, 0.020))
            self.restart()
        elif what < 45:
            self.drain()
            self.restart()
        elif what < 65:
            self.swap(killed=self.random.random() < 0.3)
        elif what < 75:
            self.flush(killed=self.random.random() < 0.3)
        elif what < 80:
            assert self.call(0, "COMPACT") == "OK"  # goes on beside what follows

    # --- the counts ---

    def info(self, section: str) -> dict[str, str]:
        text = self.connection.call("INFO", section).decode()
        return dict(line.split(":", 1) for line in text.split("\r\n") if ":" in line)

    def counts_shown(self) -> list[tuple[int, int]]:
        """Keys and expires of each database; DBSIZE must say the same as INFO."""
        counts = []
        for database in range(4):
            size = self.call(database, "DBSIZE")
            row = self.info("keyspace").get(f"db{database}", "keys=0,expires=0")
            values = dict(field.split("=") for field in row.split(","))
            counts.append((size, int(values["keys"]), int(values["expires"])))
        return counts

    def check_bounds(self) -> None:
        self.drain()
        # Read first: merges make it smaller while the counts are read.
        unsettled = int(self.info("cordwood")["unsettled"])
        shown = self.counts_shown()
        expected = [(each.keys(), each.keys(), each.expires()) for each in self.databases]
        for column, name in enumerate(("DBSIZE", "keys", "expires")):
            off = sum(max(least - row[column], row[column] - most, 0)
                      for row, (least, most) in zip(shown, (each[column] for each in expected)))
            self.most_off = max(self.most_off, off)
            if off > unsettled:
                raise AssertionError(f"{name} is off by {off}, with {unsettled} unsettled: "
                                     f"{shown}, and not {expected}")
        self.most_unsettled = max(self.most_unsettled, unsettled)

    def check_exactly(self, timeout: float = 120) -> list[tuple[int, int]]:
        """Everything is settled, and what is due goes away within the time: then nothing is off."""
        end = time.monotonic() + timeout
        self.drain()
        expected = [(each.keys()[0], each.keys()[0], each.expires()[0]) for each in self.databases]
        while True:
            self.check_bounds()
            unsettled = int(self.info("cordwood")["unsettled"])
            shown = self.counts_shown()
            if unsettled == 0 and shown == expected:
                break
            assert time.monotonic() < end, f"{shown}, and not {expected}; unsettled: {unsettled}"
            time.sleep(0.02)
        for each in self.databases:
            each.states = each.states.replace(bytes([DUE]), bytes([ABSENT]))
        return [(keys, expires) for _, keys, expires in shown]

    def check_some_keys(self) -> None:
        """The oracle itself is right."""
        for number, contents in enumerate(self.databases):
            keys = self.random.sample(range(KEYS), 1000)
            for key, state in self.shown(number, keys).items():
                assert state == contents.states[key], f"database {number}, key {key}: {state}"

    def summary(self) -> str:
        return (f"{self.overwrites} overwrites, {self.kills} kills, {self.changes} times FLUSHDB "
                f"or SWAPDB, {self.in_doubt} commands in doubt; at most {self.most_unsettled} "
                f"unsettled, and the counts off by {self.most_off}")


class CountOracle(unittest.TestCase):
    def test_the_counts_are_right_after_overwrites_of_cold_keys(self):
        seed = base_seed()
        print(f"seed {seed}", flush=True)
        with ServerProcess(*OPTIONS) as server:
            run = Run(seed, server)
            try:
                self.go_through(run)
            except AssertionError as error:
                self.fail(f"seed {seed}, {run.summary()}: {error}\n{server.log_tail()}")

    def go_through(self, run: Run) -> None:
        run.start("everysec")
        run.name_databases()
        while run.overwrites < OVERWRITES:
            run.write(OVERWRITES_BETWEEN_CHECKS)
            run.happen()
            run.check_bounds()
        print(run.summary(), flush=True)
        compact(run.server)
        counts = run.check_exactly()
        print(f"keys and expires at the end: {counts}", flush=True)
        run.check_some_keys()
        self.assertGreater(run.most_unsettled, KEYS // 100, "the keys were not cold")
        self.assertGreater(run.most_off, 0, "there was nothing to settle")
        run.restart()
        self.assertEqual(run.check_exactly(), counts)


if __name__ == "__main__":
    sys.exit(case_report.run_tests("count_oracle"))
