#!/usr/bin/env python3
"""Queues that run for hours: does a list of jobs, or a sorted set, stay as fast as it was?

    bench/queues.py --cordwood build/release/server/cordwood-server [--full] [--redis]

What a round of each load is:

    queue     LPUSH, and BRPOP of the oldest, with 1, 10 or 100,000 elements in between
    ring      RPOPLPUSH of a list of 1,000 onto itself
    capped    LPUSH, and LTRIM to the newest 1,000
    reliable  LPUSH of an id, LMOVE to those in work, LREM -1 of one that is done: 200 ids of 36
              bytes in work, done in another order than they came
    board     ZADD of a new best, and ZREMRANGEBYRANK of what is not among the best 1,000
    delayed   ZADD for later, ZRANGEBYSCORE of what is due, LIMIT 0 1, and ZREM of it; 1,000 wait
    ranked    ZADD with one of 5 priorities, and ZPOPMIN; 1,000 wait

One connection keeps some batches of rounds on their way. Each reply is compared, byte by byte, with
what a correct list says. The million rounds (--rounds; 20 million with --full) of a load are twenty
parts. Printed are the rounds per second of each part, and the rate of the last one by the median
of parts 3 to 5: what stays below 0.9 decays. Beside them, of those parts: CPU time per round of the
thread that runs commands and of the others, and blocks looked up per round; and the flushes, merges
and the load of the machine. CPU time by round tells a decay from a busy machine; at the end stand
both of each part.

A small memtable (--memtable-size) has a short run flush and merge as often as a long one. Uses
loopback only and ends the servers it started.
"""

import argparse
import collections
import heapq
import itertools
import os
import random
import socket
import statistics
import sys
import time

from compare_servers import Server
from large_commands import main_thread_ms, request

PARTS = 20
WINDOW = 4  # batches on their way
BATCH = 50  # rounds
KEPT = 1_000  # elements of a ring and of a capped list
IN_WORK = 4 * BATCH
TIMEOUT_S = 120

Load = collections.namedtuple("Load", "name fill batches")
Load.__doc__ = """Requests that fill the lists, and batches (requests, expected replies), in turn
and for ever. A batch has BATCH rounds."""


def bulk(value):
    return b"$%d\r\n%s\r\n" % (len(value), value)


def elements(size, count):
    """Different, and of bytes that do not compress."""
    draw = random.Random(1)
    return [(b"%05d" % i + draw.randbytes(size))[:size] for i in range(count)]


def queue(depth, size):
    values = elements(size, BATCH)
    before = depth - 1
    # The oldest first: what is popped is what the batches pushed `before` rounds ago.
    fill = [values[i % BATCH] for i in range(-before, 0)]
    pushed = b"".join(request(b"LPUSH", b"q", value) + request(b"BRPOP", b"q", b"0")
                      for value in values)
    popped = b"".join(b":%d\r\n*2\r\n" % depth + bulk(b"q") + bulk(values[(i - before) % BATCH])
                      for i in range(BATCH))
    return Load(f"queue of {depth}", [request(b"LPUSH", b"q", value) for value in fill],
                itertools.repeat((pushed, popped)))


def ring(size):
    values = elements(size, KEPT)
    turns = [values[i:i + BATCH] for i in range(0, KEPT, BATCH)]
    step = request(b"RPOPLPUSH", b"q", b"q") * BATCH
    return Load("ring", [request(b"LPUSH", b"q", value) for value in values],
                itertools.cycle([(step, b"".join(map(bulk, turn))) for turn in turns]))


def capped(size):
    values = elements(size, KEPT)
    keep = request(b"LTRIM", b"q", b"0", b"%d" % (KEPT - 1))
    turns = [b"".join(request(b"LPUSH", b"q", value) + keep for value in values[i:i + BATCH])
             for i in range(0, KEPT, BATCH)]
    replies = (b":%d\r\n+OK\r\n" % (KEPT + 1)) * BATCH
    return Load("capped", [request(b"LPUSH", b"q", value) for value in values],
                itertools.cycle([(turn, replies) for turn in turns]))


def reliable(size):
    ids = elements(size, 2 * IN_WORK)
    batches = [ids[i:i + BATCH] for i in range(0, len(ids), BATCH)]
    draw = random.Random(1)
    turns = []
    for number, batch in enumerate(batches):
        done = list(batches[number - IN_WORK // BATCH])
        draw.shuffle(done)
        turns.append((
            b"".join(request(b"LPUSH", b"q", begun) +
                     request(b"LMOVE", b"q", b"work", b"RIGHT", b"LEFT") +
                     request(b"LREM", b"work", b"-1", ended) for begun, ended in zip(batch, done)),
            b"".join(b":1\r\n" + bulk(begun) + b":1\r\n" for begun in batch)))
    return Load("reliable", [request(b"LPUSH", b"work", value) for value in ids[IN_WORK:]],
                itertools.cycle(turns))


def rounds_of(name, fill, one):
    """A load of rounds that are never the same: one(number) gives requests and replies."""
    def batches():
        for first in itertools.count(0, BATCH):
            rounds = [one(first + i) for i in range(BATCH)]
            yield b"".join(sent for sent, _ in rounds), b"".join(replies for _, replies in rounds)
    return Load(name, fill, batches())


def job(number):
    return b"job:%010d" % number


def add(score, member):
    return request(b"ZADD", b"q", b"%d" % score, member)


def board():
    trim = request(b"ZREMRANGEBYRANK", b"q", b"0", b"%d" % (-KEPT - 1))
    return rounds_of("board", [add(number, job(number)) for number in range(KEPT)],
                     lambda number: (add(KEPT + number, job(KEPT + number)) + trim,
                                     b":1\r\n:1\r\n"))


def delayed():
    def one(number):
        due = job(number)
        asked = request(b"ZRANGEBYSCORE", b"q", b"-inf", b"%d" % number, b"LIMIT", b"0", b"1")
        return (add(KEPT + number, job(KEPT + number)) + asked + request(b"ZREM", b"q", due),
                b":1\r\n*1\r\n" + bulk(due) + b":1\r\n")
    return rounds_of("delayed", [add(number, job(number)) for number in range(KEPT)], one)


def ranked():
    draw = random.Random(1)
    waiting = [(draw.randrange(5), job(number)) for number in range(KEPT)]
    heapq.heapify(waiting)
    fill = [add(*each) for each in waiting]

    def one(number):
        new = (draw.randrange(5), job(KEPT + number))
        priority, popped = heapq.heappushpop(waiting, new)
        return (add(*new) + request(b"ZPOPMIN", b"q"),
                b":1\r\n*2\r\n" + bulk(popped) + bulk(b"%d" % priority))
    return rounds_of("ranked", fill, one)


def loads(name, sizes):
    makers = {"queue": [lambda size, depth=depth: queue(depth, size)
                        for depth in (1, 10, 100_000)],
              "ring": [ring], "capped": [capped]}
    if name == "reliable":
        return [(36, reliable(36))]
    sorted_sets = {"board": board, "delayed": delayed, "ranked": ranked}
    if name in sorted_sets:
        return [(len(job(0)), sorted_sets[name]())]
    return [(size, make(size)) for make in makers[name] for size in sizes]


class Link:
    """A connection whose replies are known beforehand."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT_S)

    def expect(self, replies):
        got = bytearray()
        while len(got) < len(replies):
            data = self.socket.recv(len(replies) - len(got))
            if not data:
                raise RuntimeError("the server closed the connection")
            got += data
        if got != replies:
            at = next(i for i, (one, other) in enumerate(zip(got, replies)) if one != other)
            raise RuntimeError(f"a reply is not as expected: {bytes(got[at:at + 120])!r}, "
                               f"expected {replies[at:at + 120]!r}")

    def fill(self, requests):
        for number in range(0, len(requests), BATCH):
            part = requests[number:number + BATCH]
            self.socket.sendall(b"".join(part))
            self.take_lines(len(part))

    def take_lines(self, count):
        while count > 0:
            data = self.socket.recv(1 << 16)
            if not data or b"-" in data:
                raise RuntimeError(f"the lists could not be filled: {data[:120]!r}")
            count -= data.count(b"\n")


Point = collections.namedtuple("Point", "seconds loop_us all_us blocks")


def point(server):
    fields = server.info()
    return Point(time.monotonic(), main_thread_ms(server) * 1e3, server.cpu_seconds() * 1e6,
                 int(fields.get("cache_hits", 0)) + int(fields.get("cache_misses", 0)))


def run_parts(server, load, rounds):
    """The points between the parts."""
    link = Link(server)
    link.fill(load.fill)
    batches_of_a_part = max(rounds // PARTS // BATCH, WINDOW)
    sent = itertools.islice(load.batches, PARTS * batches_of_a_part)
    points, waited = [point(server)], collections.deque()
    for number in range(PARTS * batches_of_a_part):
        while len(waited) < WINDOW and (batch := next(sent, None)):
            link.socket.sendall(batch[0])
            waited.append(batch[1])
        link.expect(waited.popleft())
        if (number + 1) % batches_of_a_part == 0:
            points.append(point(server))
    return points, batches_of_a_part * BATCH


def report(load, size, server, points, rounds):
    """A row. Returns the rates of all parts and their CPU times per round."""
    parts = [Point(*(after - before for before, after in zip(*pair)))
             for pair in itertools.pairwise(points)]
    rates = [rounds / part.seconds for part in parts]

    def early(field):
        return statistics.median(getattr(part, field) for part in parts[2:5]) / rounds

    last, fields = parts[-1], server.info()
    ratio = rates[-1] / statistics.median(rates[2:5])
    others = statistics.median(part.all_us - part.loop_us for part in parts[2:5]) / rounds
    print(f"| {load.name} | {size} | {server.name} | {statistics.median(rates[2:5]):,.0f} "
          f"| {rates[-1]:,.0f} | {ratio:.2f} "
          f"| {early('loop_us'):.2f} | {last.loop_us / rounds:.2f} "
          f"| {others:.2f} | {(last.all_us - last.loop_us) / rounds:.2f} "
          f"| {early('blocks'):.2f} | {last.blocks / rounds:.2f} "
          f"| {fields.get('flushes', '-')}, {fields.get('merges', '-')} "
          f"| {os.getloadavg()[0]:.1f} |", flush=True)
    return ([f"{rate / 1000:.1f}" for rate in rates],
            [f"{part.loop_us / rounds:.1f}" for part in parts])


def servers_of(options):
    """(name, command) of those that are measured, each with each durability."""
    where = ["--port", "{port}", "--dir", "{dir}", "--bind", "127.0.0.1", "--appendfsync"]
    for durability in options.durability:
        small = ["--memtable-size", options.memtable_size]
        yield f"cordwood {durability}", [options.cordwood, *where, durability, *small]
        if options.redis:
            yield (f"redis {durability}",
                   ["redis-server", *where, durability, "--save", "", "--appendonly", "yes"])


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cordwood", required=True, help="path of cordwood-server")
    parser.add_argument("--redis", action="store_true", help="redis-server beside it")
    parser.add_argument("--rounds", type=int, default=1_000_000)
    parser.add_argument("--full", action="store_true", help="20 million rounds")
    names = ["queue", "ring", "capped", "reliable", "board", "delayed", "ranked"]
    parser.add_argument("--loads", nargs="+", choices=names, default=names)
    parser.add_argument("--sizes", nargs="+", type=int, default=[20, 1024])
    parser.add_argument("--durability", nargs="+", default=["always", "everysec"])
    parser.add_argument("--memtable-size", default="4mb")
    options = parser.parse_args()
    if min(options.sizes) < 5:
        parser.error("values have at least 5 bytes")
    return options


def main():
    options = parse_options()
    rounds = 20_000_000 if options.full else options.rounds
    print("| load | bytes | server | rounds/s, parts 3-5 | last | ratio | loop us/round | last "
          "| others us/round | last | blocks/round | last | flushes, merges | machine load |")
    print("|---" * 14 + "|")
    every_part = []
    for name in options.loads:
        for size, load in loads(name, options.sizes):
            for server_name, command in servers_of(options):
                server = Server(server_name, command)
                try:
                    rates, costs = report(load, size, server, *run_parts(server, load, rounds))
                finally:
                    server.stop()
                every_part += [f"{load.name}, {size} bytes, {server_name}",
                               f"  {' '.join(rates)}", f"  {' '.join(costs)}"]
    print("\nThousand rounds per second of each part, and CPU us per round of the loop:\n")
    print("\n".join(every_part))
    return 0


if __name__ == "__main__":
    sys.exit(main())
