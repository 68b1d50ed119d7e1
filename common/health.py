"""Is the process alive?"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.urls import ResolverMatch

from common.api.errors import answer

PATHS = frozenset({"/health", "/health/", "/health/live", "/health/live/"})


class LivenessMiddleware:
    """Answers before anything could be down, or redirect, or refuse the probe for naming an IP as its host."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info not in PATHS:
            return self.get_response(request)
        request.resolver_match = ResolverMatch(live, (), {}, route=request.path_info.strip("/"))
        return live(request)


def live(request: HttpRequest) -> HttpResponseBase:
    if request.method not in ("GET", "HEAD"):
        return answer(405, headers={"Allow": "GET, HEAD"})
    return JsonResponse({"status": "ok", "message": "API is running"})
