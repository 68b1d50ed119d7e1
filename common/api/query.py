"""Strict reading of the query string: what is not known or does not parse is told, never guessed."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest, QueryDict
from rest_framework.exceptions import ErrorDetail, ValidationError

from common.api.text import has_control, is_integer

# DRF's own parameter, which chooses the renderer on every route.
FORMAT = "format"

# What Django puts in place of bytes that are not UTF-8; somebody may also have meant it.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


class InvalidQuery(ValidationError):
    """A `ValidationError` whose fields are query parameters."""

    def __init__(self, errors: Mapping[str, Any]) -> None:
        super().__init__(dict(errors))


def check_names(request: HttpRequest, known: Iterable[str], repeatable: Iterable[str] = ()) -> None:
    """Refuse a parameter that the route does not know, or that came twice where one counts."""
    known, repeatable = set(known) | {FORMAT}, set(repeatable)
    errors: dict[str, Any] = {}
    for name, values in request.GET.lists():
        if name not in known:
            errors[name] = [ErrorDetail("Unknown parameter.", "unknown")]
        elif len(values) > 1 and name not in repeatable:
            errors[name] = ["Given more than once."]
        elif any(map(has_control, values)):
            errors[name] = ["Control characters are not allowed."]
        elif any(REPLACEMENT in value for value in values) and not is_utf8(request):
            errors[name] = ["Not valid UTF-8."]
    if errors:
        raise InvalidQuery(errors)


def is_utf8(request: HttpRequest) -> bool:
    try:
        unquote_to_bytes(request.META["QUERY_STRING"]).decode()
    except UnicodeDecodeError:
        return False
    return True


def integer(params: QueryDict, name: str, *, default: int, minimum: int, maximum: int) -> int:
    text = params.get(name)
    if text is None:
        return default
    if not is_integer(text) or not minimum <= int(text) <= maximum:
        raise InvalidQuery({name: [f"A whole number from {minimum} to {maximum} is required."]})
    return int(text)
