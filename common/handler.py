"""Django's way from a WSGI server to the middleware and back, for a request that has nothing out of the ordinary.

What Django asks of each one anew, under what prefix this is served, which URLconf holds, how a path is spelt, is the
same for all of them. Whatever is not, goes Django's own way.
"""

from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from io import BytesIO
from types import FunctionType
from typing import Any

from django.conf import settings
from django.core import signals
from django.core.handlers import base, wsgi
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import LimitedStream, WSGIHandler, WSGIRequest
from django.http import HttpRequest
from django.http import request as requests
from django.urls import set_script_prefix, set_urlconf
from django.utils.log import log_response

from common.api.resolver import resolve
from common.chores import spare_connections

# Types of bodies without parameters, whose header says nothing more.
_PLAIN_TYPES = frozenset({"", "application/json"})

# Whether a request before this one was served under another prefix: Django keeps it until it is told another.
_is_elsewhere: ContextVar[bool] = ContextVar("is_elsewhere", default=False)

Environ = dict[str, Any]

_Request: Any = WSGIRequest
_Handler: Any = WSGIHandler


def is_plain(environ: Environ) -> bool:
    """Whether its path is in ASCII, and under no prefix."""
    path = environ.get("PATH_INFO", "")
    if path[:1] != "/" or not path.isascii() or environ.get("SCRIPT_NAME"):
        return False
    return "SCRIPT_URL" not in environ and "REDIRECT_URL" not in environ  # of servers that rewrite addresses


def application() -> WSGIHandler:
    """Django's own where somebody has put something around it, as Sentry and others do who want to see each request."""
    spare_connections()
    found: WSGIHandler = (Handler if _is_untouched() else WSGIHandler)()
    return found


def _is_untouched() -> bool:
    """What is done here otherwise is as Django wrote it. A wrapper has the names of what it wraps, but not its code."""
    ways = (
        *(WSGIHandler.__call__, BaseHandler.get_response, BaseHandler.resolve_request),
        *(WSGIRequest.__init__, vars(HttpRequest)["body"].fget),
    )
    written = {module.__file__ for module in (base, wsgi, requests)}
    return all(type(way) is FunctionType and way.__code__.co_filename in written for way in ways)


class PlainRequest(_Request):  # type: ignore[misc]
    """Of an environ that is plain."""

    def __init__(self, environ: Environ) -> None:
        self.environ = self.META = environ
        self.path = self.path_info = environ["PATH_INFO"]
        environ["SCRIPT_NAME"] = ""
        self.method = environ["REQUEST_METHOD"].upper()
        told = environ.get("CONTENT_TYPE", "")
        if told in _PLAIN_TYPES:
            self.content_type = told
            self.content_params: dict[str, str] = {}
        else:
            self._set_content_type_params(environ)
        try:
            self._length: int | None = int(environ.get("CONTENT_LENGTH") or 0)
        except ValueError:
            self._length = None
        self._stream: Any = LimitedStream(environ["wsgi.input"], self._length or 0)
        self._read_started = False
        self.resolver_match = None

    @property
    def body(self) -> bytes:
        """Of a length that is known and not too large, it is read without looking for its end."""
        found: bytes | None = vars(self).get("_body")
        if found is not None:
            return found
        stream, length, most = self._stream, self._length, settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        is_short = length is not None and (most is None or length <= most)
        if self._read_started or not is_short or type(stream) is not LimitedStream:
            rest: bytes = super().body
            return rest
        body: bytes = self.read()
        self._body, self._stream = body, BytesIO(body)
        return body


class Handler(_Handler):  # type: ignore[misc]
    """Django's, in fewer steps where the environ is plain."""

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Any:
        if settings.FORCE_SCRIPT_NAME is not None or not is_plain(environ):
            _is_elsewhere.set(True)
            return super().__call__(environ, start_response)
        if _is_elsewhere.get():
            _is_elsewhere.set(False)
            set_script_prefix("/")
        signals.request_started.send(sender=self.__class__, environ=environ)
        response: Any = self.get_response(PlainRequest(environ))
        response._handler_class = self.__class__
        cookies = [("Set-Cookie", cookie.output(header="")) for cookie in response.cookies.values()]
        start_response(f"{response.status_code} {response.reason_phrase}", [*response.items(), *cookies])
        file = getattr(response, "file_to_stream", None)
        wrapper = environ.get("wsgi.file_wrapper") if file is not None else None
        if file is None or wrapper is None:
            return response
        file.close = response.close  # the server closes what it was given
        return wrapper(file, response.block_size)

    def get_response(self, request: HttpRequest) -> Any:
        response: Any = self._middleware_chain(request)
        response._resource_closers.append(request.close)
        if hasattr(request, "urlconf"):
            response._resource_closers.append(partial(set_urlconf, None))
        if response.status_code >= 400:
            log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
        return response

    def resolve_request(self, request: HttpRequest) -> Any:
        """The view, and what it is called with."""
        if hasattr(request, "urlconf"):  # by a middleware that chose another
            return super().resolve_request(request)
        request.resolver_match = match = resolve(request.path_info)
        return match.func, match.args, match.kwargs
