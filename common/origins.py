"""Whose page it is that makes a browser send a request (Fetch, 3.1 and Fetch Metadata, 2.4)."""

from django.conf import settings
from django.http import HttpRequest


def is_foreign(request: HttpRequest) -> bool:
    """Whether it is a page of neither this server nor an origin in CORS_ALLOWED_ORIGINS.

    A program that is no browser says nothing about it, and carries nobody's cookies but its own.
    """
    origin = request.headers.get("Origin")
    if origin in settings.CORS_ALLOWED_ORIGINS:
        return False
    if origin is not None and origin != f"{request.scheme}://{request.get_host()}":
        return True
    return request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none")
