"""A control group with a limit of memory, version 1 or 2, for one test: made, entered by a process,
removed. Where the system does not allow that there is none."""

import contextlib
import os
import pathlib
import time

_ROOT = pathlib.Path("/sys/fs/cgroup")
_PREFIX = "cordwood-test-"


def _own_groups() -> dict[str, str]:
    """By controllers ("" for version 2): the group that this process is in."""
    lines = pathlib.Path("/proc/self/cgroup").read_text().splitlines()
    return {controllers: path for _, controllers, path in (line.split(":", 2) for line in lines)}


def _candidates():
    """Directories in which a group may be made, and the name of the file with its limit."""
    for controllers, path in _own_groups().items():
        if "memory" in controllers.split(","):
            for parent in (_ROOT / "memory" / path.lstrip("/"), _ROOT / "memory"):
                yield parent, "memory.limit_in_bytes"
        elif not controllers:
            # A group with processes in it may have none below it, but for the root.
            for parent in ((_ROOT / path.lstrip("/")).parent, _ROOT):
                yield parent, "memory.max"


class MemoryGroup:
    """Removed on the way out, when nobody is in it any more."""

    def __init__(self, path: pathlib.Path):
        self.path = path

    @classmethod
    def make(cls, limit_bytes: int) -> "MemoryGroup | None":
        try:
            for parent, file in _candidates():
                if group := cls._make_in(parent, file, limit_bytes):
                    return group
        except OSError:
            pass
        return None

    @classmethod
    def _make_in(cls, parent: pathlib.Path, file: str, limit_bytes: int) -> "MemoryGroup | None":
        path = parent / f"{_PREFIX}{os.getpid()}"
        try:
            cls._remove_leftovers(parent)
            path.mkdir()
        except OSError:
            return None
        group = cls(path)
        try:
            (path / file).write_text(str(limit_bytes))
            return group
        except OSError:
            group.remove()
            return None

    @staticmethod
    def _remove_leftovers(parent: pathlib.Path) -> None:
        """Of tests that were killed: their servers died with them."""
        for path in parent.glob(_PREFIX + "*"):
            if not pathlib.Path("/proc", path.name.removeprefix(_PREFIX)).exists():
                with contextlib.suppress(OSError):
                    path.rmdir()

    def enter(self, pid: int) -> None:
        (self.path / "cgroup.procs").write_text(str(pid))

    def remove(self) -> None:
        for _ in range(200):
            try:
                self.path.rmdir()
                return
            except OSError:  # the process that was killed is not gone yet
                time.sleep(0.05)
        raise AssertionError(f"{self.path} cannot be removed")
