"""Leaves the outcome of cases where the test runner collects them: in the directory that
GTEST_OUTPUT names (as `xml:DIR/`), in the format that googletest uses."""

import os
import pathlib
import sys
import unittest
from xml.sax.saxutils import quoteattr


def write(program: str, failures: dict[str, list[str]]) -> None:
    """`failures` maps each case to what went wrong in it, an empty list if nothing did."""
    kind, _, directory = os.environ.get("GTEST_OUTPUT", "").partition(":")
    if kind != "xml" or not directory.endswith("/"):
        return
    lines = ["<testsuites>", f"<testsuite name={quoteattr(program)}>"]
    for case, messages in failures.items():
        lines.append(f"<testcase classname={quoteattr(program)} name={quoteattr(case)}>")
        lines.extend(f"<failure message={quoteattr(message)}/>" for message in messages)
        lines.append("</testcase>")
    lines.extend(["</testsuite>", "</testsuites>"])
    path = pathlib.Path(directory) / f"{program}.xml"
    path.write_text("\n".join(lines), encoding="utf-8")


class _Result(unittest.TextTestResult):
    """Remembers every case, also those that passed."""

    def __init__(self, *args):
        super().__init__(*args)
        self.cases = []

    def startTest(self, test):
        super().startTest(test)
        self.cases.append(test)

    def messages(self, case):
        return [text for bad, text in self.failures + self.errors
                if getattr(bad, "test_case", bad) is case]


def run_tests(program: str) -> int:
    """Runs the unit tests of the main module and reports them. Returns the exit code."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = unittest.TextTestRunner(resultclass=_Result).run(suite)
    name_at = len("__main__.")
    write(program, {case.id()[name_at:]: result.messages(case) for case in result.cases})
    return 0 if result.wasSuccessful() else 1
