"""How soon a server is ready again after a kill, when a large memtable was in the log only: within
a second, and one more for a million records."""

import os
import sys
import unittest

from server_process import ServerProcess, full_run, patience, sanitized

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "house"))
import case_report  # noqa: E402  (found through the path above)

# A memtable that holds all of the records, so that none is in a table.
OPTIONS = ("--memtable-size", "256mb", "--maxmemory", "4gb")
RECORDS = 2_000_000 if full_run() else 100_000 if sanitized() else 1_000_000
RECORDS_IN_A_PIPELINE = 10_000
# The strict limit is for a machine that does nothing else.
TOLERANCE = 1 if full_run() else 3
# The fastest counts: whatever else the machine does only adds to it.
STARTS = 3


def requests(first: int, count: int) -> bytes:
    return b"".join(b"*3\r\n$3\r\nSET\r\n$12\r\nkey:%08d\r\n$8\r\n%08d\r\n" % (number, number)
                    for number in range(first, first + count))


class Readiness(unittest.TestCase):
    def write(self, server: ServerProcess) -> None:
        answer = b"+OK\r\n" * RECORDS_IN_A_PIPELINE
        with server.connect(timeout=240) as connection:
            for first in range(0, RECORDS, RECORDS_IN_A_PIPELINE):
                connection.send(requests(first, RECORDS_IN_A_PIPELINE))
                self.assertEqual(connection.read_bytes(len(answer)), answer)

    def test_a_large_log_is_replayed_in_time(self):
        with ServerProcess(*OPTIONS) as server:
            server.start()
            self.write(server)
            fastest = float("inf")
            for _ in range(STARTS):
                server.kill()
                server.start()
                fastest = min(fastest, server.ready_seconds)
                info = server.info()
                self.assertEqual((info["table_bytes"], info["flushes"]), ("0", "0"))
                self.assertGreaterEqual(int(info["newest_seq"]), RECORDS)
                cpu = float(info["used_cpu_user"]) + float(info["used_cpu_sys"])
                print(f"{RECORDS} records in {info['recovery_replayed_groups']} groups: ready "
                      f"after {server.ready_seconds:.2f} s, {cpu:.2f} s of processor time")
            self.assertLess(fastest, patience(TOLERANCE * (1 + RECORDS / 1_000_000)))
            with server.connect() as connection:
                self.assertEqual(connection.call("DBSIZE"), RECORDS)
                last = RECORDS - 1
                self.assertEqual(connection.call("GET", f"key:{last:08}"), b"%08d" % last)


if __name__ == "__main__":
    sys.exit(case_report.run_tests("readiness_test"))
