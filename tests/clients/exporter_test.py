"""prometheus-redis-exporter beside the server and beside Redis: every series that both have means
the same, and what only Redis has is listed, in exporter_absent.txt."""

import re
import shutil
import sys
import time
import unittest
import urllib.request

from served import HERE, Served, patience

import case_report
from resp_client import Connection
from server_process import free_port

ABSENT = HERE / "exporter_absent.txt"

# These are what the commands below make of them, to the last digit.
SAME = [
    "redis_blocked_clients", "redis_commands_duration_seconds_total_count", "redis_commands_total",
    "redis_connected_clients", "redis_connected_slaves", "redis_config_maxclients",
    "redis_db_keys", "redis_db_keys_expiring", "redis_evicted_keys_total",
    "redis_expired_keys_total", "redis_keyspace_hits_total", "redis_keyspace_misses_total",
    "redis_loading_dump_file", "redis_pubsub_channels", "redis_pubsub_patterns",
    "redis_rejected_connections_total", "redis_slowlog_length",
    "redis_tracking_clients", "redis_up",
]
# Commands that the exporter itself sends, and one that waits: 7.2 counts it when it has ended.
ITS_OWN = re.compile(r'cmd="(blpop|client|config|info|ping|slowlog|latency|select|scan|type)')

COMMANDS = [
    ("SET", "a", "1"), ("SET", "b", "2", "EX", "1000"), ("SETEX", "c", "1000", "v"),
    ("GET", "a"), ("GET", "none"), ("INCR", "a"), ("LPUSH", "l", "1", "2", "3"),
    ("HSET", "h", "f", "v"), ("ZADD", "z", "1", "m"), ("SADD", "s", "m"), ("DEL", "b"),
    ("SET", "gone", "1", "PX", "1"), ("MGET", "a", "none", "c"),
]


class Exporter(Served):
    @classmethod
    def setUpClass(cls):
        for program in ("prometheus-redis-exporter", "redis-server"):
            if not shutil.which(program):
                raise unittest.SkipTest(f"{program} not installed: scripts/install clients")
        super().setUpClass()

    def drive(self, port):
        """The same commands for each, a subscriber and one that waits."""
        connections = [Connection(port) for _ in range(3)]
        for connection in connections:
            self.addCleanup(connection.close)
        client, subscriber, waiter = connections
        for command in COMMANDS:
            client.call(*command)
        time.sleep(0.02)
        client.call("GET", "gone")
        subscriber.call("SUBSCRIBE", "channel")
        subscriber.call("PSUBSCRIBE", "pattern*")
        waiter.send(b"*3\r\n$5\r\nBLPOP\r\n$4\r\nnone\r\n$1\r\n0\r\n")
        end = time.monotonic() + patience(10)
        for section, field in (("clients", b"blocked_clients:1"), ("stats", b"expired_keys:1")):
            while field not in client.call("INFO", section):
                self.assertLess(time.monotonic(), end)

    def series_of(self, port):
        """Name: {labels: value}."""
        listen = f"127.0.0.1:{free_port()}"
        program = self.start_program(
            "prometheus-redis-exporter", "-redis.addr", f"redis://127.0.0.1:{port}",
            "-web.listen-address", listen)
        end = time.monotonic() + patience(20)
        while True:
            try:
                with urllib.request.urlopen(f"http://{listen}/metrics", timeout=10) as page:
                    text = page.read().decode()
                break
            except OSError:
                self.assertLess(time.monotonic(), end, program.output())
                time.sleep(0.05)
        program.end()
        series = {}
        for line in text.splitlines():
            match = re.fullmatch(r"(redis_\w+)(\{.*\})? (\S+)", line)
            if match:
                name, labels, value = match.groups()
                series.setdefault(name, {})[labels or ""] = value
        return series

    def test_series_mean_the_same(self):
        port = free_port()
        redis = self.start_program("redis-server", "--port", str(port), "--save", "",
                                   "--appendonly", "no", "--bind", "127.0.0.1")
        end = time.monotonic() + patience(20)
        while "Ready to accept connections" not in redis.output():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)
        self.restart_server()  # with counters at zero
        found = {}
        for name, at in (("redis", port), ("ours", self.server.port)):
            self.drive(at)
            found[name] = self.series_of(at)
        absent = sorted(set(found["redis"]) - set(found["ours"]))
        self.maxDiff = None
        self.assertEqual("\n".join(absent) + "\n", ABSENT.read_text())
        self.assertEqual(sorted(set(found["ours"]) - set(found["redis"])), [])
        for name in SAME:
            values = [{labels: value for labels, value in found[server].get(name, {}).items()
                       if not ITS_OWN.search(labels)} for server in ("redis", "ours")]
            self.assertEqual(values[1], values[0], name)


if __name__ == "__main__":
    sys.exit(case_report.run_tests("exporter_test"))
