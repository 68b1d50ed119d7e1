"""The one place that knows how HTTP says no: every error of the API becomes a problem (RFC 9457) here."""

from collections.abc import Iterator
from http import HTTPStatus
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.exceptions import ValidationError as ModelValidationError
from django.core.signals import got_request_exception
from django.db import IntegrityError, InterfaceError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.log import log_response
from django.views import csrf, defaults
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.settings import spectacular_settings
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from common.api.camel import camelize
from common.api.parsers import ContentTooLarge
from common.api.query import InvalidQuery
from common.api.renderers import CamelJSONRenderer, JSONRenderer
from common.api.text import printable
from common.api.throttling import rate_headers
from common.exceptions import Conflict, DomainError, Forbidden, Invalid, Missing, Throttled, Unavailable
from common.logging import request_id

CONTENT_TYPE = "application/problem+json"
# For whom takes both alike the first counts.
MEDIA_TYPES = (JSONRenderer.media_type, CamelJSONRenderer.media_type)
# A body can be wrong in more places than anybody will read about.
MAX_ERRORS = 1_000

NO_CREDENTIALS = "Missing or invalid Authorization header"
VALIDATION_ERROR = "Validation error"

# As RFC 9110 has them; Python's differ from version to version.
PHRASES = {413: "Content too large", 414: "URI too long", 422: "Unprocessable content"}

STATUS_OF = {Invalid: 400, Forbidden: 403, Missing: 404, Conflict: 409, Throttled: 429, Unavailable: 503}


def problem(
    status: int, detail: str = "", *, code: str = "", title: str = "", errors: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """The envelope. Without a detail it says what the status says."""
    said = phrase(status)
    body = {
        "type": "about:blank",
        "title": title or said,
        "status": status,
        "code": code or said.lower().replace(" ", "_").replace("-", "_"),
        "detail": detail or said,
        "request_id": request_id.get(),
    }
    return body | {"errors": errors} if errors else body


def phrase(status: int) -> str:
    return PHRASES.get(status) or HTTPStatus(status).phrase.capitalize()


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response:
    """DRF's hook for whatever a view raised. What nobody expected is logged with its traceback, and a bare 500."""
    known = translate(exc)
    if isinstance(known, exceptions.ValidationError):
        response = _invalid(known)
    elif isinstance(known, exceptions.APIException):
        response = _refused(known)
    elif isinstance(known, DomainError):
        response = _domain(known)
    else:
        response = Response(problem(500, "Internal server error", code="internal_error"), status=500)
    if response.status_code >= 500:
        _report(exc, context["request"]._request, response)
    response.content_type = CONTENT_TYPE
    return response


def translate(exc: Exception) -> Exception:
    """Django's and the database's refusals, in our words."""
    match exc:
        case Http404():
            return Missing("Not found")
        case PermissionDenied():
            return Forbidden("You do not have permission to perform this action.")
        case RequestDataTooBig():
            return ContentTooLarge()
        case SuspiciousOperation() | UnreadablePostError():
            return Invalid("Bad request", code="bad_request")
        case ModelValidationError():
            return exceptions.ValidationError(exc.message_dict if hasattr(exc, "error_dict") else exc.messages)
        case ProtectedError() | RestrictedError():
            return Conflict("Other rows still refer to this one.", code="in_use")
        case IntegrityError() if is_duplicate(exc):
            return Conflict("There is one like this already.", code="duplicate")
        case IntegrityError() if is_dangling(exc):
            return Conflict("What this belongs to has been deleted meanwhile.", code="gone")
        case OperationalError() | InterfaceError():
            return Unavailable("The database is not available.", code="database_unavailable", retry_after=2)
        case _:
            return exc


def is_duplicate(exc: IntegrityError) -> bool:
    """Whether a unique constraint spoke: SQLSTATE 23505 on PostgreSQL, words on SQLite."""
    cause = exc.__cause__
    return getattr(cause, "sqlstate", "") == "23505" or "UNIQUE constraint failed" in str(cause)


def is_dangling(exc: IntegrityError) -> bool:
    """Whether a foreign key spoke, of a row that was there when the request began: 23503 on PostgreSQL."""
    cause = exc.__cause__
    return getattr(cause, "sqlstate", "") == "23503" or "FOREIGN KEY constraint failed" in str(cause)


def _invalid(exc: exceptions.ValidationError) -> Response:
    place = "query" if isinstance(exc, InvalidQuery) else "body"
    errors = list(islice(flatten(exc.detail, place), MAX_ERRORS))
    return Response(
        problem(422, VALIDATION_ERROR, code="validation_error", title=VALIDATION_ERROR, errors=errors), status=422
    )


def _refused(exc: exceptions.APIException) -> Response:
    # Of the detail only the text counts: it is always one string here.
    detail, code = str(exc.detail), str(getattr(exc.detail, "code", "")) or str(exc.default_code)
    if isinstance(exc, exceptions.NotAuthenticated):
        detail = NO_CREDENTIALS
    headers = {}
    if header := getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if (wait := getattr(exc, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait))
    # What else the protocol at hand wants to be told stands in members of its own (RFC 9457, 3.2).
    members: dict[str, str] = getattr(exc, "members", {})
    return Response(problem(exc.status_code, detail, code=code) | members, status=exc.status_code, headers=headers)


def _domain(exc: DomainError) -> Response:
    status = status_of(exc)
    errors = [{"field": f"body.{exc.field}", "message": exc.message, "code": exc.code}] if exc.field else None
    return Response(problem(status, exc.message, code=exc.code, errors=errors), status=status, headers=_headers(exc))


def status_of(exc: DomainError) -> int:
    return next(status for kind, status in STATUS_OF.items() if isinstance(exc, kind))


def _headers(exc: DomainError) -> dict[str, str]:
    headers = {"Retry-After": str(exc.retry_after)} if isinstance(exc, Throttled | Unavailable) else {}
    return headers | rate_headers(exc.quota) if isinstance(exc, Throttled) else headers


def _report(exc: Exception, request: HttpRequest, response: HttpResponse) -> None:
    """As Django does for a view that raised: the log has the traceback, and whoever listens to the signal is told."""
    if response.status_code == 500:
        got_request_exception.send(sender=None, request=request)
    # The route, since the path is what the client wrote.
    route = request.resolver_match.route if request.resolver_match else "unknown"
    log_response("%s: %s", phrase(response.status_code), route, response=response, request=request, exception=exc)


def flatten(detail: Any, field: str) -> Iterator[dict[str, str]]:
    """DRF's tree of errors as a list, each with the dotted path of its field."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = name == api_settings.NON_FIELD_ERRORS_KEY
            yield from flatten(inner, field if own else f"{field}.{printable(str(name))}")
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            yield from flatten(inner, f"{field}.{index}" if isinstance(inner, dict | list) else field)
    else:
        yield {"field": field, "message": str(detail), "code": str(getattr(detail, "code", "invalid"))}


def answer(
    status: int,
    detail: str = "",
    *,
    code: str = "",
    headers: dict[str, str] | None = None,
    request: HttpRequest | None = None,
) -> HttpResponse:
    """The same envelope from where there is no DRF: middleware, plain views and Django's own handlers.

    With the request in the names that its client asked for; a server that could not read it has none.
    """
    body = problem(status, detail, code=code)
    if request is not None and request.get_preferred_type(MEDIA_TYPES) == CamelJSONRenderer.media_type:
        body = camelize(body)
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE, headers=headers)


def _is_page(request: HttpRequest) -> bool:
    """The admin is for people, who are better served by Django's pages."""
    return request.path.startswith("/admin/")


def refusal(request: HttpRequest, exc: Exception) -> HttpResponse | None:
    """Of a view that is none of the API's: what a service refused it, or a database that is away; None of the rest."""
    known = translate(exc) if isinstance(exc, OperationalError | InterfaceError) else exc
    if not isinstance(known, DomainError):
        return None
    response = _answer(request, status_of(known), known.message, code=known.code)
    for name, value in _headers(known).items():
        response[name] = value
    if response.status_code >= 500:
        _report(exc, request, response)
    return response


def _answer(request: HttpRequest, status: int, detail: str = "", *, code: str = "") -> HttpResponse:
    """A page for a browser that asks for one, as the browsable API has them; else the envelope."""
    wanted = request.get_preferred_type([*MEDIA_TYPES, "text/html"])
    if settings.BROWSABLE_API and wanted == "text/html":
        page = {"problem": problem(status, detail, code=code), "product": spectacular_settings.TITLE}
        response = HttpResponse(render_to_string("browsable/problem.html", page), status=status)
    else:
        response = answer(status, detail, code=code, request=request)
    patch_vary_headers(response, ["Accept"])
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return defaults.bad_request(request, exception) if _is_page(request) else _answer(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return defaults.permission_denied(request, exception) if _is_page(request) else _answer(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    if _is_page(request):
        return csrf.csrf_failure(request, reason)
    return _answer(request, 403, "The CSRF token is missing or wrong.", code="csrf_failed")


# Nothing is there to protect, and a 403 would say that something is.
@csrf_exempt
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return defaults.page_not_found(request, exception or Http404()) if _is_page(request) else _answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    if _is_page(request):
        return defaults.server_error(request)
    return _answer(request, 500, "Internal server error", code="internal_error")
