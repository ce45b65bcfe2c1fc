#!/usr/bin/env python3
"""How long others wait while commands work on a large collection.

    bench/long_turns.py --cordwood build/release/server/cordwood-server

Fills a hash of a million fields, two sets of a million members and a string of 64 MB that was
written in parts, then runs each command of the list on them while another client sends a PING every
half of a millisecond.
Prints for each command its milliseconds, the longest PING meanwhile, and INFO's longest turn of the
loop where it became longer; at the end, of all PINGs, median, p99.9 and longest. The same beside
redis-server (Debian: redis-server). Uses loopback only and ends the servers it started.
"""

import argparse
import multiprocessing
import socket
import statistics
import sys
import time

from compare_servers import durable_servers
from large_commands import request

FIELDS = 1_000_000
FIELDS_PER_HSET = 1000
STRING_BYTES = 64 << 20
PART_BYTES = 1 << 20
PAUSE = 0.0005  # else the probe takes a core, and what it measures is who gets the other one

COMMANDS = [
    "HLEN h", "HGET h f500000", "HSET h f500000 new", "HSET h another v", "HDEL h another",
    "HEXISTS h f1", "HSTRLEN h f1", "HMGET h f1 f2 f3", "HINCRBY h n 1", "HINCRBYFLOAT h n 0.5",
    "HSETNX h f1 x", "HRANDFIELD h", "HRANDFIELD h 1000", "HRANDFIELD h -1000 WITHVALUES",
    "HSCAN h 0 COUNT 1000", "HKEYS h", "HVALS h", "HGETALL h",
    "TYPE h", "OBJECT ENCODING h", "MEMORY USAGE h SAMPLES 0", "EXPIRE h 100000", "PERSIST h",
    "RENAME h h2", "RENAME h2 h", "EXISTS h", "TOUCH h", "DBSIZE", "SCAN 0", "KEYS *", "RANDOMKEY",
    "STRLEN s", "GETRANGE s 1000 2000", "SETRANGE s 30000000 x", "APPEND s x", "GET s",
    "SADD m another", "SREM m another", "SMOVE m n m1", "SISMEMBER m m5", "SCARD m",
    "SRANDMEMBER m", "SRANDMEMBER m -1000", "SPOP n", "SPOP n 1000", "SMEMBERS m", "SINTER m n",
    "SINTERCARD 2 m n", "SDIFF m n", "SUNION m n", "SUNIONSTORE u m n", "SINTERSTORE u m n",
    "SDIFFSTORE u m n", "COPY m n REPLACE", "SPOP n 500000", "SPOP n 1000000", "DEL u",
    "MULTI|HGETALL h|HLEN h|EXEC", "MULTI|HSET h f1 x|HGETALL h|EXEC", "COPY s s2",
    "COPY h h2", "MOVE h2 1", "DEL s2", "DEL m", "DEL h", "DEL s", "FLUSHALL"]


class Link:
    """A connection that reads whole replies and throws them away."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=300)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb", buffering=1 << 20)

    def call(self, *arguments):
        self.socket.sendall(request(*arguments))
        return self.reply()

    def reply(self):
        left, first = 1, None
        while left > 0:
            line = self.file.readline()
            first = first or line
            left -= 1
            kind, rest = line[:1], line[1:].strip()
            if kind == b"*":
                left += max(0, int(rest))
            elif kind == b"$" and int(rest) >= 0:
                self.file.read(int(rest) + 2)
        return first

    def info(self, field):
        self.socket.sendall(request(b"INFO", b"everything"))
        size = int(self.file.readline()[1:])
        text = self.file.read(size + 2).decode()
        values = dict(line.split(":", 1) for line in text.split("\r\n") if ":" in line)
        return values.get(field)


def ping(port, parent):
    """Until it is asked for all times, and now and then for the longest since a moment."""
    link, times = Link(port), []
    while True:
        begin = time.perf_counter()
        link.call(b"PING")
        times.append((begin, time.perf_counter() - begin))
        time.sleep(PAUSE)
        if not parent.poll():
            continue
        since = parent.recv()
        if since is None:
            parent.send([took for _, took in times])
            return
        longest = 0
        for at, took in reversed(times):
            if at + took < since:
                break
            longest = max(longest, took)
        parent.send(longest)


class Pinger:
    """A process of its own: threads of one would wait for each other."""

    def __init__(self, port):
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=ping, args=(port, other), daemon=True)
        self.process.start()

    def ask(self, since):
        self.pipe.send(since)
        return self.pipe.recv()

    def end(self):
        times = self.ask(None)
        self.process.join(30)
        return times


def fill(link):
    for first in range(0, FIELDS, FIELDS_PER_HSET):
        pairs = []
        for i in range(first, first + FIELDS_PER_HSET):
            pairs += [b"f%d" % i, b"value:%020d" % i]
        link.call(b"HSET", b"h", *pairs)
        members = [b"m%d" % i for i in range(first, first + FIELDS_PER_HSET)]
        link.call(b"SADD", b"m", *members)
        link.call(b"SADD", b"n", *(b"n" + member for member in members[::2]), *members[::2])
    for at in range(0, STRING_BYTES, PART_BYTES):
        link.call(b"SETRANGE", b"s", b"%d" % at, b"x" * PART_BYTES)
    link.call(b"CONFIG", b"RESETSTAT")


def measure(server):
    link = Link(server.port)
    fill(link)
    pinger = Pinger(server.port)
    time.sleep(0.5)
    rows, turn = [], 0
    for command in COMMANDS:
        begin = time.perf_counter()
        for part in command.split("|"):
            reply = link.call(*(word.encode() for word in part.split()))
        took = time.perf_counter() - begin
        time.sleep(0.05)
        longest_turn = int(link.info("longest_turn_usec") or 0)
        grew = longest_turn if longest_turn > turn else 0
        turn = max(turn, longest_turn)
        failed = reply.decode().strip()[:60] if reply.startswith(b"-") else ""
        rows.append((command, took * 1000, pinger.ask(begin) * 1000, grew, failed))
    times = sorted(took * 1000 for took in pinger.end())
    return rows, times, turn


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cordwood", required=True, nargs="+", help="path of cordwood-server")
    options = parser.parse_args()
    results = {}
    servers = durable_servers(options.cordwood)
    try:
        for server in servers:
            results[server.name] = measure(server)
    finally:
        for server in servers:
            server.stop()
    print("| command | server | ms | longest PING, ms | longest turn became, us | |")
    print("|---|---|---|---|---|---|")
    for index, command in enumerate(COMMANDS):
        for name, (rows, _, _) in results.items():
            _, took, ping, grew, failed = rows[index]
            print(f"| {command.replace('|', '; ')} | {name} | {took:,.1f} | {ping:,.1f} | "
                  f"{grew or ''} | {failed} |")
    print("\n| server | PINGs | median ms | p99.9 ms | longest ms | longest_turn_usec |")
    print("|---|---|---|---|---|---|")
    for name, (_, times, turn) in results.items():
        p999 = times[min(len(times) - 1, int(len(times) * 0.999))]
        print(f"| {name} | {len(times):,} | {statistics.median(times):.2f} | {p999:.2f} | "
              f"{times[-1]:.1f} | {turn:,} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
