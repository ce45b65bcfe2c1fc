"""Sidekiq: workers that take jobs from lists, and its sets of jobs for later, jobs to be tried
again and dead ones. What moves jobs that are due is a script; until those land that case is
skipped."""

import json
import pathlib
import shutil
import subprocess
import sys
import unittest

from served import HERE, TIMEOUT_S, Served, needs, patience, wait_until

import case_report

SIDEKIQ = "/usr/bin/sidekiq"
RUBY = "/usr/bin/ruby"  # Debian's: its gems are there for no other

SETS = ("ZADD", "ZCARD", "ZRANGE", "ZRANGEBYSCORE", "ZREM", "ZREMRANGEBYSCORE", "ZREMRANGEBYRANK",
        "ZSCAN", "ZINCRBY")


class Sidekiq(Served):
    @classmethod
    def setUpClass(cls):
        if not shutil.which(RUBY) or not pathlib.Path(SIDEKIQ).exists():
            raise unittest.SkipTest("ruby-sidekiq not installed: scripts/install clients")
        super().setUpClass()

    def ask(self, code: str):
        """What the last line of a client's program comes to."""
        *before, last = code.strip().splitlines()
        code = "\n".join(["require 'json'", *before, f"puts JSON.generate([{last}])"])
        done = subprocess.run(
            [RUBY, "-r", "./sidekiq_jobs.rb", "-e", code], cwd=HERE, text=True,
            env={"REDIS_URL": self.url(), "PATH": "/usr/bin:/bin"}, capture_output=True,
            timeout=patience(TIMEOUT_S), check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)[0]

    def start_workers(self):
        return self.start_program(RUBY, SIDEKIQ, "-r", "./sidekiq_jobs.rb", "-c", "4", "-t", "1",
                                  REDIS_URL=self.url())

    def wait_for(self, *command, answer):
        with self.server.connect() as connection:
            wait_until(lambda: connection.call(*command) == answer, f"{command} is not {answer}")

    def test_workers_do_all_jobs_once(self):
        self.ask("50.times { |number| Note.perform_async(number) }")
        self.assertEqual(self.ask("Sidekiq::Queue.new.size"), 50)
        self.start_workers()
        self.wait_for("LLEN", "notes", answer=50)
        with self.server.connect() as connection:
            notes = connection.call("LRANGE", "notes", "0", "-1")
        self.assertCountEqual(notes, [b"%d" % number for number in range(50)])
        self.assertEqual(self.ask("Sidekiq::Queue.new.size"), 0)

    @needs(*SETS)
    def test_jobs_for_later_are_in_order_and_can_be_moved_done_and_deleted(self):
        seen = self.ask("""
            [30, 10, 20].each { |seconds| Note.perform_in(seconds * 60, seconds) }
            jobs = Sidekiq::ScheduledSet.new
            order = jobs.map { |job| job.args[0] }
            jobs.find { |job| job.args == [20] }.reschedule(Time.now + 3600)
            moved = jobs.map { |job| job.args[0] }
            jobs.find_job(jobs.first.jid).add_to_queue
            jobs.find { |job| job.args == [30] }.delete
            queued = Sidekiq::Queue.new.map { |job| job.args[0] }
            [order, moved, jobs.map { |job| job.args[0] }, queued]
        """)
        # The last one that is due comes first, as on its pages.
        self.assertEqual(seen, [[30, 20, 10], [20, 30, 10], [10], [20]])
        self.assert_no_error()

    @needs(*SETS)
    def test_a_job_that_fails_is_to_be_tried_again_or_dead(self):
        self.ask("""
            Fail.perform_async('later again')
            Fail.set(retry: 0).perform_async('once')
        """)
        self.start_workers()
        self.wait_for("ZCARD", "retry", answer=1)
        self.wait_for("ZCARD", "dead", answer=1)
        seen = self.ask("""
            job = Sidekiq::RetrySet.new.first
            Sidekiq::RetrySet.new.kill_all
            [job['error_message'], job['retry_count'], job.at > Time.now + 3000]
        """)
        self.assertEqual(seen, ["later again", 0, True])
        dead = self.ask("Sidekiq::DeadSet.new.map { |job| job.args[0] }")
        self.assertEqual(dead, ["later again", "once"])
        self.assertEqual(self.ask("[Sidekiq::DeadSet.new.clear, Sidekiq::DeadSet.new.size][1]"), 0)

    @needs(*SETS, "SCRIPT", "EVALSHA")
    def test_jobs_that_are_due_are_done_by_themselves(self):
        self.ask("Note.perform_in(1, 'later')")
        self.start_workers()
        self.wait_for("LRANGE", "notes", "0", "-1", answer=[b"later"])


if __name__ == "__main__":
    sys.exit(case_report.run_tests("sidekiq_test"))
