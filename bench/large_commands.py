#!/usr/bin/env python3
"""What one command that names hundreds of thousands of fields or keys costs.

    bench/large_commands.py --cordwood build/release/server/cordwood-server

Each round, on one server after the other: HSET of 300,000 new fields and of the same again, HDEL of
100,000 of them, MSET of 300,000 new keys and of the same again, DEL of 100,000 of them; all in
random order. Prints medians over the rounds: milliseconds to the reply, and those of CPU time of
the thread that runs commands, during which nobody else is served. Needs redis-server (Debian:
redis-server). Uses loopback only and ends the servers it started.
"""

import argparse
import random
import socket
import statistics
import sys
import time

from compare_servers import durable_servers

NAMES = 300_000
REMOVED = 100_000


def request(*arguments):
    parts = [b"*%d\r\n" % len(arguments)]
    parts += [b"$%d\r\n%s\r\n" % (len(argument), argument) for argument in arguments]
    return b"".join(parts)


def commands():
    names = [b"field:%07d" % i for i in range(NAMES)]
    random.shuffle(names)
    removed = random.sample(names, REMOVED)
    pairs = [part for name in names for part in (name, b"v" + name)]
    hset, mset = request(b"HSET", b"h", *pairs), request(b"MSET", *pairs)
    return [("HSET, new", hset), ("HSET, again", hset), ("HDEL", request(b"HDEL", b"h", *removed)),
            ("MSET, new", mset), ("MSET, again", mset), ("DEL", request(b"DEL", *removed))]


def main_thread_ms(server):
    path = f"/proc/{server.process.pid}/task/{server.process.pid}/schedstat"
    with open(path, encoding="ascii") as schedstat:
        return int(schedstat.read().split()[0]) / 1e6


def measure(server, link, sent):
    cpu, begin = main_thread_ms(server), time.monotonic()
    link.sendall(sent)
    reply = link.makefile("rb").readline()
    took = (time.monotonic() - begin) * 1000
    if reply.startswith(b"-"):
        raise RuntimeError(f"{server.name}: {reply.decode()}")
    return took, main_thread_ms(server) - cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cordwood", required=True, nargs="+", help="path of cordwood-server")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    servers = durable_servers(options.cordwood)
    results = {}
    try:
        links = [socket.create_connection(("127.0.0.1", server.port), timeout=120)
                 for server in servers]
        for _ in range(options.rounds):
            steps = commands()
            for server, link in zip(servers, links):
                for name, sent in steps:
                    results.setdefault((name, server.name), []).append(measure(server, link, sent))
                measure(server, link, request(b"FLUSHALL"))
    finally:
        for server in servers:
            server.stop()
    print("| command | server | ms | CPU ms |")
    print("|---|---|---|---|")
    for (name, server), rows in results.items():
        took, cpu = (statistics.median(row[i] for row in rows) for i in (0, 1))
        print(f"| {name} | {server} | {took:,.0f} | {cpu:,.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
