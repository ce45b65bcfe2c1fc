"""The programs that people use with Redis run against the server without an error: redis-cli in
its many modes, and redis-benchmark. Each is skipped where it is absent."""

import os
import shutil
import subprocess
import sys
import threading
import unittest

from resp_client import encode
from server_process import SMALL_STORE, ServerProcess, full_run

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

STRINGS = 5000
HASHES = 50
KEYS = STRINGS + HASHES + 1
BIG_STRING_BYTES = 70_000
BIG_HASH_FIELDS = 400
TIMEOUT = 240  # for a whole run of a program, on a busy machine


def example_commands():
    """Strings, hashes in both forms, one key that is larger than all others."""
    for number in range(STRINGS):
        yield encode("SET", f"string:{number}", f"{number}." + "v" * 400)
    for number in range(HASHES):
        fields = BIG_HASH_FIELDS if number == 7 else 3
        pairs = [word for field in range(fields) for word in (f"field{field}", "w" * 30)]
        yield encode("HSET", f"hash:{number}", *pairs)
    yield encode("SET", "biggest", "x" * BIG_STRING_BYTES)


class ClientsTest(unittest.TestCase):
    """One server with data that is mostly cold."""

    @classmethod
    def setUpClass(cls):
        cls.server = ServerProcess(*SMALL_STORE)
        cls.addClassCleanup(cls.server.__exit__)
        cls.server.start()
        with cls.server.connect() as connection:
            commands = list(example_commands())
            connection.send(b"".join(commands))
            replies = [connection.read() for _ in commands]
        assert replies.count("OK") == STRINGS + 1, replies[:10]

    def run_program(self, name: str, *arguments, data: bytes | None = None) -> str:
        """Its output. Fails on an exit status or an error in the output."""
        program = shutil.which(name)
        if program is None:
            self.skipTest(f"{name} is not installed")
        done = subprocess.run([program, "-p", str(self.server.port), *map(str, arguments)],
                              input=data or b"", capture_output=True, timeout=TIMEOUT, check=False)
        output = (done.stdout + done.stderr).decode(errors="replace")
        self.assertEqual(done.returncode, 0, output)
        self.assert_no_error(output)
        return output

    def assert_no_error(self, output: str) -> None:
        text = output.replace("errors: 0", "").replace("# Errorstats", "")
        self.assertNotRegex(text, r"(?i)\berror|\bERR\b|WRONGTYPE|MISCONF|unknown command|closed")


class RedisCli(ClientsTest):
    def cli(self, *arguments, data: bytes | None = None) -> str:
        return self.run_program("redis-cli", *arguments, data=data)

    def test_scan_meets_every_key_once(self):
        keys = self.cli("--scan").split()
        self.assertEqual(len(keys), KEYS)
        self.assertEqual(len(set(keys)), KEYS)

    def test_scan_with_a_pattern_filters(self):
        self.assertEqual(len(self.cli("--scan", "--pattern", "string:499?").split()), 10)

    def test_bigkeys_finds_the_biggest(self):
        output = self.cli("--bigkeys")
        self.assertIn(f"Sampled {KEYS} keys in the keyspace!", output)
        self.assertIn(f"Biggest string found '\"biggest\"' has {BIG_STRING_BYTES} bytes", output)
        self.assertIn(f"Biggest   hash found '\"hash:7\"' has {BIG_HASH_FIELDS} fields", output)

    def test_memkeys_finds_the_largest(self):
        output = self.cli("--memkeys")
        self.assertIn(f"Sampled {KEYS} keys in the keyspace!", output)
        self.assertRegex(output, r"Biggest string found '\"biggest\"' has \d+ bytes")

    def test_latency_measures(self):
        # With its output redirected it measures for a second and prints one line.
        numbers = self.cli("--latency").split()
        self.assertEqual(len(numbers), 4)
        self.assertGreater(int(numbers[3]), 0)

    def test_pipe_loads_a_stream(self):
        data = b"".join(encode("SET", f"piped:{n}", n) for n in range(20_000))
        output = self.cli("--pipe", data=data)
        self.assertIn("errors: 0, replies: 20000", output)
        with self.server.connect() as connection:
            self.assertEqual(connection.call("GET", "piped:19999"), b"19999")
            keys = [f"piped:{n}" for n in range(20_000)]
            self.assertEqual(connection.call("DEL", *keys), 20_000)

    def test_stat_prints_a_line_each_interval(self):
        program = shutil.which("redis-cli")
        if program is None:
            self.skipTest("redis-cli is not installed")
        # It runs for ever, and into a pipe it would write in large pieces.
        process = subprocess.Popen(
            ["stdbuf", "-oL", program, "-p", str(self.server.port), "-i", "0.2", "--stat"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        timer = threading.Timer(TIMEOUT, process.kill)
        timer.start()
        try:
            output = b"".join(process.stdout.readline() for _ in range(6))
        finally:
            process.kill()
            process.wait()
            timer.cancel()
            process.stdout.close()
        text = output.decode()
        self.assert_no_error(text)
        self.assertIn("keys       mem      clients", text)
        self.assertRegex(text, rf"\n{KEYS}\s+[\d.]+[BKM]\s+\d+")

    def test_commands_with_text_output_answer(self):
        self.assertIn("redis_version:7.2", self.cli("INFO"))
        self.assertIn("cmd=client|list", self.cli("CLIENT", "LIST").replace("|LIST", "|list"))
        self.assertIn("appendfsync", self.cli("CONFIG", "GET", "append*"))
        self.assertGreater(len(self.cli("COMMAND")), 1000)
        self.assertEqual(self.cli("-3", "HGETALL", "hash:1").count("field"), 3)

    def test_big_replies_come_whole(self):
        self.assertEqual(len(self.cli("GET", "biggest").strip()), BIG_STRING_BYTES)
        self.assertEqual(len(self.cli("KEYS", "string:*").split()), STRINGS)


class RedisBenchmark(ClientsTest):
    def benchmark(self, pipeline: int, requests: int) -> None:
        requests *= 20 if full_run() else 1
        output = self.run_program("redis-benchmark", "-t", "set,get,incr,mset,hset", "-P", pipeline,
                                  "-n", requests, "-r", 10_000, "-q")
        for name in ("SET", "GET", "INCR", "HSET", "MSET (10 keys)"):
            self.assertRegex(output, rf"(?m){name.replace('(', '.').replace(')', '.')}: [\d.]+ req")
        with self.server.connect() as connection:
            self.assertEqual(connection.call("PING"), "PONG")

    def test_without_pipelining(self):
        self.benchmark(1, 1000)

    def test_with_a_pipeline_of_16(self):
        self.benchmark(16, 10_000)


if __name__ == "__main__":
    sys.exit(case_report.run_tests("clients_test"))
