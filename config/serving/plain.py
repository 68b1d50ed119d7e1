"""Requests as nearly all of them are, read at once; of any other gunicorn's parser says what it is."""

import io
import re
from functools import lru_cache
from typing import Any

from gunicorn.http import wsgi
from gunicorn.http.message import Request
from gunicorn.util import unquote_to_wsgi_str

from config import env
from config.serving.arrival import Arrival

# Nothing here that could be understood in two ways: an absolute target, `//`, a fragment, `_` in the name of a field, a
# folded line, another version.
_PLAIN = re.compile(
    r"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) ((/(?!/)[!$-.0-9:;=@A-Z_a-z~/]*)(?:\?([!$-~]*))?) HTTP/1\.1\r\n"
    r"((?:[!#$%&'*+.^`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*)\r\n"
)
# What they mean is gunicorn's to say.
_OTHERWISE = ("HTTP_EXPECT", "HTTP_TRANSFER_ENCODING")


class PlainRequest(Request):
    """What gunicorn asks of a request, without its reading."""

    version: Any = (1, 1)
    scheme = "http"
    fragment = ""
    must_close = False
    proxy_protocol_info = None

    def __init__(self, method: str, uri: str, path: str, query: str) -> None:
        self.method = method
        self.uri = uri
        self.path = path
        self.query = query
        self.headers = []
        self.trailers = []
        self.body: Any = None


class Plain:
    """Reads a request and its environ (PEP 3333) as gunicorn would, or not at all."""

    def __init__(self, cfg: Any) -> None:
        self._fields = cfg.limit_request_fields
        self._size = min(cfg.limit_request_line, cfg.limit_request_field_size)
        # Then more depends on who asks, or on how the server was started.
        self._enabled = not cfg.secure_scheme_headers and not env.text("SCRIPT_NAME")
        self._cfg = cfg

    def connected(self, client: Any, server: Any) -> dict[str, Any]:
        """What is the same for all requests of a connection; empty for one that is not by TCP."""
        if not self._enabled or not isinstance(client, tuple) or not isinstance(server, tuple):
            return {}
        return {
            **wsgi.base_environ(self._cfg),
            "wsgi.multithread": True,
            "wsgi.url_scheme": "http",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "SCRIPT_NAME": "",
            "REMOTE_ADDR": client[0],
            "REMOTE_PORT": str(client[1]),
            "SERVER_NAME": server[0],
            "SERVER_PORT": str(server[1]),
        }

    def read(self, arrival: Arrival, connected: dict[str, Any]) -> tuple[PlainRequest, dict[str, Any]] | None:
        if not connected or not 0 < arrival.start <= self._size:
            return None
        if not (found := _PLAIN.fullmatch(arrival.head())):
            return None
        method, uri, path, query, lines = found.groups("")
        request = PlainRequest(method, uri, path, query)
        environ = connected.copy()
        before = len(environ)
        for line in lines.split("\r\n")[:-1]:
            name, _, value = line.partition(":")
            field, variable = _names(name)
            environ[variable] = value = value.strip(" \t")
            request.headers.append((field, value))
        # One that is repeated may be several, or an error.
        if not len(environ) - before == len(request.headers) <= self._fields:
            return None
        if any(variable in environ for variable in _OTHERWISE):
            return None
        request.body = io.BytesIO(arrival.body())
        environ["wsgi.input"] = request.body
        environ["REQUEST_METHOD"] = method
        environ["RAW_URI"] = uri
        environ["QUERY_STRING"] = query
        environ["PATH_INFO"] = unquote_to_wsgi_str(path) if "%" in path else path
        return request, environ


@lru_cache(maxsize=256)
def _names(name: str) -> tuple[str, str]:
    """Of a field: gunicorn's, and that in the environ."""
    field = name.upper()
    variable = field.replace("-", "_")
    return field, variable if field in {"CONTENT-TYPE", "CONTENT-LENGTH"} else f"HTTP_{variable}"
