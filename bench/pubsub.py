#!/usr/bin/env python3
"""Messages: what sending them costs, beside redis-server.

    bench/pubsub.py --cordwood build/release/server/cordwood-server

    one channel     1,000 connections are subscribed to it, and 200 messages a second are published
    many channels   1,000 channels with a subscriber each, and 10,000 messages a second over them

Each server is measured once a round, one after the other. Prints medians over the rounds: messages
delivered per second, CPU time of the server per message that was delivered, and the milliseconds
after the last PUBLISH until all had come. Every message is counted: a server that loses one ends
the run. Needs redis-server. Uses loopback only and ends the servers it started.
"""

import argparse
import collections
import resource
import selectors
import socket
import statistics
import sys
import time

from compare_servers import durable_servers
from large_commands import request

SUBSCRIBERS = 1_000
SECONDS = 5
TICK_S = 0.005
MESSAGE = b"m" * 100
TIMEOUT_S = 60

Load = collections.namedtuple("Load", "name channel_of messages_a_second receivers")

LOADS = [
    Load("one channel", lambda number: b"channel", 200, SUBSCRIBERS),
    Load("many channels", lambda number: b"channel:%d" % (number % SUBSCRIBERS), 10_000, 1),
]


def subscribe(port, load):
    """One connection for each, and how many bytes each message of its channel has."""
    connections = {}
    for number in range(SUBSCRIBERS):
        channel = load.channel_of(number)
        connection = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
        connection.sendall(request(b"SUBSCRIBE", channel))
        confirmation = b"*3\r\n$9\r\nsubscribe\r\n$%d\r\n%s\r\n:1\r\n" % (len(channel), channel)
        got = b""
        while len(got) < len(confirmation):
            got += connection.recv(4096)
        if got != confirmation:
            sys.exit(f"SUBSCRIBE was answered {got!r}")
        connections[connection] = len(request(b"message", channel, MESSAGE))
    return connections


class Receivers:
    """Reads what comes, and knows how many messages that were."""

    def __init__(self, connections):
        self.sizes = connections
        self.selector = selectors.DefaultSelector()
        self.bytes = dict.fromkeys(connections, 0)
        self.delivered = 0
        for connection in connections:
            connection.setblocking(False)
            self.selector.register(connection, selectors.EVENT_READ)

    def read(self, timeout):
        for key, _ in self.selector.select(timeout):
            connection = key.fileobj
            size = self.sizes[connection]
            before = self.bytes[connection] // size
            received = connection.recv(1 << 20)
            if not received:
                sys.exit("the server closed a subscriber")
            self.bytes[connection] += len(received)
            self.delivered += self.bytes[connection] // size - before

    def close(self):
        self.selector.close()
        for connection in self.sizes:
            connection.close()


def measure(server, load):
    receivers = Receivers(subscribe(server.port, load))
    publisher = socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT_S)
    replies = selectors.DefaultSelector()
    replies.register(publisher, selectors.EVENT_READ)
    total = load.messages_a_second * SECONDS
    published = 0
    cpu = server.cpu_seconds()
    begin = time.monotonic()
    while receivers.delivered < total * load.receivers:
        now = time.monotonic()
        if now > begin + TIMEOUT_S:
            sys.exit(f"only {receivers.delivered} of {total * load.receivers} messages came")
        due = min(total, int((now - begin) * load.messages_a_second))
        if due > published:
            publisher.sendall(b"".join(
                request(b"PUBLISH", load.channel_of(number), MESSAGE)
                for number in range(published, due)))
            published = due
        receivers.read(TICK_S)
        if replies.select(0):
            publisher.recv(1 << 20)
    took = time.monotonic() - begin
    cpu = server.cpu_seconds() - cpu
    receivers.close()
    replies.close()
    publisher.close()
    delivered = total * load.receivers
    return delivered / took, cpu * 1e6 / delivered, (took - SECONDS) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cordwood", required=True, nargs="+", help="path of cordwood-server")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 4 * SUBSCRIBERS), most))
    rows = collections.defaultdict(list)
    servers = durable_servers(arguments.cordwood)
    try:
        for _ in range(arguments.rounds):
            for load in LOADS:
                for server in servers:
                    rows[load.name, server.name].append(measure(server, load))
    finally:
        for server in servers:
            server.stop()
    print("| load | server | messages/s | CPU us/message | ms after the last |")
    print("|---|---|---|---|---|")
    for (load, name), measured in rows.items():
        per_second, cpu, late = (statistics.median(column) for column in zip(*measured))
        print(f"| {load} | {name} | {per_second:,.0f} | {cpu:.2f} | {late:.1f} |")


if __name__ == "__main__":
    main()
