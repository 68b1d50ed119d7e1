"""Conditional requests (RFC 9110, 13): entity tags, so that two editors cannot overwrite each other unseen."""

import re
from hashlib import blake2b
from typing import Any

from django.http import HttpResponse
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.answers import Answer
from common.api.renderers import dump
from common.headers import put, vary

VARY = ("Accept", "Authorization")
_VARY = ", ".join(VARY)

_TAG = re.compile(r'(W/)?("[\x21\x23-\x7e]*")')


class PreconditionFailed(APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "This has changed since it was read. Read it again, then repeat the change."
    default_code = "precondition_failed"


class PreconditionRequired(APIException):
    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = "Send If-Match with the ETag of what was read."
    default_code = "precondition_required"


def digest(data: Any) -> str:
    return digest_of(dump(data))


def digest_of(body: bytes) -> str:
    return blake2b(body, digest_size=12).hexdigest()


def tags(header: str, *, weak: bool) -> set[str]:
    """The entity tags in an `If-Match`, or for weak comparison in an `If-None-Match` (RFC 9110, 8.8.3.2)."""
    found = (_TAG.fullmatch(part.strip()) for part in header.split(","))
    return {match[2] for match in found if match and (weak or not match[1])}


def tagged(request: Request, data: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """One row's representation with its strong ETag, or a 304 when the client has it."""
    current = f'"{digest(data)}{getattr(request.accepted_renderer, "etag_suffix", "")}"'
    headers = {"ETag": current, **(headers or {})}
    if is_known(request, current):
        response = Response(status=304, headers=headers)
    else:
        response = Response(data, status=status, headers=headers)
    for name in VARY:
        vary(response, name)
    return response


def tagged_json(
    request: Request, body: bytes, *, status: int = 200, headers: dict[str, str] | None = None
) -> HttpResponse:
    """The same of a representation that is JSON already."""
    current = f'"{digest_of(body)}"'
    if is_known(request, current):
        response = HttpResponse(status=304)
        del response["Content-Type"]
    else:
        response = Answer(body, status=status)
    for name, value in (headers or {}).items():
        if value.isascii() and value.isprintable():
            put(response, name, value)
        else:  # a client's own words, as a key may be
            response[name] = value
    put(response, "ETag", current)
    put(response, "Vary", _VARY)
    return response


def is_known(request: Request, current: str) -> bool:
    """Whether the client has what it would be sent."""
    known = request._request.META.get("HTTP_IF_NONE_MATCH") if can_be_kept(request) else None
    return known is not None and (known.strip() == "*" or current in tags(known, weak=True))


def can_be_kept(request: Request) -> bool:
    """A page also shows who is signed in, and must not outlive that."""
    return request._request.method in ("GET", "HEAD") and request.accepted_renderer.media_type != "text/html"


def check_if_match(request: Request, current: Any, *, required: bool) -> None:
    """Call under the row's lock; `current` makes the representation that a GET would give now.

    A tag's suffix tells one rendering from another. It does not count here: whichever was read, the state is the same.
    """
    header = request._request.META.get("HTTP_IF_MATCH")
    if header is None:
        if required:
            raise PreconditionRequired
    elif header.strip() != "*":
        known = {tag.strip('"').partition("-")[0] for tag in tags(header, weak=False)}
        if digest(current()) not in known:
            raise PreconditionFailed
