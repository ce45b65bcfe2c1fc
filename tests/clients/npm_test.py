"""Libraries that come from npm alone: the client-side cache of node-redis 5 (client_cache.js), and
socket.io on several servers (socket_io.js)."""

import json
import os
import shutil
import sys
import unittest

from served import HERE, Served, needs

import case_report

KEYS = 50
MESSAGES = 300
MODULES = os.environ.get("CORDWOOD_NPM", str(HERE.parent.parent / "build" / "npm" / "node_modules"))


class Npm(Served):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("node") or not os.path.exists(f"{MODULES}/@socket.io/redis-adapter"):
            raise unittest.SkipTest("libraries of npm not installed: tests/clients/README.md")
        super().setUpClass()

    def run_script(self, *arguments) -> dict:
        """What it printed."""
        program = self.start_program("node", *map(str, arguments), NODE_PATH=MODULES)
        self.assertEqual(program.wait(), 0, program.output())
        return json.loads(program.output())

    @needs("client|tracking")
    def test_client_side_cache(self):
        seen = self.run_script("client_cache.js", self.server.port, KEYS)
        self.assertEqual(seen, {"gets": KEYS, "renewed": KEYS, "before": "soon", "expired": True,
                                "flushed": True})

    def check_socket_io(self, *more):
        seen = self.run_script("socket_io.js", self.server.port, MESSAGES, *more)
        self.assertEqual(seen, {"in_order": True, "heard": MESSAGES, "not_in_the_room": 0,
                                "sockets": 2, "answers": [MESSAGES]})

    @needs("publish", "psubscribe", "pubsub|numsub")
    def test_socket_io_adapter(self):
        self.check_socket_io()

    @needs("spublish", "ssubscribe")
    def test_socket_io_sharded_adapter(self):
        self.check_socket_io("sharded")


if __name__ == "__main__":
    sys.exit(case_report.run_tests("npm_test"))
