"""Queues on redis-py, with its own parser and with hiredis: workers that wait, reliable queues,
retries, priorities, a server that is killed, and sets."""

import collections
import sys
import threading

from served import TIMEOUT_S, Served, installed, patience

import case_report

redis = installed("redis")

JOBS = 1000
WORKERS = 4
STOP = b"stop"
IN_WORK = 40


class Queues(Served):
    PACKAGES = {"redis": "python3-redis"}
    PARSER = "PythonParser"

    def connect(self):
        pool = redis.ConnectionPool(
            host="127.0.0.1", port=self.server.port, socket_timeout=patience(TIMEOUT_S),
            parser_class=getattr(redis.connection, self.PARSER))
        client = redis.Redis(connection_pool=pool)
        self.addCleanup(pool.disconnect)
        return client

    def run_workers(self, work, count=WORKERS):
        """Threads of work(client, number). Returns a function that waits for their end."""
        failures = []

        def run(number):
            try:
                work(self.connect(), number)
            except Exception as failure:  # whatever it was, the case tells of it
                failures.append(failure)

        threads = [threading.Thread(target=run, args=(number,), daemon=True)
                   for number in range(count)]
        for thread in threads:
            thread.start()

        def join():
            for thread in threads:
                thread.join(patience(TIMEOUT_S))
                self.assertFalse(thread.is_alive(), "a worker waits for ever")
            self.assertEqual(failures, [])
        return join

    def test_workers_that_wait_take_each_job_once(self):
        done = [[] for _ in range(WORKERS)]

        def work(client, number):
            while (job := client.brpop("jobs")[1]) != STOP:
                done[number].append(job)

        join = self.run_workers(work)
        client = self.connect()
        jobs = [b"%d" % number for number in range(JOBS)]
        for job in jobs:
            client.lpush("jobs", job)
        client.lpush("jobs", *[STOP] * WORKERS)
        join()
        self.assertCountEqual([job for some in done for job in some], jobs)
        for some in done:
            self.assertEqual(some, sorted(some, key=int), "a worker took a newer job first")
        self.assertEqual(client.exists("jobs"), 0)
        self.assert_no_error()

    def test_a_transaction_wakes_a_worker_when_it_is_done(self):
        seen = []

        def work(client, _):
            seen.append(client.blpop("jobs"))
            seen.append(client.get("written before"))

        join = self.run_workers(work, count=1)
        with self.connect().pipeline(transaction=True) as pipeline:
            pipeline.rpush("jobs", "a").rpush("jobs", "b").lrem("jobs", 1, "a")
            pipeline.set("written before", "yes")
            self.assertEqual(pipeline.execute(), [1, 2, 1, True])
        join()
        self.assertEqual(seen, [(b"jobs", b"b"), b"yes"])

    def test_the_queue_of_the_highest_priority_is_served_first(self):
        client = self.connect()
        client.rpush("low", 1, 2)
        client.rpush("high", 3)
        order = [client.blpop(["high", "middle", "low"], timeout=1) for _ in range(3)]
        self.assertEqual(order, [(b"high", b"3"), (b"low", b"1"), (b"low", b"2")])
        self.assertIsNone(client.blpop(["high", "middle", "low"], timeout=0.01))

    def test_a_reliable_queue_forgets_a_job_when_it_is_done(self):
        done = [collections.Counter() for _ in range(WORKERS)]

        def work(client, number):
            while (job := client.blmove("jobs", "in work", 0, "RIGHT", "LEFT")) != STOP:
                done[number][job] += 1
                self.assertEqual(client.lrem("in work", -1, job), 1)
            client.lrem("in work", -1, STOP)

        join = self.run_workers(work)
        client = self.connect()
        for number in range(JOBS):
            client.lpush("jobs", f"{number:036}")
        client.lpush("jobs", *[STOP] * WORKERS)
        join()
        total = sum(done, collections.Counter())
        self.assertEqual(len(total), JOBS)
        self.assertEqual(set(total.values()), {1})
        self.assertEqual(client.exists("jobs", "in work"), 0)
        self.assert_no_error()

    def test_a_job_that_fails_is_tried_again_and_then_put_aside(self):
        tries, fails_for_ever = 3, b"7"

        def work(client, _):
            while (job := client.blmove("jobs", "in work", 0, "RIGHT", "LEFT")) != STOP:
                tried = client.hincrby("tries", job, 1)
                with client.pipeline(transaction=True) as pipeline:
                    pipeline.lrem("in work", -1, job)
                    if tried < 2 or job == fails_for_ever:
                        pipeline.lpush("jobs" if tried < tries else "dead", job)
                    else:
                        pipeline.sadd("done", job)
                    pipeline.execute()
                if client.scard("done") + client.llen("dead") == 20:
                    client.lpush("jobs", *[STOP] * WORKERS)

        client = self.connect()
        client.lpush("jobs", *range(20))
        self.run_workers(work)()
        self.assertEqual(client.lrange("dead", 0, -1), [fails_for_ever])
        self.assertEqual(client.smembers("done"),
                         {b"%d" % job for job in range(20)} - {fails_for_ever})
        self.assertEqual({job: int(tried) for job, tried in client.hgetall("tries").items()},
                         {b"%d" % job: 3 if b"%d" % job == fails_for_ever else 2
                          for job in range(20)})

    def test_what_a_killed_server_acknowledged_is_done_after_its_restart(self):
        client = self.connect()
        jobs = [b"%036d" % number for number in range(200)]
        client.rpush("jobs", *jobs)
        begun = [client.lmove("jobs", "in work", "LEFT", "LEFT") for _ in range(IN_WORK)]
        ended = begun[1::2]
        for job in ended:
            client.lrem("in work", -1, job)
        self.restart_server()
        client = self.connect()
        self.assertEqual(client.lrange("in work", 0, -1), begun[::2][::-1])
        # A worker that begins puts back what nobody works on any more.
        while client.lmove("in work", "jobs", "LEFT", "LEFT"):
            pass
        rest = []
        while job := client.lpop("jobs"):
            rest.append(job)
        self.assertEqual(rest, [job for job in jobs if job not in ended])

    def test_a_client_that_is_killed_while_it_waits_takes_nothing(self):
        waiting, client = self.connect(), self.connect()
        connection = waiting.connection_pool.get_connection("BLPOP")
        connection.send_command("CLIENT", "ID")
        number = connection.read_response()
        connection.send_command("BLPOP", "jobs", 0)
        client.client_kill_filter(_id=number)
        with self.assertRaises(redis.ConnectionError):
            connection.read_response()
        waiting.connection_pool.release(connection)
        client.rpush("jobs", "a")
        self.assertEqual(client.lrange("jobs", 0, -1), [b"a"])

    def test_sets_remember_what_was_seen(self):
        client = self.connect()
        names = {b"name:%d" % number for number in range(2000)}
        self.assertEqual(client.sadd("seen", *names), len(names))
        self.assertEqual(client.sadd("seen", "name:5", "name:new"), 1)
        self.assertEqual(client.srem("seen", "name:new"), 1)
        self.assertEqual(set(client.sscan_iter("seen", count=100)), names)
        self.assertEqual(client.smismember("seen", ["name:5", "other"]), [1, 0])
        drawn = set(client.spop("seen", 500))
        self.assertEqual((len(drawn), drawn - names), (500, set()))
        self.assertEqual(client.smembers("seen"), names - drawn)
        client.sadd("other", *drawn)
        self.assertEqual(client.sunion("seen", "other"), names)
        self.assert_no_error()


class QueuesWithHiredis(Queues):
    PACKAGES = {"redis": "python3-redis", "hiredis": "python3-hiredis"}
    PARSER = "HiredisParser"


if __name__ == "__main__":
    sys.exit(case_report.run_tests("redis_py_test"))
