"""Is the process alive, and are the parts there that it needs to answer?"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import ResolverMatch

from common import draining
from common.api.errors import CONTENT_TYPE, answer, problem
from common.readiness import GOOD_ENOUGH, examine

View = Callable[[HttpRequest], HttpResponseBase]


class HealthMiddleware:
    """Answers before anything could be down, or redirect, or refuse the probe for naming an IP as its host."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        view = VIEWS.get(request.path_info.removesuffix("/"))
        if view is None:
            return self.get_response(request)
        request.resolver_match = ResolverMatch(view, (), {}, route=request.path_info.strip("/"))
        if request.method not in ("GET", "HEAD"):
            return answer(405, headers={"Allow": "GET, HEAD"}, request=request)
        return view(request)


def live(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok", "message": "API is running"})


def ready(request: HttpRequest) -> HttpResponse:
    """200, or 503 as a problem; either names each part, whether it is there, and its milliseconds.

    503 without looking at them once the server is about to stop: it still answers, and wants nobody sent to it.
    """
    if draining.has_begun():
        return answer(503, "This server is about to stop.", code="draining", headers={"Retry-After": "1"})
    checks = examine()
    failed = [name for name, result in checks.items() if result["status"] not in GOOD_ENOUGH]
    if not failed:
        return JsonResponse({"status": "ok", "checks": checks})
    body = problem(503, f"Not ready: {', '.join(failed)}.", code="not_ready")
    return JsonResponse({**body, "checks": checks}, status=503, content_type=CONTENT_TYPE, headers={"Retry-After": "5"})


VIEWS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/health": live,
    "/health/live": live,
    "/health/ready": ready,
}
