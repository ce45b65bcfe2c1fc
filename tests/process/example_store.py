"""A store with every type of file and known contents, made by a server that then stops or is
killed."""

import pathlib
import random
import re

import store_files
from server_process import SMALL_STORE, ServerProcess, base_seed, wait_until

KEYS_IN_TABLES = 3000
KEYS_IN_THE_LOG = 40
FIELDS = 300


class Example:
    """The store, and what is in it."""

    def __init__(self, root: pathlib.Path, *, killed: bool):
        self.random = random.Random(base_seed())
        self.strings = {}
        self.hash = {b"f%d" % n: self.random.randbytes(30) for n in range(FIELDS)}
        self.directory = root / ("killed" if killed else "stopped")
        with ServerProcess(*SMALL_STORE, directory=self.directory) as server:
            server.start()
            with server.connect() as connection:
                self._fill(connection, server)
            if killed:
                server.kill()
            else:
                server.stop()

    def _fill(self, connection, server) -> None:
        pairs = [word for pair in self.hash.items() for word in pair]
        assert connection.call("HSET", "hash", *pairs) == FIELDS
        self._set(connection, 0, KEYS_IN_TABLES)
        assert connection.call("COMPACT") == "OK"
        while "everything is compacted" not in server.log():
            assert server.running()
            connection.call("PING")
        wait_for_the_tables(server)
        # What follows is in the log only, and fits into the memtable.
        self._set(connection, KEYS_IN_TABLES, KEYS_IN_THE_LOG)
        # A group of its own, which tells that those before were synced: after a kill nothing else
        # may.
        self._set(connection, KEYS_IN_TABLES + KEYS_IN_THE_LOG, 1)

    def _set(self, connection, first: int, count: int) -> None:
        new = {b"key:%05d" % n: self.random.randbytes(300) for n in range(first, first + count)}
        replies = connection.call_all(("SET", *pair) for pair in new.items())
        assert replies.count("OK") == count
        self.strings |= new

    def copy(self, target: pathlib.Path) -> pathlib.Path:
        return store_files.copy(self.directory, target)


def wait_for_the_tables(server: ServerProcess) -> None:
    """Until every table file is listed: the next start removes those that are not."""

    def all_are_listed() -> bool:
        info = server.info("cordwood")
        listed = sum(int(count) for level, text in info.items() if level.startswith("level")
                     for count in re.findall(r"files=(\d+)", text))
        files = len(store_files.files(server.directory, "*.sst"))
        return info["memtables_waiting"] == "0" and listed == files > 0

    wait_until(all_are_listed, "there are tables that are not listed")
