"""The door: every request gets its id, one line in the log, and a body whose length is known."""

import logging
import re
import time
from collections.abc import Callable
from functools import lru_cache
from http import HTTPMethod
from io import BytesIO
from typing import IO, Any
from uuid import uuid4

from django.conf import settings
from django.contrib.admindocs.views import simplify_regex
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import LazyObject

from common.api.errors import answer, refusal
from common.api.parsers import MAX_DISCARD, ContentTooLarge
from common.api.text import printable
from common.client import Client, client, normal_address
from common.exceptions import DomainError
from common.logging import request_id

GetResponse = Callable[[HttpRequest], HttpResponseBase]

access_log = logging.getLogger("access")

_CALLERS_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PIECE = 64 * 1024
MAX_USER_AGENT = 255


class RequestIdMiddleware:
    """The outermost: the id of a request is in its answer and in every log line that it writes."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        chosen = given if _CALLERS_ID.fullmatch(given) else uuid4().hex
        token = request_id.set(chosen)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-ID"] = chosen
        return response


class ClientMiddleware:
    """Says who asks, to whom that is no business of a view: the audit, the counting of wrong passwords."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        agent = printable(request.headers.get("User-Agent", ""), MAX_USER_AGENT)[:MAX_USER_AGENT]
        # The connection's own address: anybody can write an X-Forwarded-For.
        token = client.set(Client(normal_address(request.META.get("REMOTE_ADDR", "")), agent))
        try:
            return self.get_response(request)
        finally:
            client.reset(token)


class RefusalMiddleware:
    """What a service refuses a page outside the API, the sign-in of the admin say, has the status that it has there."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        return refusal(request, exception) if isinstance(exception, DomainError) else None


class AccessLogMiddleware:
    """One line a request: its route, not its path, so that what a client wrote stays out of the log."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        start = time.perf_counter()
        response = self.get_response(request)
        fields = {
            "method": request.method if request.method in HTTPMethod.__members__ else "other",
            "route": _route(request),
            "status": response.status_code,
            "ms": f"{(time.perf_counter() - start) * 1000:.1f}",
            "user": _user_id(request),
        }
        access_log.info("request", extra={"fields": fields})
        return response


def _route(request: HttpRequest) -> str:
    return _template(request.resolver_match.route) if request.resolver_match else "unknown"


@lru_cache(maxsize=1024)
def _template(route: str) -> str:
    # Of the two forms that each route takes, the one that links show.
    return simplify_regex(route).rstrip("/") or "/"


def _user_id(request: HttpRequest) -> object:
    user = getattr(request, "user", None)
    # The lazy user of a session that nobody has looked at would cost a query, only to be logged.
    if user is None or (isinstance(user, LazyObject) and not request.session.accessed):
        return None
    return user.pk


class ChunkedBodyMiddleware:
    """Reads a body that is sent in chunks, without a length, which Django would take for an empty one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        codings = request.headers.get("Transfer-Encoding", "").strip().lower()
        if not codings or request.META.get("CONTENT_LENGTH"):
            return self.get_response(request)
        if codings != "chunked":
            return answer(415, "A transfer coding other than chunked is not supported.")
        stream = _self_delimiting(request)
        if stream is None:
            return answer(411, "This server takes no chunked bodies: send a Content-Length.")
        return self._with_body(request, stream)

    def _with_body(self, request: HttpRequest, stream: IO[bytes]) -> HttpResponseBase:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or MAX_DISCARD
        try:
            body = _read(stream, limit)
        except Exception:  # each server has its own for chunks that are malformed or break off
            return answer(400, "The chunks of the body are malformed.")
        if len(body) > limit:
            refusal = ContentTooLarge()
            return answer(refusal.status_code, str(refusal.detail), code=refusal.default_code)
        request.META["CONTENT_LENGTH"] = str(len(body))
        request._stream = BytesIO(body)
        return self.get_response(request)


def _self_delimiting(request: HttpRequest) -> IO[bytes] | None:
    """The stream of a request whose server ends it where the body ends; None when reading could block."""
    if isinstance(request, ASGIRequest):
        return request._stream
    terminated: Any = request.META.get("wsgi.input_terminated")
    return request.META["wsgi.input"] if terminated else None


def _read(stream: IO[bytes], limit: int) -> bytes:
    """The body, or its first ``limit`` + 1 bytes; the rest is discarded, so that the client gets to read the answer."""
    body = stream.read(limit + 1)
    discarded = len(body)
    while len(body) > limit and discarded < MAX_DISCARD and (piece := stream.read(_PIECE)):
        discarded += len(piece)
    return body
