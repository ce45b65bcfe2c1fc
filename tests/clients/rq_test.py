"""RQ: what goes into its queues and out of them, and its workers. These keep results in streams and
listen to a channel; until those land they are skipped."""

import sys

import rq_jobs
from served import TIMEOUT_S, Served, installed, needs, patience

import case_report

redis, rq = installed("redis"), installed("rq")

# What a worker sends beside lists, sets, hashes and strings.
WORKER = ("SUBSCRIBE", "UNSUBSCRIBE", "ZADD", "ZREM", "ZRANGEBYSCORE", "ZREMRANGEBYSCORE", "XADD")
RESULT = ("XREVRANGE",)
REGISTRY = ("ZRANGE",)


class Rq(Served):
    PACKAGES = {"redis": "python3-redis", "rq": "python3-rq"}

    def setUp(self):
        super().setUp()
        self.client = redis.Redis(port=self.server.port, socket_timeout=patience(TIMEOUT_S))
        self.addCleanup(self.client.close)
        self.queue = rq.Queue(connection=self.client)

    def dequeue(self, *queues):
        """What a worker gets that waits: BLPOP, in order of priority."""
        got = rq.Queue.dequeue_any(queues, timeout=1, connection=self.client)
        return got and got[0]


class Producers(Rq):
    def test_jobs_come_out_in_order_with_their_arguments(self):
        jobs = [self.queue.enqueue(rq_jobs.add, number, 1) for number in range(50)]
        self.assertEqual(self.queue.count, 50)
        self.assertEqual(self.queue.job_ids, [job.id for job in jobs])
        self.assertEqual(rq.Queue.all(connection=self.client), [self.queue])
        self.assertEqual([self.dequeue(self.queue).perform() for _ in jobs], list(range(1, 51)))
        self.assertEqual(self.queue.count, 0)
        self.assert_no_error()

    def test_a_job_at_the_front_and_the_first_queue_are_first(self):
        last = self.queue.enqueue(rq_jobs.add, 1, 1)
        third = self.queue.enqueue(rq_jobs.add, 2, 2, at_front=True)
        urgent = rq.Queue("urgent", connection=self.client)
        first, second = (urgent.enqueue(rq_jobs.add, number, 3) for number in range(2))
        got = [self.dequeue(urgent, self.queue).id for _ in range(4)]
        self.assertEqual(got, [job.id for job in (first, second, third, last)])

    def test_many_at_once_and_one_that_is_removed(self):
        jobs = self.queue.enqueue_many([rq.Queue.prepare_data(rq_jobs.add, (number, number))
                                        for number in range(20)])
        self.assertEqual(self.queue.remove(jobs[7]), 1)
        jobs.pop(7).delete()
        self.assertEqual([job.id for job in self.queue.get_jobs()], [job.id for job in jobs])
        self.assertEqual(self.queue.get_job_position(jobs[7]), 7)
        self.assert_no_error()

    def test_what_a_job_carries_is_there_again(self):
        job = self.queue.enqueue(rq_jobs.add, 1, other=2, description="a sum", meta={"tried": 0},
                                 retry=rq.Retry(max=3, interval=[1, 2]))
        job.meta["tried"] = 1
        job.save_meta()
        again = rq.job.Job.fetch(job.id, connection=self.client)
        self.assertEqual((again.args, again.kwargs), ((1,), {"other": 2}))
        self.assertEqual((again.description, again.meta), ("a sum", {"tried": 1}))
        self.assertEqual((again.retries_left, again.retry_intervals), (3, [1, 2]))
        self.assertEqual(again.get_status(), "queued")
        self.assertEqual(again.perform(), 3)


class Workers(Rq):
    def work(self):
        """A worker of its own process, which forks for each job, until nothing is left to do."""
        worker = self.start_program(
            sys.executable, "-m", "rq.cli", "worker", "--burst", "--url", self.url(), "default")
        self.assertEqual(worker.wait(), 0, worker.output())

    @needs(*WORKER, *RESULT)
    def test_results_come_back(self):
        jobs = [self.queue.enqueue(rq_jobs.add, number, 1) for number in range(5)]
        self.work()
        self.assertEqual([job.get_status() for job in jobs], ["finished"] * 5)
        self.assertEqual([job.result for job in jobs], list(range(1, 6)))

    @needs(*WORKER, *REGISTRY)
    def test_a_job_that_fails_is_tried_again_and_then_put_aside(self):
        job = self.queue.enqueue(rq_jobs.fail, "always", retry=rq.Retry(max=2))
        self.work()
        again = rq.job.Job.fetch(job.id, connection=self.client)
        self.assertEqual((again.get_status(), again.retries_left), ("failed", 0))
        self.assertEqual(self.queue.failed_job_registry.get_job_ids(), [job.id])

    @needs(*WORKER, *RESULT)
    def test_a_job_waits_for_the_one_that_it_depends_on(self):
        first = self.queue.enqueue(rq_jobs.add, 1, 2)
        second = self.queue.enqueue(rq_jobs.add, 3, 4, depends_on=first)
        self.assertEqual(self.queue.job_ids, [first.id])
        self.work()
        self.assertEqual((first.result, second.result), (3, 7))

    @needs("ZADD", "ZREM", "ZRANGE", "ZREMRANGEBYSCORE")
    def test_a_job_that_is_cancelled_is_not_in_the_queue(self):
        job = self.queue.enqueue(rq_jobs.add, 1, 2)
        job.cancel()
        self.assertEqual(self.queue.job_ids, [])
        self.assertEqual(self.queue.canceled_job_registry.get_job_ids(), [job.id])

    @needs("EVALSHA", "SCRIPT")
    def test_an_emptied_queue_takes_its_jobs_along(self):
        job = self.queue.enqueue(rq_jobs.add, 1, 2)
        self.queue.empty()
        self.assertFalse(rq.job.Job.exists(job.id, connection=self.client))


if __name__ == "__main__":
    sys.exit(case_report.run_tests("rq_test"))
