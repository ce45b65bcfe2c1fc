"""Sessions that end by themselves: an application hears of them by keyspace events, on redis-py."""

import sys
import time

from served import TIMEOUT_S, Served, installed, needs, patience

import case_report

redis = installed("redis")

SESSIONS = 200
WITHIN_S = 0.2


class Sessions(Served):
    PACKAGES = {"redis": "python3-redis"}

    def setUp(self):
        super().setUp()
        self.client = redis.Redis(port=self.server.port)
        self.addCleanup(self.client.close)
        self.client.config_set("notify-keyspace-events", "Ex")
        self.addCleanup(self.client.config_set, "notify-keyspace-events", "")
        self.ended = self.client.pubsub(ignore_subscribe_messages=True)
        self.addCleanup(self.ended.close)

    def listen(self, pattern="__keyevent@*__:expired"):
        self.ended.psubscribe(pattern)
        while self.ended.get_message(timeout=0.1) is not None:
            pass

    def hear(self, count):
        """The next messages: their times and texts."""
        heard = []
        end = time.monotonic() + patience(TIMEOUT_S)
        while len(heard) < count and time.monotonic() < end:
            message = self.ended.get_message(timeout=1)
            if message is not None:
                heard.append((time.time(), message["data"].decode()))
        return heard

    @needs("psubscribe")
    def test_each_ends_with_one_event_soon_after_its_time(self):
        self.listen()
        now_ms = int(time.time() * 1000)
        ends = {}
        with self.client.pipeline(transaction=False) as pipeline:
            for number in range(SESSIONS):
                name = f"session:{number}"
                ends[name] = now_ms + 300 + number
                pipeline.set(name, "user", pxat=ends[name])
            pipeline.execute()
        heard = self.hear(SESSIONS)
        self.assertCountEqual([name for _, name in heard], ends)
        late = sorted(at - ends[name] / 1000 for at, name in heard)
        self.assertGreaterEqual(late[0], 0)
        self.assertLess(late[len(late) // 2], patience(WITHIN_S))
        self.assertEqual(self.client.dbsize(), 0)
        self.assertIsNone(self.ended.get_message(timeout=0.1))

    @needs("psubscribe")
    def test_one_that_is_used_does_not_end(self):
        self.listen()
        self.client.set("used", "user", px=200)
        self.client.set("left", "user", px=200)
        self.client.getex("used", ex=1000)
        self.assertEqual([name for _, name in self.hear(1)], ["left"])
        self.client.delete("used")
        self.assertIsNone(self.ended.get_message(timeout=0.1))


if __name__ == "__main__":
    sys.exit(case_report.run_tests("expiry_events_test"))
