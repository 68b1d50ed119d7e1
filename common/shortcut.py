"""The way of what a program asks: past the middleware that has something to say to browsers only.

Each would look at every request, to find that it has no session, no cookie, no page, and is no file. What they would
add to the answer all the same, which is the same each time, is added in one go.
"""

from collections.abc import Callable
from threading import local
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.security import SecurityMiddleware

from common.browsers import is_from_program
from common.headers import Constants, put, vary

GetResponse = Callable[[HttpRequest], HttpResponseBase]

# From the end of a way to its beginning: Django makes the innermost middleware first.
_making = local()


class ShortcutEndMiddleware:
    """Where the shortcut comes out: whatever stands behind this, both ways pass through."""

    def __init__(self, get_response: GetResponse) -> None:
        _making.end = self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)


class ShortcutMiddleware:
    """Where it goes in. A request that any of those it would pass by has an answer for goes the long way."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response, self.end = get_response, _making.end
        self.added = {is_secure: Constants(_added(is_secure)) for is_secure in (False, True)}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not _is_plain(request):
            return self.get_response(request)
        response: HttpResponseBase = self.end(request)
        vary(response, "origin")
        if not response.streaming and "Content-Length" not in response.headers:
            put(response, "Content-Length", str(len(getattr(response, "content", b""))))
        self.added[request.is_secure()].add_to(response)
        return response


def _is_plain(request: HttpRequest) -> bool:
    meta = request.META
    if not is_from_program(request) or "HTTP_ORIGIN" in meta or "HTTP_TRANSFER_ENCODING" in meta:
        return False
    if settings.PREPEND_WWW or settings.DISALLOWED_USER_AGENTS:
        return False
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        return False
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


def _added(is_secure: bool) -> dict[str, str]:
    """By those themselves, to an answer that has nothing yet."""
    request, response = _Request(is_secure), HttpResponse()
    del response.headers["Content-Type"]

    def get_response(request: Any) -> HttpResponse:
        return response

    for middleware in (SecurityMiddleware(get_response), XFrameOptionsMiddleware(get_response)):
        middleware.process_response(request, response)
    return dict(response.items())


class _Request(HttpRequest):
    def __init__(self, is_secure: bool) -> None:
        super().__init__()
        self._is_secure = is_secure

    def is_secure(self) -> bool:
        return self._is_secure
