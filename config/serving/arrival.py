"""A request as it comes in: where it ends (RFC 9112, 6), so that no thread has to wait for the rest of it."""

import re
from collections.abc import Generator, Iterator

_LENGTH = re.compile(rb"(?i)\r\ncontent-length:[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)")
_CODING = re.compile(rb"(?i)\r\ntransfer-encoding:[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)")
_EXPECTED = re.compile(rb"(?i)\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)")
_SIZE = re.compile(rb"([0-9a-fA-F]{1,15})[ \t]*(?:;.*)?", re.DOTALL)

# As gunicorn receives: what reads chunks copies the rest of a piece with each of them.
_PIECE = 8_192

Reading = Generator[None, None, int | None]


class Arrival:
    """Takes bytes until `over`: the request is `whole`, or there is no use in waiting for its end.

    The latter is what gunicorn's parser refuses, or the application by the length that was announced.
    """

    def __init__(self, *, line: int, head: int, body: int) -> None:
        """The most bytes that the request line, the head and the body may have."""
        self.data = bytearray()
        self.over = False
        self.whole = False
        self.waits_for_continue = False
        self.start = 0  # of the body, if that has a known length
        self._end = 0
        self._limits = line, head, body
        self._reading = self._read()

    def add(self, data: bytes) -> None:
        self.data += data
        try:
            next(self._reading)
        except StopIteration as done:
            self.over, self.whole = True, done.value is not None
            self._end = done.value or len(self.data)

    def head(self) -> str:
        return self.data[: self.start].decode("latin-1")

    def body(self) -> bytes:
        return bytes(self.data[self.start : self._end])

    def pieces(self) -> Iterator[bytes]:
        """The request, and nothing of the next one."""
        end = self._end or len(self.data)
        return (bytes(self.data[at : min(at + _PIECE, end)]) for at in range(0, end, _PIECE))

    def rest(self) -> bytes:
        """What came after it, on the same connection."""
        return bytes(self.data[self._end :]) if self.whole else b""

    def _read(self) -> Reading:
        line, longest_head, longest_body = self._limits
        if (first := (yield from self._find(b"\r\n", 0, line))) is None:
            return None
        if (end := (yield from self._find(b"\r\n\r\n", first, longest_head))) is None:
            return None
        start = end + 4
        head = bytes(self.data[:start])
        lengths, codings = _LENGTH.findall(head), _CODING.findall(head)
        if not lengths and not codings:
            self.start = start
            return start
        self.waits_for_continue = bool(_EXPECTED.search(head))
        if [coding.lower() for coding in codings] == [b"chunked"] and not lengths:
            return (yield from self._chunks(start, start + longest_body))
        if codings or len(lengths) > 1 or not re.fullmatch(rb"[0-9]{1,15}", lengths[0]):
            return None
        if (length := int(lengths[0])) > longest_body:
            return None
        while len(self.data) < start + length:
            yield
        self.start = start
        return start + length

    def _chunks(self, at: int, furthest: int) -> Reading:
        while True:
            end = yield from self._find(b"\r\n", at, furthest)
            size = _SIZE.fullmatch(self.data, at, end) if end is not None else None
            if end is None or size is None:
                return None
            if not (length := int(size[1], 16)):
                # The empty line after the trailer, which may be empty itself.
                last = yield from self._find(b"\r\n\r\n", end, furthest)
                return None if last is None else last + 4
            at = end + 2 + length + 2
            if at > furthest:
                return None

    def _find(self, what: bytes, start: int, furthest: int) -> Reading:
        """Where it begins; None if not before `furthest`."""
        searched = start
        while (found := self.data.find(what, searched)) < 0:
            if len(self.data) > furthest:
                return None
            searched = max(start, len(self.data) - len(what) + 1)
            yield
        return found
