"""A store's directory from outside: its files, copies of it, its fingerprint, and files as a newer
version would write them (docs/STORAGE_FORMAT.md)."""

import ctypes
import ctypes.util
import hashlib
import pathlib
import re
import shutil
import struct

NEWER_FORMAT = 4

_SECTOR = 4096
_MIX = 0x9E3779B97F4A7C15
_LOW_64_BITS = (1 << 64) - 1
TABLE_FOOTER_BYTES = 80
FRAME_HEADER_BYTES = 80


def files(directory: pathlib.Path, pattern: str) -> list[pathlib.Path]:
    return sorted(directory.glob(pattern))


def fingerprint(directory: pathlib.Path) -> dict[str, str]:
    """Name -> hash of every file; what is none is only there."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            for path in sorted(directory.iterdir())}


def copy(directory: pathlib.Path, target: pathlib.Path) -> pathlib.Path:
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(directory, target)
    return target


def flip(path: pathlib.Path, offset: int, mask: int = 0x40) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ mask]))


def find(directory: pathlib.Path, pattern: str, data: bytes) -> tuple[str, int]:
    """The file with these bytes, and where they begin."""
    for path in files(directory, pattern):
        if (at := path.read_bytes().find(data)) >= 0:
            return path.name, at
    raise AssertionError(f"no {pattern} holds the bytes")


def number_of(path: pathlib.Path) -> int:
    return int(re.search(r"\d+", path.name).group())


def newest_log_segment(directory: pathlib.Path) -> pathlib.Path:
    """The one that the log ends in. Others may be ready for what comes next, and hold what they
    held before."""
    used = [path for path in files(directory, "*.wal") if path.read_bytes()[:8] == b"CWLOGSEG"]
    return max(used, key=lambda path: int.from_bytes(path.read_bytes()[32:40], "little"))


def log_frames(path: pathlib.Path) -> list[tuple[int, int]]:
    """Where the frames with records in a segment begin and end, without the zeros behind them."""
    data = path.read_bytes()

    def is_frame(at: int) -> bool:
        return data[at:at + 4] == b"CWFR" and data[at + 8:at + 16] == data[40:48]

    frames = []
    at = _SECTOR
    while is_frame(at):
        payload_bytes, operations = struct.unpack_from("<QI", data, at + 32)
        end = at + FRAME_HEADER_BYTES + payload_bytes
        if operations > 0:
            frames.append((at, end))
        at = _rounded_up(end, 8)
        if not is_frame(at):
            at = _rounded_up(end, _SECTOR)
    return frames


def _rounded_up(size: int, unit: int) -> int:
    return -(-size // unit) * unit


def xxh3_library():
    """None if libxxhash is not installed."""
    name = ctypes.util.find_library("xxhash")
    if name is None:
        return None
    library = ctypes.CDLL(name)
    library.XXH3_64bits_withSeed.restype = ctypes.c_uint64
    library.XXH3_64bits_withSeed.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64]
    return library


def _hash(data: bytes, seed: int = 0) -> int:
    return xxh3_library().XXH3_64bits_withSeed(data, len(data), seed & _LOW_64_BITS)


def make_current_newer(path: pathlib.Path) -> None:
    text = path.read_bytes()
    text = text[:text.rindex(b"checksum ")]
    text = text.replace(b"cordwood 2\n", b"cordwood %d\n" % NEWER_FORMAT)
    path.write_bytes(text + b"checksum %016x\n" % _hash(text))


def make_manifest_newer(path: pathlib.Path) -> None:
    """Its header frame; REQUIRES a store that was killed, since a clean stop seals the file."""
    data = bytearray(path.read_bytes())
    size = struct.unpack_from("<I", data, 8)[0]
    struct.pack_into("<I", data, 24, NEWER_FORMAT)
    checksum = _hash(bytes(data[:16] + data[24:24 + size]), number_of(path) * _MIX)
    struct.pack_into("<Q", data, 16, checksum)
    path.write_bytes(data)


def make_log_newer(path: pathlib.Path) -> None:
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, 16, NEWER_FORMAT)
    struct.pack_into("<Q", data, 8, _hash(bytes(data[16:_SECTOR])))
    path.write_bytes(data)


def make_table_newer(path: pathlib.Path) -> None:
    data = bytearray(path.read_bytes())
    at = len(data) - TABLE_FOOTER_BYTES
    struct.pack_into("<I", data, at + 56, NEWER_FORMAT)
    salt = struct.unpack_from("<Q", data, at + 48)[0]
    seed = _hash(struct.pack("<QQ", salt, at))
    struct.pack_into("<Q", data, at + 64, _hash(bytes(data[at:at + 64]), seed))
    path.write_bytes(data)
