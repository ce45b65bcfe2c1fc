"""The house rules, as a test: house_rules.py [ROOT]

Prints one line for each offence, `path:line: rule: message`, and fails if there is one. The
tables come first; whoever needs an exception adds a row there, with its reason.
"""

import ast
import os
import pathlib
import re
import sys
from typing import Iterable, Iterator, NamedTuple

import case_report
import cpp_text

# --- tables --------------------------------------------------------------------------------

# Which folders a folder may include, besides itself. The order is strict: nothing climbs. bench/
# may include all of them; tests/x/ what x/ may, and x/; tests of no single folder all of them.
LAYERS = {
    "base": [],
    "storage": ["base"],
    "keyspace": ["storage", "base"],
    "protocol": ["base"],
    "config": ["base"],
    "commands": ["keyspace", "storage", "protocol", "config", "base"],
    "pipeline": ["commands", "keyspace", "storage", "protocol", "config", "base"],
    "server": ["pipeline", "commands", "keyspace", "storage", "protocol", "config", "base"],
}

# Each library outside the standard one has a home; tests of the home may include it too.
THIRD_PARTY = [
    (r"asio(\.hpp|/)", ["server"]),
    (r"openssl/", ["server"]),
    (r"CLI/", ["config"]),
    (r"(lz4\w*|zstd\w*|liburing)\.h$", ["storage"]),
    (r"xxhash\.h$", ["base"]),
    (r"(rocksdb|leveldb)/", ["bench"]),  # engines that ours is measured beside
    (r"(spdlog|fmt)/", ["base"]),
    (r"(gtest|hiredis)/", ["tests"]),
    (r"(lua|lauxlib|lualib)\w*\.(h|hpp)$", ["scripting"]),
    # Sanitizers and processor intrinsics come with the compiler.
    (r"sanitizer/", ["base", "storage", "tests"]),
    (r"(\w*intrin|arm_neon|cpuid)\.h$", ["base", "storage"]),
]
SYSTEM_HEADER = r"(sys|net|netinet|arpa|linux)/|[a-z_0-9]+\.h$"
SYSTEM_HOMES = ["base", "server", "tests", "bench"]
THREAD_HEADER = (
    r"(thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|stop_token)$"
)
WITHOUT_THREADS = ["protocol", "pipeline"]

# The types whose lifetime is truly shared.
SHARED_TYPES = {
    "Memtable": "readers and the flush of it hold one while the version that lists it is gone",
    "SortedArray": "the versions before and after a sort share those that it left alone",
    "Tree": "readers pin the version that they read",
    "TableFile": "every version that lists one holds it; the last one closes it",
    "FileDescriptor": "of a directory that is held: calls under way keep it while its lock ends",
    "Table": "merges and fetches hold one that may be closed for others meanwhile",
    "TableSummary": "the manifest's state, the file and the open table live on different terms",
    "RunContents": "every tree that has the run unchanged shares it with the one before",
    "File": "a read goes on while its descriptor leaves the cache",
    "Connection": "its pending socket operations keep it alive",
    "FetchedBlocks": "a std::function carries them across threads, and must be copyable",
    "FetchJob": "a std::function carries it from task to task, and must be copyable",
    "bool": "as a token: a posted callback asks whether its target is still there",
}

LINES_PER_FILE = 500
LINES_PER_TEST_FILE = 800
LINES_PER_FUNCTION = 70
COLUMNS = 100
BYTES_PER_FILE = 500_000


class Ban(NamedTuple):
    rule: str
    pattern: str
    message: str
    allowed: str = r"$^"  # paths
    applies: str = r"\.(h|cc)$"  # paths
    raw: bool = False  # look into comments and literals too


_REAL_ENV = r"^base/(posix_|task_lane)"
_SYSTEM_CALL = (
    # Names that nothing else has.
    r"(?<![\w.>:~])(?:std::|::)?(?:fopen|openat|preadv?|pwritev?|readv|writev|fsync|fdatasync"
    r"|sync_file_range|rename|renameat|unlink|mkdir|rmdir|ftruncate|(?:posix_)?fallocate|mmap"
    r"|munmap|flock|opendir)\s*\((?!\s*\))"
    # Names that a function of ours might have.
    r"|(?<![\w>])::(?:open|close|read|write|truncate|stat)\s*\("
)

BANS = [
    Ban("storage-words", r"(?i)redis|resp[23]", "storage knows nothing of the protocol above it",
        applies=r"^storage/", raw=True),
    Ban("sleep", r"\b(sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(",
        "wait for an event; background tasks have Env::SleepForMs",
        allowed=_REAL_ENV + r"|^tests/support/eventually\."),
    Ban("mock", r"\bMOCK_METHOD|\bgmock\b", "write a working fake", raw=True),
    Ban("random", r"\b(s?rand|d?rand48)\s*\(|\brandom_device\b",
        "take a seed from Env, and print it", allowed=_REAL_ENV),
    Ban("clock", r"\b(system|steady|high_resolution)_clock\b|\bclock_gettime\b|\bgettimeofday\b"
        r"|\btime\s*\(\s*(nullptr|NULL|0)\s*\)",
        "read the clock through Env", allowed=_REAL_ENV + r"|^tests/support/|^bench/"),
    Ban("mutex", r"\bstd::(mutex|condition_variable|scoped_lock|lock_guard|unique_lock)\b",
        "lock with base/mutex.h, which the compiler follows", allowed=r"^base/mutex\.h$|^tests/"),
    Ban("system-call", _SYSTEM_CALL, "files and directories are reached through Env",
        # A stack is mapped memory.
        allowed=_REAL_ENV + r"|^base/fiber\.cc$|^(server|tests|bench)/"),
    Ban("file-stream", r"\bstd::([io]?fstream|filesystem)\b|#\s*include\s*<(fstream|filesystem)>",
        "files and directories are reached through Env", allowed=r"^(server|tests|bench)/"),
    Ban("thread", r"\bstd::(j?thread\b(?!::)|async\b)|\bpthread_create\b",
        "background work goes through Env::Schedule", allowed=r"^(base|server|tests|bench)/"),
    Ban("throw", r"\bthrow\b", "errors are values"),
    Ban("catch", r"\bcatch\s*\(", "only main and a thread's entry catch",
        # CLI11 reports by throwing.
        allowed=r"^server/|^config/command_line\.cc$"),
    Ban("using-namespace", r"\busing\s+namespace\b", "not in a header", applies=r"\.h$"),
    Ban("left-behind", r"\b(FIX[M]E|TO[D]O|XX[X]:)", "finish it, or open an issue",
        applies=r"\.(h|cc|py|cmake|txt)$|^scripts/", raw=True),
    Ban("disabled-test", r"\bDISABLED_\w", "a test stays in the run", applies=r"^tests/.*\.cc$"),
    Ban("glob", r"(?i)\bfile\s*\(\s*GLOB", "list the sources: what lies about is no part of them",
        applies=r"(^|/)CMakeLists\.txt$|\.cmake$"),
    Ban("suppression",
        r"NOLINT(?!(NEXTLINE|BEGIN|END)?\([\w.,-]+\))(?!\w)|NOLINT\w*\([\w.,-]+\)\s*$",
        "name the check and say why: NOLINT(check): reason", raw=True),
    Ban("relative-include", r'#\s*include\s*"\.', "includes start at the repository's root",
        raw=True),
    Ban("merge-marker", r"^(<{7}|>{7}|\|{7})( |$)", "a merge was not finished", applies=r"",
        raw=True),
    Ban("origin", r"\bA[I]\b|\bLL[M]s?\b|(?i:language mode[l])|(?i:co-author[e]d-by)"
        r"|/wor[k]/(main|shared)\b|/tm[p]/cw\b",
        "say what the thing is, not how or where it was made", applies=r"", raw=True),
    Ban("name", r"\A", "a name says what is inside",
        applies=r"(^|/)(utils?|helpers?|misc)(/|\.)", raw=True),
]

# --- the tree ------------------------------------------------------------------------------

_SKIPPED_FOLDERS = re.compile(r"^(\.git|\.cache|build.*|data|__pycache__)$")
_CPP = (".h", ".cc")


class Offence(NamedTuple):
    path: str
    line: int
    rule: str
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.message}"


class Source:
    """A file of the tree. `code` is its text without comments and literals."""

    def __init__(self, root: pathlib.Path, path: str):
        self.path = path
        self.folders = path.split("/")[:-1]
        data = (root / path).read_bytes()
        self.size = len(data)
        self.is_text = b"\0" not in data and self.size <= BYTES_PER_FILE
        self.text = data.decode("utf-8", errors="replace") if self.is_text else ""
        self.is_cpp = path.endswith(_CPP)
        self.code = cpp_text.strip(self.text) if self.is_cpp else self.text
        self.lines = self.text.split("\n")

    def home(self) -> str:
        return self.folders[0] if self.folders else ""

    def includes(self) -> Iterator[tuple[int, bool, str]]:
        """(line, whether in angle brackets, path)"""
        for number, line in enumerate(self.lines, 1):
            if match := re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line):
                yield number, match.group(1) == "<", match.group(2)

    def offence(self, line: int, rule: str, message: str) -> Offence:
        return Offence(self.path, line, rule, message)


def read_tree(root: pathlib.Path) -> list[Source]:
    sources = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not _SKIPPED_FOLDERS.match(f))
        for name in sorted(files):
            path = pathlib.Path(folder) / name
            if path.is_file() and not path.is_symlink() and name != ".git":
                sources.append(Source(root, path.relative_to(root).as_posix()))
    return sources


# --- the rules -----------------------------------------------------------------------------


def _owners(source: Source) -> list[str]:
    """The folder, and for tests the folder that they are about."""
    return source.folders[:2] if source.home() == "tests" else source.folders[:1]


def _may_include(source: Source, folder: str) -> bool:
    home = source.home()
    if home == "bench":
        return folder != "tests"
    if home == "tests":
        about = source.folders[1] if len(source.folders) > 1 else ""
        return about not in LAYERS or folder in ("tests", about, *LAYERS[about])
    return folder == home or folder in LAYERS[home]


def check_layers(tree: list[Source]) -> Iterator[Offence]:
    known = {*LAYERS, "tests", "bench"}
    for source in (s for s in tree if s.is_cpp):
        if source.home() not in known:
            yield source.offence(1, "layer", "this folder has no row in the table of layers")
            continue
        for line, angled, path in source.includes():
            folder = path.split("/")[0]
            if angled and folder in known:
                yield source.offence(line, "layer", f"our own headers stand in quotes: {path}")
            elif angled:
                continue
            elif "/" not in path or folder not in known:
                yield source.offence(line, "layer", f"{path} is no path from the root")
            elif not _may_include(source, folder):
                yield source.offence(line, "layer", f"{source.home()} may not include {folder}")


def check_third_party(tree: list[Source]) -> Iterator[Offence]:
    for source in (s for s in tree if s.is_cpp):
        for line, angled, path in source.includes():
            homes = _homes(path) if angled else None
            if homes is not None and not set(homes) & set(_owners(source)):
                where = " and ".join(homes)
                yield source.offence(line, "third-party", f"<{path}> belongs to {where}")


def _homes(path: str) -> list[str] | None:
    """None for the standard library, which is everybody's, and for our own headers."""
    if path.split("/")[0] in LAYERS:
        return None
    for pattern, homes in THIRD_PARTY:
        if re.match(pattern, path):
            return homes
    if re.match(SYSTEM_HEADER, path):
        return SYSTEM_HOMES
    return None if re.fullmatch(r"[a-z_0-9]+", path) else ["no folder: give it one in the table"]


def check_thread_headers(tree: list[Source]) -> Iterator[Offence]:
    for source in (s for s in tree if s.is_cpp and s.home() in WITHOUT_THREADS):
        for line, angled, path in source.includes():
            if angled and re.match(THREAD_HEADER, path):
                yield source.offence(line, "thread-header", f"{source.home()} knows no threads")


def check_own_header_first(tree: list[Source]) -> Iterator[Offence]:
    paths = {source.path for source in tree}
    for source in tree:
        own = re.sub(r"\.cc$", ".h", source.path)
        if own == source.path or own not in paths:
            continue
        first = next(source.includes(), (1, False, ""))
        if first[2] != own:
            yield source.offence(first[0], "own-header", f'the first include is "{own}"')


def check_headers(tree: list[Source]) -> Iterator[Offence]:
    for source in (s for s in tree if s.path.endswith(".h")):
        filled = [line for line in source.lines if line.strip()]
        if filled[:1] != ["#pragma once"]:
            yield source.offence(1, "header", "the first line is #pragma once")
        elif not filled[1:2] or not filled[1].startswith("//"):
            yield source.offence(2, "header", "a comment says first what this is")


def check_shared_ownership(tree: list[Source]) -> Iterator[Offence]:
    use = re.compile(r"\b(?:shared_ptr|weak_ptr|make_shared|enable_shared_from_this)\b"
                     r"(?:<\s*(?:const\s+)?([\w:]+))?")
    for source in (s for s in tree if s.is_cpp and s.home() not in ("tests", "bench")):
        for number, line in enumerate(source.code.split("\n"), 1):
            for match in use.finditer(line):
                kind = (match.group(1) or "").split("::")[-1]
                if not any(re.fullmatch(known, kind) for known in SHARED_TYPES):
                    yield source.offence(number, "shared-ptr", f"{kind or 'this'} has one owner, "
                                         "or a row with a reason in SHARED_TYPES")


def check_listed_in_cmake(tree: list[Source]) -> Iterator[Offence]:
    lists = {s.path: s.text for s in tree if s.path.endswith("CMakeLists.txt")}
    for source in (s for s in tree if s.path.endswith(".cc")):
        parts = source.path.split("/")
        for depth in range(len(parts) - 1, -1, -1):
            text = lists.get("/".join([*parts[:depth], "CMakeLists.txt"]), "")
            if re.search(rf"(?<![\w./-]){re.escape('/'.join(parts[depth:]))}(?![\w.])", text):
                break
        else:
            yield source.offence(1, "cmake-list", "no CMakeLists.txt lists this source")


def _is_code(source: Source) -> bool:
    return source.is_text and (
        source.path.endswith((".h", ".cc", ".py", ".cmake", "CMakeLists.txt"))
        or source.text.startswith("#!"))


def check_sizes(tree: list[Source]) -> Iterator[Offence]:
    for source in tree:
        if source.size > BYTES_PER_FILE:
            yield source.offence(1, "size", f"{source.size} bytes, at most {BYTES_PER_FILE}")
        if not _is_code(source):
            continue
        count = len(source.text.splitlines())
        limit = LINES_PER_TEST_FILE if source.home() == "tests" else LINES_PER_FILE
        if count > limit:
            yield source.offence(limit, "file-length", f"{count} lines, at most {limit}")
        for number, line in enumerate(source.lines, 1):
            if len(line) > COLUMNS and "://" not in line:
                yield source.offence(number, "columns", f"{len(line)} columns, at most {COLUMNS}")


def _functions(source: Source) -> Iterable[cpp_text.Function]:
    if source.is_cpp:
        return cpp_text.functions(source.code)
    if not source.path.endswith(".py"):
        return []
    return [cpp_text.Function(node.name, node.lineno, node.end_lineno)
            for node in ast.walk(ast.parse(source.text)) if isinstance(node, ast.FunctionDef)]


def check_function_lengths(tree: list[Source]) -> Iterator[Offence]:
    for source in tree:
        for function in _functions(source):
            if function.length > LINES_PER_FUNCTION:
                yield source.offence(
                    function.first_line, "function-length",
                    f"{function.name} has {function.length} lines, at most {LINES_PER_FUNCTION}")


def check_bans(tree: list[Source]) -> Iterator[Offence]:
    for ban in BANS:
        pattern = re.compile(ban.pattern, re.MULTILINE)
        for source in tree:
            if not re.search(ban.applies, source.path) or re.search(ban.allowed, source.path):
                continue
            text = source.text if ban.raw else source.code
            for match in pattern.finditer(text):
                line = text.count("\n", 0, match.start()) + 1
                found = f"{match.group().strip()}: " if match.group().strip() else ""
                yield source.offence(line, ban.rule, found + ban.message)


def check_documents(tree: list[Source]) -> Iterator[Offence]:
    for source in (s for s in tree if s.path.endswith(".md")):
        text = re.sub(r"^(```|~~~).*?^\1", "", source.text, flags=re.MULTILINE | re.DOTALL)
        titles = len(re.findall(r"^# ", text, flags=re.MULTILINE))
        if titles != 1:
            yield source.offence(1, "title", f"{titles} titles (# ...), exactly one expected")


CHECKS = [
    check_layers,
    check_third_party,
    check_thread_headers,
    check_own_header_first,
    check_headers,
    check_shared_ownership,
    check_listed_in_cmake,
    check_sizes,
    check_function_lengths,
    check_bans,
    check_documents,
]


def offences(root: pathlib.Path) -> dict[str, list[Offence]]:
    """By the name of the check that found them."""
    tree = read_tree(root)
    return {check.__name__.removeprefix("check_"): list(check(tree)) for check in CHECKS}


def main() -> int:
    here = pathlib.Path(__file__).resolve().parent
    found = offences(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here.parent.parent)
    for offence in sorted(offence for several in found.values() for offence in several):
        print(offence)
    failures = {name: [str(offence) for offence in some] for name, some in found.items()}
    case_report.write("house_rules", failures, {})
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
