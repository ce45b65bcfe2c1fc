"""A small Redis client over a plain socket: pipelines, RESP2 and RESP3, every wait bounded."""

import socket


class ErrorReply(str):
    """An error that the server answered. Returned, not raised: a pipeline has others behind it."""


class Push(list):
    """A push message or, with RESP3, anything else that has a type of its own beyond a list."""


class ProtocolViolation(Exception):
    """The server sent bytes that are no reply."""


def encode(*arguments) -> bytes:
    """One request. Numbers are written in decimal, text in UTF-8."""
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        if isinstance(argument, int):
            argument = b"%d" % argument
        elif isinstance(argument, str):
            argument = argument.encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(argument), argument))
    return b"".join(parts)


class Connection:
    """Replies come as: str for a status, ErrorReply, int, bytes, None, list, dict, float, bool."""

    _READ_BYTES = 1 << 18

    def __init__(self, port: int, timeout: float = 60, host: str = "127.0.0.1"):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._bytes = b""
        self._at = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def call(self, *arguments):
        """The reply to one command."""
        self.send(encode(*arguments))
        return self.read()

    def call_all(self, commands) -> list:
        """The replies to a pipeline. For pipelines that fit into the buffers on the way."""
        commands = list(commands)
        self.send(b"".join(encode(*command) for command in commands))
        return [self.read() for _ in commands]

    def has_buffered(self) -> bool:
        """There is something to read that has been received already."""
        return self._at < len(self._bytes)

    def closed_by_server(self) -> bool:
        """Waits for the end of the connection; False if there is something to read instead."""
        if self._at < len(self._bytes):
            return False
        try:
            self._bytes, self._at = self.socket.recv(self._READ_BYTES), 0
        except ConnectionResetError:
            return True
        return not self._bytes

    def read(self):
        """The next reply. Raises ConnectionError at the end of the stream."""
        line = self._line()
        kind, rest = line[:1], line[1:]
        if kind == b"$":
            size = int(rest)
            return None if size < 0 else self._exactly(size)
        if kind == b":":
            return int(rest)
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            return ErrorReply(rest.decode(errors="replace"))
        if kind == b"*":
            return None if rest == b"-1" else [self.read() for _ in range(int(rest))]
        return self._read_resp3(kind, rest)

    def read_bytes(self, size: int) -> bytes:
        """So many bytes of replies, as they are. For replies whose sizes are known."""
        if len(self._bytes) - self._at < size:
            self._gather(size)
        data = self._bytes[self._at:self._at + size]
        self._at += size
        return data

    def read_header(self):
        """Like read, but of a list only its length; its elements are read one by one."""
        self._at_least_a_line()
        if self._bytes[self._at:self._at + 1] != b"*":
            return self.read()
        return int(self._line()[1:])

    def _read_resp3(self, kind: bytes, rest: bytes):
        if kind == b"_":
            return None
        if kind == b"#":
            return rest == b"t"
        if kind == b",":
            return float(rest)
        if kind == b"(":
            return int(rest)
        if kind == b"=":
            return self._exactly(int(rest))[4:]
        if kind == b"%":
            pairs = [(self.read(), self.read()) for _ in range(int(rest))]
            return {key: value for key, value in pairs}
        if kind in (b"~", b">"):
            return Push(self.read() for _ in range(int(rest)))
        raise ProtocolViolation(f"no reply starts with {kind + rest[:60]!r}")

    def _fill(self) -> None:
        data = self.socket.recv(self._READ_BYTES)
        if not data:
            raise ConnectionError("the server closed the connection")
        self._bytes = self._bytes[self._at:] + data
        self._at = 0

    def _at_least_a_line(self) -> int:
        """Where the next line ends."""
        while (end := self._bytes.find(b"\r\n", self._at)) < 0:
            self._fill()
        return end

    def _line(self) -> bytes:
        end = self._at_least_a_line()
        line = self._bytes[self._at:end]
        self._at = end + 2
        return line

    def _exactly(self, size: int) -> bytes:
        if len(self._bytes) - self._at < size + 2:
            self._gather(size + 2)
        end = self._at + size
        if self._bytes[end:end + 2] != b"\r\n":
            raise ProtocolViolation(f"a string of {size} bytes does not end where it should")
        data = self._bytes[self._at:end]
        self._at = end + 2
        return data

    def _gather(self, size: int) -> None:
        """At least `size` unread bytes, without copying a long string for each read."""
        parts, have = [self._bytes[self._at:]], len(self._bytes) - self._at
        while have < size:
            data = self.socket.recv(max(self._READ_BYTES, min(size - have, 1 << 24)))
            if not data:
                raise ConnectionError("the server closed the connection")
            parts.append(data)
            have += len(data)
        self._bytes, self._at = b"".join(parts), 0
