"""64 clients count optimistically in 8 keys (WATCH, GET, MULTI, SET, INCR, EXEC), and the server is
killed with -9 between, again and again on the same data.

Each EXEC that succeeds raises one of the keys by one and a counter of its client's: the keys and
the counters add up to the same number at all times, or an EXEC is half there; and to no less than
was acknowledged, and no more than that and what was on its way at the kills, or WATCH missed a
change, or an EXEC was lost.

CORDWOOD_SEED replays who counts where, and the moments of the kills.
"""

import os
import random
import sys
import time
import unittest

from load_thread import REPLY_TIMEOUT, LoadThread
from resp_client import ErrorReply, encode
from server_process import SMALL_STORE, ServerProcess, base_seed, full_run

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

CLIENTS = 64
KEYS = [f"sum:{index}" for index in range(8)]
KILLS = 4
KILLS_FULL = 40
SECONDS = 1.5


class Counter(LoadThread):
    """Counts until the connection breaks."""

    def __init__(self, port: int, index: int, seed: str):
        super().__init__(port, f"client {index}")
        self.own = f"done:{index}"
        self.random = random.Random(f"{seed}/{index}")
        self.counted = 0
        self.aborted = 0
        self.in_doubt = 0  # an EXEC that was sent and not answered

    def step(self):
        key = self.random.choice(KEYS)
        watched, value = self.connection.call_all([("WATCH", key), ("GET", key)])
        assert watched == "OK", watched
        self.in_doubt = 1
        self.connection.send(b"".join(encode(*command) for command in (
            ("MULTI",), ("SET", key, int(value or 0) + 1), ("INCR", self.own), ("EXEC",))))
        for expected in ("OK", "QUEUED", "QUEUED"):
            reply = self.connection.read()
            assert reply == expected, reply
        result = self.connection.read()
        self.in_doubt = 0
        assert not isinstance(result, ErrorReply), result
        if result is None:
            self.aborted += 1
        else:
            assert result[0] == "OK" and isinstance(result[1], int), result
            self.counted += 1


class WatchLoop(unittest.TestCase):
    def test_sums_are_exact_over_kills(self):
        seed = base_seed()
        print(f"CORDWOOD_SEED={seed}", flush=True)
        moments = random.Random(f"{seed}/moments")
        acknowledged = in_doubt = aborted = 0
        with ServerProcess(*SMALL_STORE) as server:
            for round_number in range(KILLS_FULL if full_run() else KILLS):
                server.start()
                counters = [Counter(server.port, index, f"{seed}/{round_number}")
                            for index in range(CLIENTS)]
                for counter in counters:
                    counter.start()
                time.sleep(SECONDS * (0.5 + moments.random()))
                server.kill()
                for counter in counters:
                    counter.join(REPLY_TIMEOUT + 30)
                    self.assertFalse(counter.is_alive(), "a client did not end")
                    self.assertIsNone(counter.failure)
                acknowledged += sum(counter.counted for counter in counters)
                aborted += sum(counter.aborted for counter in counters)
                in_doubt += sum(counter.in_doubt for counter in counters)
                server.start()
                self._verify(server, acknowledged, in_doubt)
                server.kill()
        print(f"{acknowledged} EXEC counted, {aborted} aborted, {in_doubt} in doubt at the kills")
        self.assertGreater(acknowledged, 0)
        self.assertGreater(aborted, 0, "nobody met anybody: the test shows nothing")

    def _verify(self, server: ServerProcess, acknowledged: int, in_doubt: int) -> None:
        with server.connect() as connection:
            keys, own = connection.call_all(
                [("MGET", *KEYS), ("MGET", *(f"done:{index}" for index in range(CLIENTS)))])
        total = sum(int(value or 0) for value in keys)
        self.assertEqual(total, sum(int(value or 0) for value in own), "an EXEC is half there")
        self.assertGreaterEqual(total, acknowledged, "an acknowledged EXEC is lost")
        self.assertLessEqual(total, acknowledged + in_doubt)


if __name__ == "__main__":
    sys.exit(case_report.run_tests("watch_loop"))
