"""scripts/count_cases.py counts what happened, and never makes a run look better than it was."""

import contextlib
import io
import pathlib
import sys
import tempfile
import types
import unittest

import case_report

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "scripts"))
import count_cases  # noqa: E402  (found through the path above)

PASSED = '<testcase classname="A" name="P" status="run" result="completed"/>'
FAILED = '<testcase classname="A" name="F" status="run"><failure message="no"/></testcase>'
SKIPPED = '<testcase classname="A" name="S" status="run" result="skipped"><skipped/></testcase>'
DISABLED = '<testcase classname="A" name="D" status="notrun" result="suppressed"/>'


class CountCases(unittest.TestCase):
    def expect(self, last_line, code, programs, files):
        """`programs`: the status of each for the runner; `files`: the cases that they listed."""
        with tempfile.TemporaryDirectory() as folder:
            results = pathlib.Path(folder)
            entries = [f'<testcase name="{n}" status="{s}"/>' for n, s in programs.items()]
            (results / "ctest.junit").write_text(f"<testsuite>{''.join(entries)}</testsuite>")
            for name, cases in files.items():
                (results / f"{name}.xml").write_text(f"<testsuites>{cases}</testsuites>")
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                self.assertEqual(count_cases.main([folder]), code)
            lines = output.getvalue().splitlines()
            self.assertEqual(lines[-1], last_line)
            return lines

    def test_cases_are_counted_over_all_programs(self):
        self.expect("3 passed, 0 failed", 0, {"a": "run", "b": "run"},
                    {"a": PASSED + PASSED, "b": PASSED})

    def test_a_failed_case_fails_the_run(self):
        self.expect("1 passed, 1 failed", 1, {"a": "fail"}, {"a": PASSED + FAILED})

    def test_skipped_and_disabled_cases_are_neither(self):
        self.expect("1 passed, 0 failed, 2 skipped", 0, {"a": "run"},
                    {"a": PASSED + SKIPPED + DISABLED})

    def test_the_reason_of_a_skipped_case_is_said(self):
        lines = self.expect("1 passed, 0 failed, 1 skipped", 0, {"a": "run"}, {
            "a": PASSED + SKIPPED.replace("<skipped/>", '<skipped message="a.cc:1&#xA;no disk"/>')})
        self.assertIn("skipped: A.S: no disk", lines)

    def test_a_run_that_skips_everything_fails(self):
        self.expect("0 passed, 0 failed, 1 skipped", 1, {"a": "run"}, {"a": SKIPPED})

    def test_a_program_without_a_list_is_one_case(self):
        self.expect("1 passed, 0 failed", 0, {"a": "run"}, {})

    def test_a_crash_is_a_failed_case(self):
        self.expect("0 passed, 1 failed", 1, {"a": "fail"}, {})
        self.expect("0 passed, 1 failed", 1, {"a": "fail"}, {"a": PASSED + "<testcase"})

    def test_a_failure_after_the_cases_is_a_failed_case(self):
        self.expect("1 passed, 1 failed", 1, {"a": "fail"}, {"a": PASSED})

    def test_a_program_that_did_not_run_is_a_failed_case(self):
        self.expect("1 passed, 1 failed", 1, {"a": "run", "b": "notrun"}, {"a": PASSED})

    def test_a_run_without_cases_fails(self):
        self.expect("0 passed, 0 failed", 1, {}, {})


class Example(unittest.TestCase):
    """Cases of every outcome, for the report of them; not run by itself."""

    def passes(self):
        pass

    def fails(self):
        self.fail("no")

    def skips(self):
        self.skipTest("not <here>")

    def skips_a_part(self):
        with self.subTest("part"):
            self.skipTest("that part")


class ExampleWithoutItsNeeds(Example):
    @classmethod
    def setUpClass(cls):
        raise unittest.SkipTest("none of it here")


class CaseReport(unittest.TestCase):
    def counted(self, *names, of=Example):
        """What is counted of a program with these cases."""
        module = types.ModuleType("example")
        module.load_tests = lambda *_: unittest.TestSuite(of(name) for name in names)
        with contextlib.redirect_stderr(io.StringIO()):
            result = case_report.run(module)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "example.xml"
            path.write_text(case_report.text("example", result.failures_by_case(),
                                             result.reasons_to_skip()))
            return [outcome for _, outcome in count_cases.listed_cases(path)]

    def test_each_outcome_is_told_from_the_others(self):
        self.assertEqual(self.counted("passes", "fails", "skips"), ["passed", "failed", "skipped"])

    def test_a_case_that_skipped_a_part_is_skipped(self):
        self.assertEqual(self.counted("skips_a_part"), ["skipped"])

    def test_a_class_that_is_skipped_as_a_whole_is_one_skipped_case(self):
        self.assertEqual(self.counted("passes", "fails", of=ExampleWithoutItsNeeds), ["skipped"])


if __name__ == "__main__":
    sys.exit(case_report.run_tests("count_cases_test"))
