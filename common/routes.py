"""What a request asked for, in words of ours: for logs and records, which are to hold nothing that a client wrote."""

from functools import lru_cache
from http import HTTPMethod

from django.contrib.admindocs.views import simplify_regex
from django.http import HttpRequest

_METHODS = frozenset(HTTPMethod)


def method_of(request: HttpRequest) -> str:
    return str(request.method) if request.method in _METHODS else "other"


def route_of(request: HttpRequest) -> str:
    """Its route, not its path."""
    return _template(request.resolver_match.route) if request.resolver_match else "unknown"


@lru_cache(maxsize=1024)
def _template(route: str) -> str:
    # Of the two forms that each route takes, the one that links show.
    return simplify_regex(route).rstrip("/") or "/"
