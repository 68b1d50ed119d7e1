"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a POST that may be repeated creates once.

The first answer is kept in the transaction of what it created, so that there is never one without the other.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import cache, update_wrapper
from hashlib import blake2b, sha256
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import orjson
from django.db import connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from common import prepared
from common.api import plain
from common.api.compiled import Query
from common.api.compiled_writes import compile_insert
from common.api.conditional import tagged
from common.api.renderers import dump
from common.exceptions import Conflict
from common.models import IdempotencyKey

HEADER = "Idempotency-Key"
KEPT_FOR = timedelta(hours=24)

_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")

_IS_KEPT = "SELECT 1 FROM common_idempotencykey WHERE user_id = %(user_id)s AND path = %(path)s AND key = %(key)s"

P = ParamSpec("P")
V = TypeVar("V")
R = TypeVar("R", bound=HttpResponse)
Method = Callable[Concatenate[V, Request, P], R]


class KeyReused(APIException):
    status_code = 422
    default_detail = f"This {HEADER} was used with another body."
    default_code = "idempotency_key_reused"


class InvalidKey(APIException):
    status_code = 422
    default_detail = f"{HEADER} is 1 to 255 printable ASCII characters."
    default_code = "idempotency_key_invalid"


def idempotent(method: Method[V, P, R]) -> Method[V, P, R]:
    """For a viewset's method that creates. Without the header it costs nothing; with it three statements."""

    def once(self: V, request: Request, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        key = request._request.META.get("HTTP_IDEMPOTENCY_KEY")
        # A key is kept for an account; on an open endpoint there is none.
        if key is None or not request.user.is_authenticated:
            return method(self, request, *args, **kwargs)
        if not _KEY.fullmatch(key):
            raise InvalidKey
        asked = fingerprint(request.data)
        claim = {"user_id": request.user.pk, "path": scope(request), "key": key}
        with transaction.atomic():
            lock(*map(str, claim.values()))
            if first := find(claim):
                return replay(request, first, asked)
            response = method(self, request, *args, **kwargs)
            keep(
                **claim,
                fingerprint=asked,
                status=response.status_code,
                location=response.headers.get("Location", ""),
                answer=answer_of(response).decode(),
            )
            return response

    return cast("Method[V, P, R]", update_wrapper(once, method))


def answer_of(response: HttpResponse) -> bytes:
    return dump(response.data) if isinstance(response, Response) else response.content


def scope(request: Request) -> str:
    """The path, in either of its forms; where it is too long for its column, a digest of it."""
    path = str(request.path.rstrip("/"))
    return path if len(path) <= 255 else sha256(path.encode()).hexdigest()


def fingerprint(body: Any) -> str:
    """Of what the body says, not of how it was spaced."""
    return sha256(orjson.dumps(body, default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()


def lock(*parts: str) -> None:
    """One request a key at a time, until the transaction ends.

    Across processes by an advisory lock on PostgreSQL, which tells at once that the first is running. On SQLite the
    transaction itself is the lock: the second waits for the first, and then gets its answer.
    """
    if connection.vendor != "postgresql":
        return
    number = int.from_bytes(blake2b("\0".join(parts).encode(), digest_size=8).digest(), signed=True)
    row = prepared.fetch_row("SELECT pg_try_advisory_xact_lock(%(number)s)", {"number": number})
    if not row or not row[0]:
        raise Conflict(f"The first request with this {HEADER} is still running.", code="idempotency_key_in_flight")


def find(claim: dict[str, Any]) -> IdempotencyKey | None:
    if not prepared.fetch_row(_IS_KEPT, claim):
        return None
    first = IdempotencyKey.objects.filter(**claim).first()
    if first and first.created_at < timezone.now() - KEPT_FOR:
        first.delete()
        return None
    return first


def keep(**values: Any) -> None:
    row = {**plain.new_row(IdempotencyKey, values), **values}
    _keeping().fetch({("new", name): value for name, value in row.items()})


@cache
def _keeping() -> Query:
    can_tell = connection.features.can_return_columns_from_insert  # an SQLite that cannot has nothing to tell either
    shown = [IdempotencyKey._meta.pk] if can_tell else []
    return compile_insert(IdempotencyKey, plain.inserted(IdempotencyKey), shown)


def replay(request: Request, first: IdempotencyKey, asked: str) -> Response:
    if first.fingerprint != asked:
        raise KeyReused
    data, headers = orjson.loads(first.answer), {"Idempotent-Replayed": "true"}
    if not first.location:
        return Response(data, status=first.status, headers=headers)
    return tagged(request, data, status=first.status, headers={**headers, "Location": first.location})
