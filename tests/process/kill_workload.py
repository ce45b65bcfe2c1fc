"""What one connection of the kill loop does, and what must be true of it afterwards.

An Owner has keys that no other connection writes, so the reply to each of its commands and the
state behind it follow from its own commands alone. It remembers every command before it is sent
(an intent) and applies it to its model when the reply is there (an acknowledgement). After a kill
the server must show the model's state after all acknowledged commands and some of those that were
only sent, from the first on without a hole: a prefix.

Counters that all connections increment tie the prefixes of different connections together: their
values must be what the prefixes add up to.
"""

import collections
import random
from typing import Iterator, NamedTuple

from resp_client import ErrorReply

SHARED_COUNTERS = [b"shared:%d" % n for n in range(4)]

_STRINGS = 600
_COUNTERS = 8
_HASHES = 6
_FIELDS = 60
_PROGRESS_EVERY = 10
# Beyond a memtable and a log segment of the small store.
_HUGE_VALUE_BYTES = 1_300_000

State = dict  # key -> bytes for a string, dict for a hash


class Shared(NamedTuple):
    """Stands for a reply that depends on other connections: the counter's value."""
    counter: bytes


def apply(state: State, command: tuple):
    """Changes `state` as the command does and returns the reply to expect."""
    name, *rest = command
    return _APPLY[name](state, *rest)


def _set(state, key, value):
    state[key] = value
    return "OK"


def _mset(state, *pairs):
    state.update(zip(pairs[::2], pairs[1::2]))
    return "OK"


def _incr(state, key):
    if key in SHARED_COUNTERS:
        return Shared(key)
    value = int(state.get(key, 0)) + 1
    state[key] = b"%d" % value
    return value


def _append(state, key, value):
    state[key] = state.get(key, b"") + value
    return len(state[key])


def _del(state, *keys):
    return sum(state.pop(key, None) is not None for key in keys)


def _rename(state, source, target):
    if source not in state:
        return ErrorReply("ERR no such key")
    state[target] = state.pop(source)
    return "OK"


def _hset(state, key, *pairs):
    # A new dictionary each time: copies of the state share the values in it.
    before = state.get(key, {})
    state[key] = before | dict(zip(pairs[::2], pairs[1::2]))
    return len(state[key]) - len(before)


def _hdel(state, key, *fields):
    before = state.get(key, {})
    after = {field: value for field, value in before.items() if field not in fields}
    state.pop(key, None)
    if after:
        state[key] = after
    return len(before) - len(after)


_APPLY = {
    b"SET": _set,
    b"MSET": _mset,
    b"INCR": _incr,
    b"APPEND": _append,
    b"DEL": _del,
    b"RENAME": _rename,
    b"HSET": _hset,
    b"HDEL": _hdel,
    b"GET": lambda state, key: state.get(key),
    b"HGET": lambda state, key, field: state.get(key, {}).get(field),
}


class Prefixes(NamedTuple):
    """Which numbers of pending commands explain what the server shows."""
    lengths: list[int]
    state: State


class Owner:
    """One connection's commands, intents and acknowledgements. One thread at a time."""

    def __init__(self, index: int, seed: int):
        self.index = index
        self.state: State = {}  # after all acknowledged commands
        self.pending = collections.deque()  # commands that were or may have been sent
        self.acknowledged = 0  # commands, over all rounds
        self.sent = 0
        self.seen_progress = 0  # the newest command whose effect somebody else has read
        self.counted = collections.Counter()  # acknowledged increments of shared counters
        self._random = random.Random(f"{seed}/{index}")
        self._noise = self._random.randbytes(1 << 16)
        self._values = 0
        self._strings = [self._key(b"s", n) for n in range(_STRINGS)]
        self._counters = [self._key(b"n", n) for n in range(_COUNTERS)]
        self._hashes = [self._key(b"h", n) for n in range(_HASHES)]
        self.progress_key = self._key(b"progress", 0)

    def _key(self, kind: bytes, number: int) -> bytes:
        return b"c%d:%b:%d" % (self.index, kind, number)

    def string_keys(self) -> list[bytes]:
        return [self.progress_key, *self._counters, *self._strings]

    def hash_keys(self) -> list[bytes]:
        return self._hashes

    # --- sending ---

    def next_commands(self, count: int) -> list[tuple]:
        """Intends `count` commands."""
        commands = []
        for _ in range(count):
            self.sent += 1
            if self.sent % _PROGRESS_EVERY == 0:
                commands.append((b"SET", self.progress_key, b"%d" % self.sent))
            else:
                commands.append(self._any_command())
        self.pending.extend(commands)
        return commands

    def _value(self, most: int = 1500) -> bytes:
        """Never the same twice, so that a wrong one can be told."""
        pick = self._random.random()
        if pick < 0.0005:
            most = _HUGE_VALUE_BYTES if pick < 0.00002 else 200_000
        size = self._random.randrange(most)
        start = self._random.randrange(len(self._noise))
        noise = self._noise[start:start + size]
        noise += self._noise * ((size - len(noise)) // len(self._noise))
        self._values += 1
        return b"%d.%d.%b" % (self.index, self._values, noise)

    def _any_command(self) -> tuple:
        pick = self._random
        make, = pick.choices(_MAKERS, _WEIGHTS)
        return make(self, pick)

    def _make_set(self, pick):
        return (b"SET", pick.choice(self._strings), self._value())

    def _make_mset(self, pick):
        keys = pick.sample(self._strings, pick.randint(2, 6))
        return (b"MSET", *[word for key in keys for word in (key, self._value(300))])

    def _make_incr(self, pick):
        return (b"INCR", pick.choice(self._counters))

    def _make_shared_incr(self, pick):
        return (b"INCR", pick.choice(SHARED_COUNTERS))

    def _make_append(self, pick):
        most = 9000 if pick.random() < 0.2 else 200  # beyond 4 KiB a string is kept in chunks
        return (b"APPEND", pick.choice(self._strings), self._value(most))

    def _make_del(self, pick):
        return (b"DEL", *pick.sample(self._strings, pick.randint(1, 3)),
                *pick.sample(self._counters, pick.randint(0, 1)),
                *(pick.sample(self._hashes, 1) if pick.random() < 0.05 else ()))

    def _make_rename(self, pick):
        return (b"RENAME", *pick.sample(self._strings, 2))

    def _make_hset(self, pick):
        fields = [b"f%d" % pick.randrange(_FIELDS) for _ in range(pick.randint(1, 4))]
        return (b"HSET", pick.choice(self._hashes),
                *[word for field in fields for word in (field, self._value(200))])

    def _make_hdel(self, pick):
        return (b"HDEL", pick.choice(self._hashes),
                *{b"f%d" % pick.randrange(_FIELDS) for _ in range(pick.randint(1, 4))})

    def _make_get(self, pick):
        return (b"GET", pick.choice(self._strings))

    def _make_hget(self, pick):
        return (b"HGET", pick.choice(self._hashes), b"f%d" % pick.randrange(_FIELDS))

    # --- replies ---

    def acknowledge(self, reply) -> Shared | None:
        """Takes the reply to the oldest pending command, or says what is wrong with it."""
        command = self.pending.popleft()
        expected = self._settle(command)
        if isinstance(expected, Shared):
            if not isinstance(reply, int):
                raise AssertionError(f"{_short(command)} answered {_short(reply)}")
            return expected
        if reply != expected or isinstance(reply, ErrorReply) != isinstance(expected, ErrorReply):
            raise AssertionError(f"connection {self.index}: {_short(command)} answered "
                                 f"{_short(reply)}, expected {_short(expected)}")
        return None

    def _settle(self, command: tuple):
        self.acknowledged += 1
        reply = apply(self.state, command)
        if isinstance(reply, Shared):
            self.counted[reply.counter] += 1
        return reply

    # --- after a kill ---

    def explain(self, shown: State) -> Prefixes:
        """Fails if no prefix that holds all acknowledged commands explains what is shown."""
        state = dict(self.state)
        lengths = [0] if state == shown else []
        closest = (self._different(state, shown), 0)
        for length, command in enumerate(self.pending, 1):
            apply(state, command)
            different = self._different(state, shown)
            closest = min(closest, (different, length), key=lambda pair: len(pair[0]))
            if not different:
                lengths.append(length)
        due = max(self.seen_progress - self.acknowledged, 0)
        if lengths and lengths[-1] < due:
            raise AssertionError(
                f"connection {self.index}: another connection has read the effect of command "
                f"{self.seen_progress}, but only {self.acknowledged + lengths[-1]} are there")
        if not lengths:
            raise AssertionError(self._unexplained(shown, *closest))
        return Prefixes([length for length in lengths if length >= due], shown)

    @staticmethod
    def _different(state: State, shown: State) -> list[bytes]:
        if state == shown:
            return []
        return [key for key in {**state, **shown} if state.get(key) != shown.get(key)]

    def _unexplained(self, shown: State, different: list[bytes], length: int) -> str:
        state = dict(self.state)
        pending = list(self.pending)
        for command in pending[:length]:
            apply(state, command)
        lines = [f"connection {self.index}: {self.acknowledged} commands were acknowledged and "
                 f"{len(pending)} more sent; no number of these explains what is there. With "
                 f"{length} of them {len(different)} keys differ:"]
        for key in different[:5]:
            lines.append(f"  {key!r}: expected {_short(state.get(key))}, is "
                         f"{_short(shown.get(key))}")
            touched = [(n, c) for n, c in enumerate(pending, 1) if key in c]
            lines.extend(f"    pending {n}: {_short(c)}" for n, c in touched[:5])
        return "\n".join(lines)

    def increments(self, length: int) -> collections.Counter:
        """Of the shared counters, by the first `length` pending commands."""
        return collections.Counter(command[1] for command in list(self.pending)[:length]
                                   if command[0] == b"INCR" and command[1] in SHARED_COUNTERS)

    def go_on_from(self, prefixes: Prefixes) -> None:
        """What was in doubt is settled: it either happened or never will."""
        length = prefixes.lengths[-1]
        self.acknowledged += length
        self.sent = self.acknowledged
        self.seen_progress = 0
        self.pending.clear()
        self.counted.clear()
        self.state = prefixes.state


_KINDS = {
    Owner._make_set: 30,
    Owner._make_append: 12,
    Owner._make_hset: 12,
    Owner._make_incr: 10,
    Owner._make_shared_incr: 10,
    Owner._make_mset: 8,
    Owner._make_del: 8,
    Owner._make_hdel: 6,
    Owner._make_rename: 2,
    Owner._make_get: 2,
    Owner._make_hget: 1,
}
_MAKERS = list(_KINDS)
_WEIGHTS = list(_KINDS.values())


def _short(value, most: int = 120) -> str:
    text = repr(value)
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"


def batches(seed: int, index: int) -> Iterator[int]:
    """Sizes of pipelines: 1 to 64."""
    sizes = random.Random(f"{seed}/{index}/pipelines")
    while True:
        yield sizes.choice((1, 2, 8, 32, 64, sizes.randint(1, 64)))
