"""Celery with the server as broker and result backend, and kombu, its messaging, by itself.

A worker keeps the times of what it has not acknowledged in a sorted set, guards that with a script
and is told of results by channels; until those land its cases are skipped. Producers that want no
result, and kombu's consumers that need not acknowledge, do without."""

import gc
import json
import os
import sys

from served import TIMEOUT_S, Served, installed, needs, patience

import case_report

celery, kombu = installed("celery"), installed("kombu")

WORKER = ("PSUBSCRIBE", "PUBLISH", "ZADD", "ZREM", "ZREVRANGEBYSCORE", "EVALSHA", "SCRIPT")
RESULT = ("SUBSCRIBE", "UNSUBSCRIBE")
CHORD = ("ZCOUNT", "ZRANGE")
PRIORITIES = (0, 3, 6, 9)  # kombu's: a list each


class Celery(Served):
    PACKAGES = {"redis": "python3-redis", "celery": "python3-celery", "kombu": "python3-kombu"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        os.environ["CORDWOOD_URL"] = f"redis://127.0.0.1:{cls.server.port}/0"
        sys.modules.pop("celery_tasks", None)
        cls.tasks = __import__("celery_tasks")

    def start_worker(self, name: str, *options: str):
        """It forks two processes for tasks."""
        return self.start_program(
            sys.executable, "-m", "celery", "--app", "celery_tasks", "worker", "--concurrency", "2",
            "--hostname", f"{name}@here", "--loglevel", "INFO", *options, CORDWOOD_URL=self.url())

    def get(self, result):
        return result.get(timeout=patience(TIMEOUT_S))


class Producers(Celery):
    def test_a_task_without_a_result_is_a_message_in_the_list(self):
        for number in range(20):
            self.tasks.add.apply_async((number, 1), ignore_result=True)
        with self.server.connect() as connection:
            messages = connection.call("LRANGE", "celery", 0, -1)
        headers = [json.loads(message)["headers"] for message in reversed(messages)]
        self.assertEqual([header["argsrepr"] for header in headers],
                         [f"({number}, 1)" for number in range(20)])
        self.assertEqual({header["task"] for header in headers}, {"celery_tasks.add"})
        self.assert_no_error()

    def test_a_purge_takes_all_messages(self):
        for number in range(5):
            self.tasks.add.apply_async((number, 1), ignore_result=True)
        self.assertEqual(self.tasks.app.control.purge(), 5)
        with self.server.connect() as connection:
            self.assertEqual(connection.call("EXISTS", "celery"), 0)
        self.assert_no_error()


class Messages(Celery):
    """kombu by itself, without acknowledgements: LPUSH, and BRPOP of the list of each priority."""

    def setUp(self):
        super().setUp()
        self.connection = kombu.Connection(self.url())
        self.addCleanup(self.connection.release)

    def assert_empty(self, queue) -> None:
        with self.assertRaisesRegex(kombu.exceptions.ChannelError, "NOT_FOUND"):
            queue.qsize()  # kombu knows no queue of which nothing is stored

    def test_messages_come_in_order_and_by_priority(self):
        queue = self.connection.SimpleQueue("mail", no_ack=True)
        for number in range(20):
            queue.put({"number": number}, priority=PRIORITIES[number % 4])
        self.assertEqual(queue.qsize(), 20)
        got = [queue.get(timeout=patience(TIMEOUT_S)).payload["number"] for _ in range(20)]
        # The list of the lowest number is asked first.
        self.assertEqual(got, sorted(range(20), key=lambda number: (number % 4, number)))
        self.assert_empty(queue)
        self.assert_no_error()

    def test_a_message_reaches_each_queue_that_is_bound(self):
        exchange = kombu.Exchange("news", type="topic")
        queues = [kombu.Queue(name, exchange, routing_key=pattern)
                  for name, pattern in (("all", "#"), ("sport", "*.sport"), ("home", "home.*"))]
        with self.connection.Producer() as producer:
            for key in ("home.sport", "world.sport", "world.art"):
                producer.publish(key, exchange=exchange, routing_key=key, declare=queues)
        sizes = [self.connection.SimpleQueue(queue).qsize() for queue in queues]
        self.assertEqual(sizes, [3, 2, 1])
        self.assert_no_error()

    @needs("ZADD", "ZREM", "ZREVRANGEBYSCORE", "EVALSHA")
    def test_a_message_that_is_rejected_comes_again(self):
        queue = self.connection.SimpleQueue("mail")
        queue.put("letter")
        queue.get(timeout=patience(TIMEOUT_S)).requeue()
        again = queue.get(timeout=patience(TIMEOUT_S))
        self.assertEqual((again.payload, again.properties["delivery_info"].get("redelivered")),
                         ("letter", True))
        again.ack()
        self.assert_empty(queue)


class Workers(Celery):
    def tearDown(self):
        gc.collect()  # a result unsubscribes when it is collected, which needs the server

    @needs(*WORKER, *RESULT)
    def test_results_come_back(self):
        self.start_worker("one")
        results = [self.tasks.add.delay(number, 1) for number in range(50)]
        self.assertEqual([self.get(result) for result in results], list(range(1, 51)))
        self.assertEqual(self.get(celery.chain(self.tasks.add.s(1, 2), self.tasks.add.s(10))()), 13)

    @needs(*WORKER, *RESULT)
    def test_a_task_that_fails_is_tried_again_until_it_gives_up(self):
        self.start_worker("one")
        task = self.tasks.succeed_on_try
        results = [task.delay(tries) for tries in (1, 3, 4, 5)]
        self.assertEqual([self.get(result) for result in results[:3]], [1, 3, 4])
        with self.assertRaises(task.MaxRetriesExceededError):
            self.get(results[3])

    @needs(*WORKER, *RESULT, *CHORD)
    def test_a_chord_waits_for_all_its_parts(self):
        self.start_worker("one")
        parts = [self.tasks.add.s(number, number) for number in range(10)]
        self.assertEqual(self.get(celery.chord(parts)(self.tasks.total.s())), 90)

    @needs(*WORKER, *RESULT)
    def test_what_a_killed_worker_had_is_done_by_another(self):
        first = self.start_worker("first", "--pool", "solo")
        result = self.tasks.wait_for.delay("go")
        with self.server.connect(timeout=patience(TIMEOUT_S)) as connection:
            begun = connection.call("BLPOP", "begun:go", 0)
            first.process.kill()
            self.start_worker("second", "--pool", "solo")
            self.assertEqual(connection.call("BLPOP", "begun:go", 0), begun)
            connection.call("RPUSH", "go", "on")
        self.assertEqual(self.get(result), "on")

    @needs(*WORKER, *RESULT)
    def test_a_worker_answers_to_remote_control(self):
        self.start_worker("one")
        self.assertEqual(self.get(self.tasks.add.delay(1, 1)), 2)
        answers = self.tasks.app.control.ping(timeout=patience(2))
        self.assertEqual(answers, [{"one@here": {"ok": "pong"}}])


if __name__ == "__main__":
    sys.exit(case_report.run_tests("celery_test"))
