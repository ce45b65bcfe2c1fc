#!/usr/bin/env python3
"""What `collection-max-inline-bytes` costs and saves, for small hashes of 50-byte values.

    bench/inline_limits.py --cordwood build/release/server/cordwood-server

Hashes just under and just over each limit, under every limit in turn, in one server that is emptied
before each. A row is one number of fields under one limit, with medians over the rounds:

  logged          bytes that one HSET of an existing field has logged: `user_bytes_written` of INFO,
                  to which a group of writes adds a frame and its padding to whole sectors
  alone           what `log_bytes_written` grows by when each HSET is sent after the reply to the
                  one before: with its frame, and the empty one of a log that went idle
  HSET, HGET,     microseconds of CPU time of the thread that runs commands, per command, pipelined;
  HGETALL         what was written before lies in cached blocks
  HSET all        the same of all threads: the log, flushes, and merges as far as they got
  stored          bytes a hash, in tables after COMPACT; the values are random, in base64

The form is what the tables hold: one entry a hash inline, fields + 2 in elements. Needs redis-cli
(Debian: redis-tools). Uses loopback only and ends the server it started.
"""

import argparse
import base64
import random
import socket
import statistics
import subprocess
import sys
import threading
import time

from compare_servers import Server
from large_commands import main_thread_ms, request

LIMITS = (256, 512, 1024, 2048)
FIELDS = (4, 5, 8, 9, 16, 17, 33, 34)  # an item of FIELD_BYTES and VALUE_BYTES takes 61 bytes
HASHES = 10_000
FIELD_BYTES = len("field:00")
VALUE_BYTES = 50
ALONE = 100
COLUMNS = ("logged", "alone", "HSET us", "HSET all us", "HGET us", "HGETALL us", "stored")


def value():
    return base64.b64encode(random.randbytes(VALUE_BYTES))[:VALUE_BYTES]


def info(server):
    output = subprocess.run(["redis-cli", "-p", str(server.port), "INFO", "cordwood"],
                            capture_output=True, text=True, timeout=30, check=True).stdout
    return dict(line.strip().split(":", 1) for line in output.splitlines() if ":" in line)


class Client:
    def __init__(self, server):
        self.link = socket.create_connection(("127.0.0.1", server.port), timeout=120)

    def load(self, requests, begin, reply_bytes):
        """Sends all at once; each reply begins with `begin` and takes `reply_bytes`."""
        sender = threading.Thread(target=self.link.sendall, args=(b"".join(requests),), daemon=True)
        sender.start()
        replies = bytearray()
        while len(replies) < len(requests) * reply_bytes:
            part = self.link.recv(1 << 20)
            if not part:
                raise RuntimeError("the server closed the connection")
            replies += part
        sender.join()
        starts = range(0, len(replies), reply_bytes)
        if not all(replies.startswith(begin, start) for start in starts):
            raise RuntimeError(f"expected {begin!r}, got {bytes(replies[:200])!r}")

    def do(self, *arguments):
        self.load([request(*arguments)], b"+OK\r\n", len("+OK\r\n"))


def compact(server, client):
    """Merges everything into one run. Returns the fields of INFO then."""
    client.do(b"COMPACT")
    for _ in range(600):
        fields = info(server)
        runs = sum(int(text.split("runs=")[1].split(",")[0])
                   for name, text in fields.items() if name.startswith("level"))
        if runs <= 1 and fields["memtables_waiting"] == "0":
            return fields
        time.sleep(0.05)
    raise RuntimeError("COMPACT does not end")


class Load:
    """Requests for hashes of so many fields, the same under every limit."""

    def __init__(self, fields, count):
        self.fields = fields
        self.hsets_new = [
            request(b"HSET", self.key(number),
                    *(part for i in range(fields) for part in (self.field(i), value())))
            for number in range(HASHES)]
        self.hsets = [request(b"HSET", self.any_key(), self.any_field(), value())
                      for _ in range(count)]
        self.hgets = [request(b"HGET", self.any_key(), self.any_field()) for _ in range(count)]
        self.hgetalls = [request(b"HGETALL", self.any_key()) for _ in range(count)]
        self.hgetalls_each = [request(b"HGETALL", self.key(number)) for number in range(HASHES)]

    def key(self, number):
        return b"hash:%05d" % number

    def field(self, number):
        return b"field:%02d" % number

    def any_key(self):
        return self.key(random.randrange(HASHES))

    def any_field(self):
        return self.field(random.randrange(self.fields))


def fill(server, client, limit, load):
    client.do(b"CONFIG", b"SET", b"collection-max-inline-bytes", b"%d" % limit)
    client.do(b"FLUSHALL")
    compact(server, client)
    reply = b":%d\r\n" % load.fields
    client.load(load.hsets_new, reply, len(reply))
    return settle(server, client, load)


def cpu_us(server, client, requests, begin, reply_bytes):
    """Of the thread that runs commands, and of all threads."""
    main, everyone = main_thread_ms(server), server.cpu_seconds()
    client.load(requests, begin, reply_bytes)
    return ((main_thread_ms(server) - main) * 1e3 / len(requests),
            (server.cpu_seconds() - everyone) * 1e6 / len(requests))


def growth(server, name, action):
    before = int(info(server)[name])
    action()
    return int(info(server)[name]) - before


def measure_writes(server, client, load):
    costs, zero = [], b":0\r\n"
    logged = growth(server, "user_bytes_written", lambda: costs.extend(
        cpu_us(server, client, load.hsets, zero, len(zero))))
    alone = growth(server, "log_bytes_written", lambda: [
        client.load([hset], zero, len(zero)) for hset in load.hsets[:ALONE]])
    return logged / len(load.hsets), alone / ALONE, *costs


def replies(load):
    """What the replies to HGET and HGETALL begin with, and their bytes."""
    bulk_bytes = len(f"${VALUE_BYTES}\r\n\r\n") + VALUE_BYTES
    item_bytes = len(f"${FIELD_BYTES}\r\n\r\n") + FIELD_BYTES + bulk_bytes
    array = b"*%d\r\n" % (2 * load.fields)
    return (b"$%d\r\n" % VALUE_BYTES, bulk_bytes), (array, len(array) + load.fields * item_bytes)


def settle(server, client, load):
    """All in one run, and its blocks in the cache."""
    tables = compact(server, client)
    client.load(load.hgetalls_each, *replies(load)[1])
    return tables


def measure_reads(server, client, load):
    one, all_fields = replies(load)
    return (cpu_us(server, client, load.hgets, *one)[0],
            cpu_us(server, client, load.hgetalls, *all_fields)[0])


def measure(server, client, limit, load):
    """Returns the form and what COLUMNS names."""
    tables = fill(server, client, limit, load)
    entries = round(int(tables["entries_on_disk"]) / HASHES)
    if entries not in (1, load.fields + 2):
        raise RuntimeError(f"{entries} entries a hash of {load.fields} fields")
    writes = measure_writes(server, client, load)
    tables = settle(server, client, load)
    reads = measure_reads(server, client, load)
    form = "inline" if entries == 1 else "elements"
    return form, (*writes, *reads, int(tables["table_bytes"]) / HASHES)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cordwood", required=True, help="path of cordwood-server")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=40_000, help="per measurement")
    options = parser.parse_args()
    # A small memtable, so that flushes and merges happen within a measurement.
    server = Server("cordwood", [options.cordwood, "--port", "{port}", "--dir", "{dir}", "--bind",
                                 "127.0.0.1", "--memtable-size", "8mb",
                                 "--block-cache-size", "256mb"])
    results = {}
    try:
        client = Client(server)
        for _ in range(options.rounds):
            for fields in FIELDS:
                load = Load(fields, options.requests)
                for limit in LIMITS:
                    form, row = measure(server, client, limit, load)
                    results.setdefault((fields, limit, form), []).append(row)
    finally:
        server.stop()
    print("| fields | limit | form | " + " | ".join(COLUMNS) + " |")
    print("|---" * (3 + len(COLUMNS)) + "|")
    for (fields, limit, form), rows in results.items():
        medians = [statistics.median(column) for column in zip(*rows)]
        cells = [f"{number:,.2f}" if name.endswith("us") else f"{number:,.0f}"
                 for name, number in zip(COLUMNS, medians)]
        print(f"| {fields} | {limit:,} | {form} | " + " | ".join(cells) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
