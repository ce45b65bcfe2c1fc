#!/usr/bin/env python3
"""What a client that reads notices while many keys expire in the same second.

    bench/expiry_latency.py --cordwood build/release/server/cordwood-server

Each round, for one server after the other: sets keys that all expire in one second, each at a
millisecond of it, then reads one key that stays, again and again, from half a second before until
they are gone, or for ten seconds. Prints the medians over the rounds of the longest and the 99.9th
percentile of the times that a GET took, of the same outside of that time, which is what the machine
and this program cost, and of the seconds until half of the keys and all were gone. Needs
redis-server (Debian: redis-server). Uses loopback only and ends the servers it started.
"""

import argparse
import gc
import random
import socket
import statistics
import sys
import threading
import time

from compare_servers import durable_servers

KEYS_AT_ONCE = 1000  # in one pipeline
LOAD_SECONDS = 15    # at most, until the keys expire
WATCH_SECONDS = 10


class Link:
    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=120)
        self.replies = self.socket.makefile("rb")

    def ask(self, line):
        self.socket.sendall(line)
        return self.replies.readline()

    def load(self, keys, first_ms, within_ms):
        value = "v" * 20
        for begin in range(0, keys, KEYS_AT_ONCE):
            requests = [f"SET key:{i} {value} PXAT {first_ms + random.randrange(within_ms)}\r\n"
                        for i in range(begin, min(begin + KEYS_AT_ONCE, keys))]
            self.socket.sendall("".join(requests).encode())
            for _ in requests:
                if self.replies.readline() != b"+OK\r\n":
                    raise RuntimeError("a SET failed")


def timed_gets(link, done):
    """Seconds that each GET took, until done() says so."""
    times = []
    while not done():
        begin = time.monotonic()
        link.socket.sendall(b"GET stays\r\n")
        link.replies.readline()
        link.replies.readline()
        times.append(time.monotonic() - begin)
    return times


class Counter(threading.Thread):
    """Looks ten times a second how many keys are left."""

    def __init__(self, server, keys):
        super().__init__(daemon=True)
        self.link, self.keys = Link(server), keys
        self.begin = time.monotonic()
        self.half_gone, self.all_gone = None, None

    def run(self):
        while self.all_gone is None and time.monotonic() - self.begin < WATCH_SECONDS:
            left = int(self.link.ask(b"DBSIZE\r\n")[1:]) - 1
            passed = time.monotonic() - self.begin
            if self.half_gone is None and left * 2 <= self.keys:
                self.half_gone = passed
            if left == 0:
                self.all_gone = passed
            time.sleep(0.1)


def worst(times):
    ordered = sorted(times)
    return ordered[-1] * 1000, ordered[len(ordered) * 999 // 1000] * 1000


def measure(server, options):
    link = Link(server)
    link.ask(b"FLUSHALL\r\n")
    link.ask(b"SET stays x\r\n")
    first = time.time() + LOAD_SECONDS
    link.load(options.keys, int(first * 1000), options.within_ms)
    late = time.time() - (first - 2)
    if late > 0:
        raise RuntimeError(f"the load ended {late:.1f} s late")
    calm_end = time.monotonic() + 1
    calm = timed_gets(link, lambda: time.monotonic() >= calm_end)
    time.sleep(max(0, first - 0.5 - time.time()))
    cpu = server.cpu_seconds()
    counter = Counter(server, options.keys)
    counter.start()
    times = timed_gets(link, lambda: not counter.is_alive())
    cpu = server.cpu_seconds() - cpu
    longest, high = worst(times)
    return {"longest": longest, "p99.9": high, "calm": worst(calm)[0], "cpu": cpu,
            "half": (counter.half_gone or WATCH_SECONDS) - 0.5,
            "all": (counter.all_gone or WATCH_SECONDS) - 0.5}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cordwood", required=True, nargs="+", help="path of cordwood-server")
    parser.add_argument("--keys", type=int, default=400_000)
    parser.add_argument("--within-ms", type=int, default=1000, help="in which they expire")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    servers = durable_servers(options.cordwood)
    gc.disable()
    results = {server.name: [] for server in servers}
    try:
        for _ in range(options.rounds):
            for server in servers:
                results[server.name].append(measure(server, options))
    finally:
        for server in servers:
            server.stop()
    print("| server | longest GET ms | each round | p99.9 ms | before ms | CPU s | half gone s "
          "| all gone s |")
    print("|---|---|---|---|---|---|---|---|")
    for server in servers:
        rows = results[server.name]
        median = {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        each = " ".join(f"{row['longest']:.0f}" for row in rows)
        print(f"| {server.name} | {median['longest']:.1f} | {each} | {median['p99.9']:.2f} | "
              f"{median['calm']:.1f} | {median['cpu']:.2f} | {median['half']:.1f} | "
              f"{median['all']:.1f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
