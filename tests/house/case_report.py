"""Leaves the outcome of cases where the test runner collects them: in the directory that
GTEST_OUTPUT names (as `xml:DIR/`), in the format that googletest uses."""

import os
import pathlib
import sys
import unittest
from xml.sax.saxutils import quoteattr


def text(program: str, failures: dict[str, list[str]], skipped: dict[str, str]) -> str:
    """`failures` maps each case to what went wrong in it, an empty list if nothing did; `skipped`
    the cases that did not run, or not all of them, to the reason."""
    lines = ["<testsuites>", f"<testsuite name={quoteattr(program)}>"]
    for case, messages in failures.items():
        lines.append(f"<testcase classname={quoteattr(program)} name={quoteattr(case)}>")
        lines.extend(f"<failure message={quoteattr(message)}/>" for message in messages)
        if case in skipped:
            lines.append(f"<skipped message={quoteattr(skipped[case])}/>")
        lines.append("</testcase>")
    lines.extend(["</testsuite>", "</testsuites>"])
    return "\n".join(lines)


def write(program: str, failures: dict[str, list[str]], skipped: dict[str, str]) -> None:
    kind, _, directory = os.environ.get("GTEST_OUTPUT", "").partition(":")
    if kind == "xml" and directory.endswith("/"):
        path = pathlib.Path(directory) / f"{program}.xml"
        path.write_text(text(program, failures, skipped), encoding="utf-8")


class _Result(unittest.TextTestResult):
    """Remembers every case, also those that passed and those that were skipped."""

    def __init__(self, *args):
        super().__init__(*args)
        self.cases = []

    def startTest(self, test):
        super().startTest(test)
        self.cases.append(test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        # One that was skipped for its whole class or module was never started.
        if _case_of(test) not in self.cases:
            self.cases.append(test)

    def failures_by_case(self) -> dict[str, list[str]]:
        bad = self.failures + self.errors
        return {_name(case): [message for test, message in bad if _case_of(test) is case]
                for case in self.cases}

    def reasons_to_skip(self) -> dict[str, str]:
        return {_name(_case_of(test)): reason for test, reason in self.skipped}


def _case_of(test):
    """The case that a subtest belongs to, or the case itself."""
    return getattr(test, "test_case", test)


def _name(case) -> str:
    return case.id().replace("__main__.", "", 1)


def run(module) -> _Result:
    """Runs the unit tests of a module."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    return unittest.TextTestRunner(resultclass=_Result).run(suite)


def run_tests(program: str) -> int:
    """Runs the unit tests of the main module and reports them. Returns the exit code."""
    result = run(sys.modules["__main__"])
    for name, reason in result.reasons_to_skip().items():
        print(f"skipped: {name}: {reason}")
    write(program, result.failures_by_case(), result.reasons_to_skip())
    return 0 if result.wasSuccessful() else 1
