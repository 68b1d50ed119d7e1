"""Conditional requests (RFC 9110, 13): entity tags, so that two editors cannot overwrite each other unseen."""

import re
from hashlib import blake2b
from typing import Any

from django.utils.cache import patch_vary_headers
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.renderers import dump

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"')


class PreconditionFailed(APIException):
    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "This has changed since it was read. Read it again, then repeat the change."
    default_code = "precondition_failed"


class PreconditionRequired(APIException):
    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = "Send If-Match with the ETag of what was read."
    default_code = "precondition_required"


def digest(data: Any) -> str:
    return blake2b(dump(data), digest_size=12).hexdigest()


def tags(header: str, *, weak: bool) -> set[str]:
    """The digests named in an `If-Match`, or with weak comparison in an `If-None-Match`.

    A tag is its digest and, for other renderings than JSON, a suffix: whichever was read, the state was the same.
    """
    return {tag.partition("-")[0] for prefix, tag in _TAG.findall(header) if weak or not prefix}


def tagged(request: Request, data: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """One row's representation with its strong ETag, or a 304 when the client has it."""
    current = digest(data)
    suffix = getattr(request.accepted_renderer, "etag_suffix", "")
    headers = {"ETag": f'"{current}{suffix}"', **(headers or {})}
    known = request.headers.get("If-None-Match") if request.method in ("GET", "HEAD") else None
    if known is not None and (known.strip() == "*" or current in tags(known, weak=True)):
        response = Response(status=304, headers=headers)
    else:
        response = Response(data, status=status, headers=headers)
    patch_vary_headers(response, ("Accept", "Authorization"))
    return response


def check_if_match(request: Request, current: Any, *, required: bool) -> None:
    """Call under the row's lock; `current` makes the representation that a GET would give now."""
    header = request.headers.get("If-Match")
    if header is None:
        if required:
            raise PreconditionRequired
    elif header.strip() != "*" and digest(current()) not in tags(header, weak=False):
        raise PreconditionFailed
