"""Counts the test cases of a run: count_cases.py RESULTS

RESULTS holds ctest.junit, with an entry for each test program, and the files <program>.xml in
which the programs list their cases. A program without such a file is one case. A program that
failed although none of its listed cases did (it crashed, or ran out of time) is one failed case.

The last line printed is `N passed, N failed`, and `, N skipped` behind it if some were. Fails if a
case failed or none passed.
"""

import collections
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def listed_cases(path):
    """[(name, outcome)], empty when the program did not get as far as writing the file."""
    try:
        cases = ElementTree.parse(path).iter("testcase")
    except (OSError, ElementTree.ParseError):
        return []
    return [(case_name(case), case_outcome(case)) for case in cases]


def case_name(case):
    """With the reason, if it was skipped for one; googletest says it in the last line."""
    skipped = case.find("skipped")
    reason = "" if skipped is None else skipped.get("message", "").strip()
    name = f"{case.get('classname')}.{case.get('name')}"
    return f"{name}: {reason.splitlines()[-1]}" if reason else name


def case_outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") == "notrun":
        return "skipped"
    return "passed"


def program_outcome(entry):
    return {"run": "passed", "disabled": "skipped"}.get(entry.get("status"), "failed")


def outcomes(results):
    """[(name, outcome)] of all cases of a run."""
    cases = []
    for program in ElementTree.parse(results / "ctest.junit").iter("testcase"):
        name, outcome = program.get("name"), program_outcome(program)
        listed = listed_cases(results / f"{name}.xml")
        explained = any(of_case == "failed" for _, of_case in listed)
        if not listed:
            cases.append((name, outcome))
        elif outcome == "failed" and not explained:
            cases.append((f"{name} (outside its cases)", outcome))
        cases.extend(listed)
    return cases


def main(arguments):
    cases = outcomes(pathlib.Path(arguments[0]))
    for kind in ("skipped", "failed"):
        for name, outcome in cases:
            if outcome == kind:
                print(f"{kind}: {name}")
    counts = collections.Counter(outcome for _, outcome in cases)
    skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    print(f"{counts['passed']} passed, {counts['failed']} failed{skipped}")
    return 0 if counts["passed"] and not counts["failed"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
