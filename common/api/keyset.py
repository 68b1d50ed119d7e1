"""Keyset paging: a page starts after a row, not after a number of rows, so that it costs the same at any depth.

See Markus Winand, "We need tool support for keyset pagination" (use-the-index-luke.com/no-offset).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson
from django.core import signing
from django.db.models import Model, Q, QuerySet

from common.api.ordering import Term
from common.api.query import InvalidQuery

M = TypeVar("M", bound=Model)

# Signed, so that what comes back holds only values that this server wrote.
_signer = signing.Signer(salt="common.api.keyset")


class Compact:
    """UTF-8: Django's own JSON would spend twelve bytes on an emoji, and a cursor has to fit into a request line."""

    def dumps(self, obj: Any) -> bytes:
        return orjson.dumps(obj)

    def loads(self, data: bytes) -> Any:
        return orjson.loads(data)


@dataclass(frozen=True, slots=True)
class Window(Generic[M]):
    rows: list[M]
    next: str | None
    previous: str | None


def read(queryset: QuerySet[M], terms: Sequence[Term], cursor: str, size: int) -> Window[M]:
    """The page at this cursor, in one query. An empty cursor is the first page."""
    values, backwards = _load(queryset.model, cursor, terms) if cursor else ([], False)
    if values:
        queryset = queryset.filter(_beyond(terms, _parse(queryset.model, terms, values), reverse=backwards))
    queryset = queryset.order_by(*(term.expression(reverse=backwards) for term in terms))
    rows = list(queryset[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    has_next, has_previous = (True, more) if backwards else (more, bool(values))
    return Window(
        rows=rows,
        next=_dump(terms, rows[-1], backwards=False) if rows and has_next else None,
        previous=_dump(terms, rows[0], backwards=True) if rows and has_previous else None,
    )


def _dump(terms: Sequence[Term], row: Model, *, backwards: bool) -> str:
    model = type(row)
    values = [
        None if getattr(row, field.attname) is None else field.value_to_string(row) for field in _fields(model, terms)
    ]
    return _signer.sign_object([model._meta.label, list(map(str, terms)), values, backwards], serializer=Compact)


def _load(model: type[Model], cursor: str, terms: Sequence[Term]) -> tuple[list[str | None], bool]:
    try:
        label, ordering, values, backwards = _signer.unsign_object(cursor, serializer=Compact)
    except signing.BadSignature:
        label = None
    if label != model._meta.label:
        raise InvalidQuery({"cursor": ["Not a cursor of this list."]})
    if ordering != list(map(str, terms)):
        raise InvalidQuery({"cursor": ["This cursor belongs to another ordering."]})
    return values, backwards


def _parse(model: type[Model], terms: Sequence[Term], values: list[str | None]) -> list[Any]:
    fields = _fields(model, terms)
    return [None if value is None else field.to_python(value) for field, value in zip(fields, values, strict=True)]


def _fields(model: type[Model], terms: Sequence[Term]) -> list[Any]:
    return [model._meta.get_field(term.column) for term in terms]


def _beyond(terms: Sequence[Term], values: Sequence[Any], *, reverse: bool) -> Q:
    """The rows after these values: (a, b) > (x, y) is a > x, or a = x and b > y; the other way where descending.

    Written as a >= x AND (a > x OR …), whose first half an index on `a` can start from.
    """
    term, value = terms[0], values[0]
    after, same = _after(term, value, descending=term.descending is not reverse), _same(term, value)
    if len(terms) == 1:
        return after
    return (after | same) & (after | (same & _beyond(terms[1:], values[1:], reverse=reverse)))


def _same(term: Term, value: Any) -> Q:
    return Q(**{f"{term.column}__isnull": True}) if value is None else Q(**{term.column: value})


def _after(term: Term, value: Any, *, descending: bool) -> Q:
    """NULL counts as greater than every value."""
    column = term.column
    if value is None:
        return Q(**{f"{column}__isnull": False}) if descending else Q(pk__in=[])
    if descending:
        return Q(**{f"{column}__lt": value})
    larger = Q(**{f"{column}__gt": value})
    return larger | Q(**{f"{column}__isnull": True}) if term.nullable else larger
