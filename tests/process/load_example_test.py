"""scripts/load-example, over package lists of the test's own: every package arrives as it is
listed, and nothing is answered with an error."""

import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import unittest

from server_process import ServerProcess, base_seed, free_port

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

SCRIPT = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts" / "load-example"
PACKAGES = 4000
# The field of a hash, and the line of a record that it comes from.
FIELDS = {"version": "Version", "section": "Section", "size": "Size",
          "installed_kib": "Installed-Size", "maintainer": "Maintainer", "homepage": "Homepage",
          "depends": "Depends", "summary": "Description"}
SECTIONS = ("libs", "doc", "net", "contrib/python")


class Package:
    def __init__(self, number: int, source: random.Random):
        self.name = f"package-{number}"
        self.lines = {"Version": f"1:{number}.0-1~deb12u{number % 3}", "Size": str(number * 7),
                      "Maintainer": "Zoë Müller <zoe@example.org>",
                      "Homepage": f"https://example.org/{number}:x?a=\"b\"&c='d'",
                      "Description": f"what it is: {number} $x `y` %s"}
        if number % 10 != 0:
            self.lines["Section"] = SECTIONS[number % len(SECTIONS)]
        if number % 3 == 0:
            self.lines["Depends"] = ", ".join(f"lib{source.randrange(1000)} (>= 1.0)"
                                              for _ in range(source.randrange(1, 200)))

    def record(self) -> str:
        lines = [f"Package: {self.name}", "Architecture: all",
                 *(f"{name}: {value}" for name, value in self.lines.items()),
                 " a line that goes on: with a colon", " .", "Tag: not::loaded"]
        return "\n".join(lines) + "\n\n"

    def hash(self) -> dict[bytes, bytes]:
        return {field.encode(): self.lines[name].encode()
                for field, name in FIELDS.items() if name in self.lines}


class LoadExample(unittest.TestCase):
    def setUp(self):
        if shutil.which("redis-cli") is None:
            self.skipTest("redis-cli is not installed")
        self.server = ServerProcess()
        self.addCleanup(self.server.__exit__)
        source = random.Random(base_seed())
        self.packages = [Package(number, source) for number in range(PACKAGES)]
        self.programs = self.server.root / "bin"
        self.programs.mkdir()
        lists = self.server.root / "lists"
        lists.write_text("".join(package.record() for package in self.packages), encoding="utf-8")
        fake = self.programs / "apt-cache"
        fake.write_text(f'#!/bin/sh\n[ "$*" = dumpavail ] && exec cat "{lists}"\nexit 1\n')
        fake.chmod(0o755)

    def run_script(self, port: int, least: int = PACKAGES) -> tuple[int, str]:
        environment = {**os.environ, "PATH": f"{self.programs}:{os.environ['PATH']}",
                       "CORDWOOD_EXAMPLE_PACKAGES": str(least)}
        done = subprocess.run([SCRIPT, "-p", str(port)], env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=240, check=False)
        return done.returncode, done.stdout + done.stderr

    def test_all_packages_arrive_and_none_is_an_error(self):
        self.server.start()
        sections = {package.lines["Section"] for package in self.packages
                    if "Section" in package.lines}
        keys = PACKAGES + len(sections)
        for _ in range(2):  # loading it again changes nothing
            status, output = self.run_script(self.server.port)
            self.assertEqual(status, 0, output)
            self.assertIn(f"{PACKAGES} of {PACKAGES} packages", output)
            self.assertEqual(re.findall(r"errors: .*", output), [f"errors: 0, replies: {keys}"])
            with self.server.connect() as connection:
                self.assertEqual(connection.call("DBSIZE"), keys)
                for package in self.packages:
                    words = connection.call("HGETALL", f"pkg:{package.name}")
                    self.assertEqual(dict(zip(words[::2], words[1::2])), package.hash())
                for section in sections:
                    count = sum(package.lines.get("Section") == section
                                for package in self.packages)
                    self.assertEqual(connection.call("GET", f"section:{section}"), b"%d" % count)

    def test_lists_that_are_nearly_empty_are_not_loaded(self):
        self.server.start()
        status, output = self.run_script(self.server.port, PACKAGES + 1)
        self.assertEqual(status, 1, output)
        self.assertIn(f"apt knows {PACKAGES} packages, and this wants {PACKAGES + 1}", output)
        self.assertIn("apt-get update", output)
        with self.server.connect() as connection:
            self.assertEqual(connection.call("DBSIZE"), 0)

    def test_without_a_server_it_says_how_to_start_one(self):
        status, output = self.run_script(free_port())
        self.assertEqual(status, 1, output)
        self.assertIn("./scripts/run", output)


if __name__ == "__main__":
    sys.exit(case_report.run_tests("load_example_test"))
