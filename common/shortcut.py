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
from common.headers import Constants, put, told, vary

GetResponse = Callable[[HttpRequest], HttpResponseBase]

MOST_HOSTS = 100

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
        self.always_long = bool(settings.PREPEND_WWW or settings.DISALLOWED_USER_AGENTS)
        self.redirects = settings.SECURE_SSL_REDIRECT
        self.hosts: set[str | None] = set()  # that were allowed
        self.added = {is_secure: Constants(_added(is_secure)) for is_secure in (False, True)}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if self.always_long or not self._is_plain(request):
            return self.get_response(request)
        response: HttpResponseBase = self.end(request)
        vary(response, "origin")
        if not response.streaming and told(response, "Content-Length") is None:
            put(response, "Content-Length", str(len(getattr(response, "content", b""))))
        self.added[request.is_secure()].add_to(response)
        return response

    def _is_plain(self, request: HttpRequest) -> bool:
        meta = request.META
        if not is_from_program(request) or "HTTP_ORIGIN" in meta or "HTTP_TRANSFER_ENCODING" in meta:
            return False
        if self.redirects and not request.is_secure():
            return False
        return self._is_host_known(request, meta.get("HTTP_HOST"))

    def _is_host_known(self, request: HttpRequest, host: str | None) -> bool:
        if host in self.hosts:
            return True
        try:
            request.get_host()
        except DisallowedHost:
            return False
        if host and not settings.USE_X_FORWARDED_HOST and len(self.hosts) < MOST_HOSTS:
            self.hosts.add(host)
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
