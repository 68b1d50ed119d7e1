"""Responses of gunicorn, of which most leave in one piece."""

import re
import time
from functools import lru_cache
from typing import Any

from gunicorn import util
from gunicorn.http import wsgi

_FIELDS = re.compile(r"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*\r\n)*")


class Response(wsgi.Response):
    """A head goes with its body, by a socket that does not block: to wait for room costs calls, and there mostly is.

    What is sent in parts goes gunicorn's way.
    """

    def __init__(self, req: Any, sock: Any, cfg: Any, patience: float) -> None:
        """`patience` is how long the client may take to make room, in seconds."""
        super().__init__(req, sock, cfg)
        self._patience = patience

    def process_headers(self, headers: Any) -> None:
        """As gunicorn does it one by one, for those that it neither leaves out nor refuses."""
        fields, length = [], ""
        for name, value in headers:
            if type(name) is not str or type(value) is not str or (lower := name.lower()) in util.hop_headers:
                break
            if lower == "content-length":
                length = value
            fields.append((name, value.strip(" \t")))
        else:
            lines = _lines(fields)
            if lines.count("\n") == len(fields) and _FIELDS.fullmatch(lines):
                self.response_length = int(length) if length else None
                self.headers.extend(fields)
                return
        super().process_headers(headers)

    def write(self, arg: Any) -> None:
        if self.headers_sent or self.upgrade or type(arg) is not bytes:
            super().write(arg)
        elif arg and len(arg) == self.response_length and not self._omits_body:
            self.sent = len(arg)
            self._send(arg)
        elif arg:
            super().write(arg)

    def send_headers(self) -> None:
        if not self.headers_sent:
            self.sock.settimeout(self._patience)
            super().send_headers()

    def close(self) -> None:
        if self.headers_sent or self.chunked or self.upgrade:
            super().close()
        else:
            self._send(b"")

    def _send(self, body: bytes) -> None:
        data = self._head() + body
        self.headers_sent = True
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            self.sock.settimeout(self._patience)
            self.sock.sendall(memoryview(data)[sent:])

    def _head(self) -> bytes:
        major, minor = self.req.version
        connection = "close" if self.should_close() else "keep-alive"
        return (
            f"HTTP/{major}.{minor} {self.status}\r\nServer: {self.version}\r\nDate: {_date(int(time.time()))}\r\n"
            f"Connection: {connection}\r\n{_lines(self.headers)}\r\n"
        ).encode("latin-1")


def _lines(fields: list[tuple[str, str]]) -> str:
    return "".join([f"{name}: {value}\r\n" for name, value in fields])


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return str(util.http_date(second))
