"""The door: every request gets its id, one line in the log, and a body whose length is known."""

import logging
import re
import time
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from os import urandom
from typing import IO, Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import LazyObject, empty
from rest_framework import status

from common.api.errors import answer, refusal
from common.api.parsers import MAX_DISCARD, ContentTooLarge
from common.api.text import printable
from common.client import Client, Proxies, client, normal_address
from common.headers import put
from common.logging import event, request_id, trace_id
from common.queries import Counting
from common.routes import method_of, route_of
from common.signals import refused

GetResponse = Callable[[HttpRequest], HttpResponseBase]

access_log = logging.getLogger("access")

_CALLERS_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# W3C Trace Context: version, trace, parent, flags; versions after 00 may append to it. Neither id is all zeros.
_TRACEPARENT = re.compile(
    r"(?!ff|00.{54})[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?"
)
_PIECE = 64 * 1024
MAX_USER_AGENT = 255


class RequestIdMiddleware:
    """The outermost: the id of a request is in its answer and in every log line that it writes."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given, trace = request.META.get("HTTP_X_REQUEST_ID", ""), _trace_of(request)
        chosen = given if given and _CALLERS_ID.fullmatch(given) else trace or urandom(16).hex()
        token, trace_token = request_id.set(chosen), trace_id.set(trace)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
            trace_id.reset(trace_token)
        put(response, "X-Request-ID", chosen)
        return response


def _trace_of(request: HttpRequest) -> str:
    """The trace that it is a part of; "" for none, or one that is malformed."""
    given = request.META.get("HTTP_TRACEPARENT")
    found = _TRACEPARENT.fullmatch(given) if given else None
    return found[1] if found else ""


class ClientMiddleware:
    """Says who asks, to whom that is no business of a view: the audit, the counting of wrong passwords."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        agent = _agent(request.META.get("HTTP_USER_AGENT", ""))
        token = client.set(_client(self._address(request.META), agent))
        try:
            return self.get_response(request)
        finally:
            client.reset(token)

    def _address(self, meta: dict[str, Any]) -> str:
        """The connection's own, unless a proxy that is trusted says whose it is: anybody can write these headers."""
        peer = normal_address(meta.get("REMOTE_ADDR", ""))
        proxies: Proxies = settings.TRUSTED_PROXIES
        if not proxies:
            return peer
        if not proxies.trusts(peer):
            meta.pop("HTTP_X_FORWARDED_PROTO", None)
        return proxies.origin(peer, meta.get("HTTP_X_FORWARDED_FOR", ""))


_client = lru_cache(maxsize=1_024)(Client)


@lru_cache(maxsize=256)
def _agent(told: str) -> str:
    return printable(told, MAX_USER_AGENT)[:MAX_USER_AGENT]


class RefusalMiddleware:
    """What a service refuses a page outside the API, the sign-in of the admin say, has the status that it has there."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        return refusal(request, exception)


class RefusedMiddleware:
    """Tells of every answer of 403, whoever gave it: afterwards, when no transaction of the request takes it back."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == status.HTTP_403_FORBIDDEN:
            code = (getattr(response, "data", None) or {}).get("code", "")  # a page has none
            where = {"method": method_of(request), "route": route_of(request)}
            refused.send_robust(sender=None, user=_user_id(request), code=code, **where)
        return response


class AccessLogMiddleware:
    """One line a request: its route, not its path, so that what a client wrote stays out of the log."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        start = time.perf_counter()
        with Counting() as spent:
            response = self.get_response(request)
        fields = {
            "method": method_of(request),
            "route": route_of(request),
            "status": response.status_code,
            "ms": round((time.perf_counter() - start) * 1000, 1),
            "queries": spent.queries,
            "user": _user_id(request),
        }
        event(access_log, "request", fields)
        return response


def _user_id(request: HttpRequest) -> object:
    user = getattr(request, "user", None)
    # A session's user whom nobody has looked at would cost a query only to be logged, and may not be there to be had.
    if user is None or (isinstance(user, LazyObject) and user._wrapped is empty):
        return None
    return user.pk


class ChunkedBodyMiddleware:
    """Reads a body that is sent in chunks, without a length, which Django would take for an empty one."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        codings = request.META.get("HTTP_TRANSFER_ENCODING", "").strip().lower()
        if not codings or request.META.get("CONTENT_LENGTH"):
            return self.get_response(request)
        if codings != "chunked":
            return answer(415, "A transfer coding other than chunked is not supported.", request=request)
        stream = _self_delimiting(request)
        if stream is None:
            return answer(411, "This server takes no chunked bodies: send a Content-Length.", request=request)
        return self._with_body(request, stream)

    def _with_body(self, request: HttpRequest, stream: IO[bytes]) -> HttpResponseBase:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or MAX_DISCARD
        try:
            body = _read(stream, limit)
        except Exception:  # each server has its own for chunks that are malformed or break off
            return answer(400, "The chunks of the body are malformed.", request=request)
        if len(body) > limit:
            refusal = ContentTooLarge()
            return answer(refusal.status_code, str(refusal.detail), code=refusal.default_code, request=request)
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
