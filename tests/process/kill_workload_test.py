"""The judge of the kill loop tells every kind of loss, and accepts what is allowed."""

import os
import sys
import unittest

from kill_workload import Owner, apply

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

SETS = [(b"SET", b"k%d" % n, b"v%d" % n) for n in range(6)]


def state_after(commands) -> dict:
    state = {}
    for command in commands:
        apply(state, command)
    return state


class KillWorkload(unittest.TestCase):
    def setUp(self):
        """Six commands were sent, two of them acknowledged."""
        self.owner = Owner(0, 1)
        self.owner.sent = len(SETS)
        self.owner.pending.extend(SETS)
        self.owner.acknowledge("OK")
        self.owner.acknowledge("OK")

    def test_every_prefix_with_the_acknowledged_commands_is_accepted(self):
        for length in range(2, 7):
            prefixes = self.owner.explain(state_after(SETS[:length]))
            self.assertEqual(prefixes.lengths, [length - 2])

    def test_a_lost_acknowledged_write_is_told(self):
        for shown in (state_after(SETS[:1]), {}):
            with self.assertRaisesRegex(AssertionError, "2 commands were acknowledged"):
                self.owner.explain(shown)

    def test_a_hole_is_told(self):
        with self.assertRaises(AssertionError):
            self.owner.explain(state_after(SETS[:3] + SETS[4:]))

    def test_what_was_never_sent_is_told(self):
        with self.assertRaises(AssertionError):
            self.owner.explain(state_after(SETS) | {b"stray": b"1"})
        with self.assertRaises(AssertionError):
            self.owner.explain(state_after(SETS) | {b"k1": b"other"})

    def test_half_a_command_is_told(self):
        self.owner.pending.append((b"MSET", b"a", b"1", b"b", b"2"))
        with self.assertRaises(AssertionError):
            self.owner.explain(state_after(SETS) | {b"a": b"1"})

    def test_what_somebody_read_must_be_there(self):
        self.owner.seen_progress = 4
        with self.assertRaisesRegex(AssertionError, "has read"):
            self.owner.explain(state_after(SETS[:3]))
        self.assertEqual(self.owner.explain(state_after(SETS[:4])).lengths, [2])

    def test_a_wrong_reply_is_told(self):
        with self.assertRaisesRegex(AssertionError, "expected 'OK'"):
            self.owner.acknowledge(1)

    def test_commands_without_effect_leave_the_length_open(self):
        self.owner.pending.append((b"INCR", b"shared:0"))
        prefixes = self.owner.explain(state_after(SETS))
        self.assertEqual(prefixes.lengths, [4, 5])
        self.assertEqual(self.owner.increments(4)[b"shared:0"], 0)
        self.assertEqual(self.owner.increments(5)[b"shared:0"], 1)

    def test_a_seed_gives_the_same_commands(self):
        self.assertEqual(Owner(3, 7).next_commands(200), Owner(3, 7).next_commands(200))
        self.assertNotEqual(Owner(3, 7).next_commands(200), Owner(3, 8).next_commands(200))


if __name__ == "__main__":
    sys.exit(case_report.run_tests("kill_workload_test"))
