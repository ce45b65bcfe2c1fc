"""Queues on node-redis (queues.js)."""

import json
import os
import shutil
import sys
import unittest

from served import Served

import case_report

JOBS = 500
WORKERS = 4
MODULES = "/usr/share/nodejs"  # Debian's; a node from elsewhere does not look there


class Node(Served):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("node") or not os.path.exists(f"{MODULES}/redis"):
            raise unittest.SkipTest("nodejs, node-redis not installed: scripts/install clients")
        super().setUpClass()

    def test_queues_of_workers_that_wait(self):
        program = self.start_program("node", "queues.js", str(self.server.port), str(JOBS),
                                     str(WORKERS), NODE_PATH=MODULES)
        self.assertEqual(program.wait(), 0, program.output())
        seen = json.loads(program.output())
        self.assertCountEqual(seen.pop("done"), [f"job:{number}" for number in range(JOBS)])
        self.assertEqual(seen, {
            "left": 0, "popped": {"key": "results", "element": "a"}, "pushed": [1, 2],
            "none": None, "members": 1000, "drawn": 10, "rest": 990})
        self.assert_no_error()


if __name__ == "__main__":
    sys.exit(case_report.run_tests("node_test"))
