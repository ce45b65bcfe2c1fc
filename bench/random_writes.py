#!/usr/bin/env python3
"""Millions of small writes in random order over a memory budget of a tenth of the data.

    bench/random_writes.py --cordwood build/release/server/cordwood-server --writes 20000000

Loads with redis-benchmark while two probes run: a connection that writes and reads one key a
hundred times a second, and a bare write + fdatasync loop on the same file system. Prints what the
server used at most, the longest pause of each probe, and what INFO says about the tree; then stops
the server and runs `cordwood check`. Exits with 1 if the memory was more than the budget, or a
pause more than a second longer than the longest fdatasync. Needs redis-benchmark (Debian:
redis-tools).
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from compare_servers import KEY_BYTES, VALUE_BYTES, Server, load_command

CLIENTS = 16
LONGEST_PAUSE = 1  # seconds, beyond that of the disk


def resident_bytes(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Probe(threading.Thread):
    """Calls `action` again and again, `pause` seconds apart, and keeps the longest duration."""

    def __init__(self, action, pause):
        super().__init__(daemon=True)
        self.action, self.pause = action, pause
        self.longest, self.at, self.count = 0.0, 0.0, 0
        self.done = threading.Event()
        self.started = time.monotonic()

    def run(self):
        while not self.done.is_set():
            begin = time.monotonic()
            self.action()
            took = time.monotonic() - begin
            if took > self.longest:
                self.longest, self.at = took, begin - self.started
            self.count += 1
            time.sleep(self.pause)


def command_probe(server, request, reply_lines):
    link = socket.create_connection(("127.0.0.1", server.port), timeout=120)
    replies = link.makefile("rb")

    def action():
        link.sendall(request)
        for _ in range(reply_lines):
            replies.readline()
    return action


def fsync_probe(directory):
    descriptor = os.open(os.path.join(directory, "fsync-probe"), os.O_CREAT | os.O_RDWR)
    os.write(descriptor, bytes(1 << 20))
    os.fsync(descriptor)

    def action():
        os.pwrite(descriptor, b"x" * 4096, 0)
        os.fdatasync(descriptor)
    return action


def load_and_watch(server, options):
    """Runs redis-benchmark. Returns the seconds that took and the most resident bytes."""
    begin, peak = time.monotonic(), 0
    command = load_command(server, "set", options.pipeline, options.writes, CLIENTS, options.writes)
    load = subprocess.Popen([*command, "-q"], stdout=subprocess.DEVNULL)
    try:
        while load.poll() is None:
            peak = max(peak, resident_bytes(server.process.pid))
            time.sleep(0.2)
    finally:
        load.kill()
        load.wait()
    if load.returncode != 0:
        raise RuntimeError(f"redis-benchmark ended with {load.returncode}")
    return time.monotonic() - begin, peak


def measure(server, scratch, options, budget):
    """Prints what it finds, and returns what is not as it should be."""
    probes = {
        "SET": Probe(command_probe(server, b"SET probe x\r\n", 1), 0.01),
        "GET": Probe(command_probe(server, b"GET probe\r\n", 2), 0.01),
        "fdatasync": Probe(fsync_probe(scratch), 0.01),
    }
    for name in ("SET", "GET", "fdatasync"):
        probes[name].start()
        time.sleep(0.1)
    seconds, peak = load_and_watch(server, options)
    for probe in probes.values():
        probe.done.set()
    print(f"{options.writes:,} writes in {seconds:.0f} s ({options.writes / seconds:,.0f}/s), "
          f"budget {budget >> 20} MiB, resident at most {peak >> 20} MiB")
    for name, probe in probes.items():
        print(f"{name}: longest of {probe.count:,} {probe.longest * 1000:.0f} ms, "
              f"at {probe.at:.0f} s")
    info = subprocess.run(["redis-cli", "-p", str(server.port), "INFO", "cordwood"],
                          capture_output=True, text=True, timeout=30, check=True).stdout
    print(info.replace("\r", ""))
    too_much = [f"{peak} resident bytes"] if peak > budget else []
    for name in ("SET", "GET"):
        pause = probes[name].longest
        if pause > probes["fdatasync"].longest + LONGEST_PAUSE:
            too_much.append(f"a {name} of {pause:.1f} s")
    return too_much


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cordwood", required=True, help="path of cordwood-server")
    parser.add_argument("--writes", type=int, default=20_000_000)
    parser.add_argument("--pipeline", type=int, default=64)
    options = parser.parse_args()
    budget = options.writes * (VALUE_BYTES + KEY_BYTES) // 10
    command = [options.cordwood, "--port", "{port}", "--dir", "{dir}", "--bind", "127.0.0.1",
               "--maxmemory", str(budget)]
    server = Server("cordwood", command)
    scratch = tempfile.mkdtemp(prefix="cordwood-bench-", dir=os.environ.get("BENCH_DIR"))
    try:
        too_much = measure(server, scratch, options, budget)
        server.end()
        tool = os.path.join(os.path.dirname(options.cordwood), "cordwood")
        check = subprocess.run([tool, "check", server.dir], check=False)
    finally:
        server.stop()
        shutil.rmtree(scratch, ignore_errors=True)
    for what in too_much:
        print(f"too much: {what}")
    return check.returncode or (1 if too_much else 0)


if __name__ == "__main__":
    sys.exit(main())
