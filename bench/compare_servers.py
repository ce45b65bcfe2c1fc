#!/usr/bin/env python3
"""Cordwood beside redis-server under redis-benchmark, in turn, in one run.

    bench/compare_servers.py --cordwood build/release/server/cordwood-server [--base OTHER]

OTHER is the server of another commit, that a change is compared with.
For each pipeline depth and each test every server is measured once a round, one after the other,
so that a machine whose speed drifts treats all alike. Prints medians over the rounds: requests per
second, CPU time of the server per request, p99, and the bytes that the server had written to the
disk per byte of keys and values. Needs redis-server and redis-benchmark (Debian: redis-server,
redis-tools). Uses loopback only and ends the servers it started.
"""

import argparse
import csv
import glob
import io
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

KEYS = 1_000_000
VALUE_BYTES = 100
KEY_BYTES = len("key:000000000000")
_ELEMENT = len("mylist") + VALUE_BYTES
_MEMBER = len("myset") + len("element:000000000000")
_SCORED = len("myzset") + len("element:000000000000") + len("000000000000")
# The keys and values of one request. In an order in which pops find what was pushed before.
USER_BYTES = {"set": KEY_BYTES + VALUE_BYTES, "get": KEY_BYTES, "incr": KEY_BYTES + 1,
              "lpush": _ELEMENT, "lrange_100": _ELEMENT, "rpop": _ELEMENT,
              "rpush": _ELEMENT, "lpop": _ELEMENT, "sadd": _MEMBER, "spop": _MEMBER,
              "zadd": _SCORED, "zadd_update": _SCORED, "zrank": _SCORED, "zrange_10": _SCORED,
              "zrangebyscore": _SCORED, "zpopmin": _SCORED}
# So many that hardly a member is added twice, and an SPOP finds one.
MEMBERS = 1_000_000_000
# As redis-benchmark's own test, but for the pushes that it would put before it each time.
_ZADD = ["ZADD", "myzset", "__rand_int__"]
COMMANDS = {"lrange_100": ["LRANGE", "mylist", "0", "99"],
            "zadd": [*_ZADD, "element:__rand_int__"],
            "zadd_update": [*_ZADD, "element:__rand_int__"],
            "zrank": ["ZRANK", "myzset", "element:__rand_int__"],
            "zrange_10": ["ZRANGE", "myzset", "0", "9"],
            "zrangebyscore": ["ZRANGEBYSCORE", "myzset", "__rand_int__", "+inf",
                              "LIMIT", "0", "10"],
            "zpopmin": ["ZPOPMIN", "myzset"]}
# Random numbers: of so few an update finds its member, of so many hardly one comes twice.
RANGES = {"sadd": MEMBERS, "zadd": MEMBERS, "zadd_update": 1_000, "zrank": 1_000,
          "zrangebyscore": MEMBERS}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    def __init__(self, name, command):
        self.name = name
        self.port = free_port()
        self.dir = tempfile.mkdtemp(prefix="cordwood-bench-", dir=os.environ.get("BENCH_DIR"))
        arguments = [part.format(port=self.port, dir=self.dir) for part in command]
        self.process = subprocess.Popen(
            arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait_ready()

    def wait_ready(self):
        for _ in range(300):
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1) as link:
                    link.sendall(b"PING\r\n")
                    if link.recv(7) == b"+PONG\r\n":
                        return
            except OSError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"{self.name} does not answer")

    def cpu_seconds(self):
        """Of all its threads, to the nanosecond; servers keep their threads."""
        total_ns = 0
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat"):
            with open(path, encoding="ascii") as schedstat:
                total_ns += int(schedstat.read().split()[0])
        return total_ns / 1e9

    def info(self):
        output = subprocess.run(["redis-cli", "-p", str(self.port), "INFO", "everything"],
                                capture_output=True, text=True, timeout=30, check=True).stdout
        return dict(line.strip().split(":", 1) for line in output.splitlines() if ":" in line)

    def written_bytes(self):
        """What the server says it wrote to files (the kernel's own count takes whole folios)."""
        fields = self.info()
        names = ("log_bytes_written", "flush_bytes", "merge_bytes_written", "aof_current_size")
        return sum(int(fields.get(name, 0)) for name in names)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def stop(self):
        """Ends it and removes its data."""
        self.end()
        shutil.rmtree(self.dir, ignore_errors=True)


def load_command(server, test, pipeline, requests, clients, keys=KEYS):
    what = COMMANDS.get(test, [])
    return ["redis-benchmark", "-p", str(server.port), "-P", str(pipeline), "-c", str(clients),
            "-n", str(requests), "-r", str(RANGES.get(test, keys)),
            "-d", str(VALUE_BYTES), "--csv", *(what or ["-t", test])]


def measure(server, test, pipeline, requests, clients):
    cpu = server.cpu_seconds()
    written = server.written_bytes()
    output = subprocess.run(
        load_command(server, test, pipeline, requests, clients),
        capture_output=True, text=True, timeout=600, check=True).stdout
    row = list(csv.DictReader(io.StringIO(output)))[0]
    user_bytes = requests * USER_BYTES[test]
    return {
        "rps": float(row["rps"]),
        "p99": float(row["p99_latency_ms"]),
        "cpu_us": (server.cpu_seconds() - cpu) * 1e6 / requests,
        "written": (server.written_bytes() - written) / user_bytes,
    }


def durable_servers(cordwood_paths):
    """Each cordwood-server, and redis-server behind them, with every write synced."""
    common = ["--port", "{port}", "--dir", "{dir}", "--bind", "127.0.0.1",
              "--appendfsync", "always"]
    servers = [Server(path, [path, *common]) for path in cordwood_paths]
    servers.append(Server("redis", ["redis-server", *common, "--save", "", "--appendonly", "yes"]))
    return servers


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cordwood", required=True, help="path of cordwood-server")
    parser.add_argument("--base", help="path of the cordwood-server to compare with")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--tests", nargs="+", choices=USER_BYTES, default=list(USER_BYTES),
                        help="in this order: a pop finds what was pushed before it")
    parser.add_argument("--requests", type=int, default=100_000, help="per measurement at P=16")
    options = parser.parse_args()
    redis = ["redis-server", "--port", "{port}", "--dir", "{dir}", "--bind", "127.0.0.1",
             "--save", "", "--appendonly", "yes", "--appendfsync"]
    where = ["--port", "{port}", "--dir", "{dir}", "--bind", "127.0.0.1", "--appendfsync"]
    commands = {"cordwood": [options.cordwood] + where, "redis": redis}
    if options.base:
        commands["base"] = [options.base] + where
    servers = [Server(f"{name} {durability}", command + [durability])
               for durability in ("always", "everysec") for name, command in commands.items()]
    try:
        print("| P | test | server | requests/s | CPU us/request | p99 ms | bytes written/byte |")
        print("|---|---|---|---|---|---|---|")
        for pipeline in (1, 16):
            requests = options.requests if pipeline > 1 else options.requests // 5
            for test in options.tests:
                results = {server.name: [] for server in servers}
                for _ in range(options.rounds):
                    for server in servers:
                        results[server.name].append(
                            measure(server, test, pipeline, requests, options.clients))
                for server in servers:
                    median = {key: statistics.median(row[key] for row in results[server.name])
                              for key in ("rps", "cpu_us", "p99", "written")}
                    print(f"| {pipeline} | {test} | {server.name} | {median['rps']:,.0f} | "
                          f"{median['cpu_us']:.2f} | {median['p99']:.2f} | "
                          f"{median['written']:.2f} |", flush=True)
    finally:
        for server in servers:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
