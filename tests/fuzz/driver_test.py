"""The driver of the fuzz targets finds planted mistakes, and says how to see them again."""

import os
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

CANARY = os.environ["CORDWOOD_CANARY"]
CRASH = pathlib.Path(CANARY + ".crash")
# A sanitizer maps terabytes, so that nothing limits what an input takes.
SANITIZED = os.environ.get("CORDWOOD_SANITIZE", "") != ""


def run(fatal_word: str, *arguments, **environment) -> subprocess.CompletedProcess:
    inherited = {name: value for name, value in os.environ.items()
                 if name not in ("CORDWOOD_SEED", "CORDWOOD_FULL")}
    return subprocess.run(
        [CANARY, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False,
        env={**inherited, "CORDWOOD_TEST_SECONDS": "0", "CANARY": fatal_word, **environment})


class DriverTest(unittest.TestCase):
    def failing_seed(self, done: subprocess.CompletedProcess, how: str) -> str:
        """The seed that the output names, whose input lies in the file that it names."""
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, rf"canary_fuzz: the input of seed \d+ {how}\n")
        self.assertIn(f"bytes: {CRASH}\n", done.stderr)
        return re.search(r"again: CORDWOOD_SEED=(\d+) ", done.stderr).group(1)

    def test_without_a_mistake_it_runs_the_least_number_of_inputs(self):
        done = run("")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"\b20000 from 1 on in .*in a full run 2000000\n")
        self.assertFalse(CRASH.exists())

    def test_a_broken_invariant_is_found_and_can_be_seen_again(self):
        done = run("abort")
        self.assertIn('broken invariant: word != "abort"', done.stderr)
        seed = self.failing_seed(done, "ended by signal 6")
        self.assertIn(b"abort", CRASH.read_bytes())
        alone = run("abort", CORDWOOD_SEED=seed)
        self.assertEqual(self.failing_seed(alone, "ended by signal 6"), seed)
        self.assertLess(run("abort", CRASH).returncode, 0)
        self.assertEqual(run("", CRASH).returncode, 0)
        # The file of a failure that is no more is gone with the next run.
        self.assertEqual(run("").returncode, 0)
        self.assertFalse(CRASH.exists())

    def test_a_loop_without_an_end_is_found(self):
        done = run("hang", CORDWOOD_INPUT_SECONDS="1")
        self.failing_seed(done, "took longer than 1 s")
        self.assertIn(b"hang", CRASH.read_bytes())

    def test_a_target_that_exits_has_not_passed(self):
        self.failing_seed(run("exit"), "ended with status 0")

    @unittest.skipIf(SANITIZED, "memory has no limit under a sanitizer")
    def test_memory_without_a_bound_is_found(self):
        self.failing_seed(run("memory"), "ended by signal 6")

    def test_a_file_that_cannot_be_read_is_an_error(self):
        self.assertEqual(run("", CRASH.with_name("no-such-file")).returncode, 2)


if __name__ == "__main__":
    sys.exit(case_report.run_tests("fuzz_driver_test"))
