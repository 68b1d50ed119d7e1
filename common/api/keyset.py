"""Keyset paging: a page starts after a row, not after a number of rows, so that it costs the same at any depth.

See Markus Winand, "We need tool support for keyset pagination" (use-the-index-luke.com/no-offset).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Generic, TypeVar

import orjson
from django.core import signing
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, DecimalField, Expression, F, Model, Q, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from common.api.ordering import Term
from common.api.query import InvalidQuery

M = TypeVar("M", bound=Model)
R = TypeVar("R")

# Signed, so that what comes back holds only values that this server wrote.
_signer = signing.Signer(salt="common.api.keyset")


class Compact:
    """UTF-8: Django's own JSON would spend twelve bytes on an emoji, and a cursor has to fit into a request line."""

    def dumps(self, obj: Any) -> bytes:
        return orjson.dumps(obj)

    def loads(self, data: bytes) -> Any:
        return orjson.loads(data)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page starts: after these values, one a term, or before them. Without any it is the first page."""

    values: list[Any]
    backwards: bool


@dataclass(frozen=True, slots=True)
class Window(Generic[R]):
    rows: list[R]
    next: str | None
    previous: str | None


def read(queryset: QuerySet[M], terms: Sequence[Term], cursor: str, size: int) -> Window[M]:
    """The page at this cursor. An empty cursor is the first page."""
    model = queryset.model
    position = locate(model, terms, cursor)
    parts = seek(queryset, terms, position)
    rows = collect(len(parts), size + 1, lambda index, limit: list(parts[index][:limit]))
    return window(
        model, terms, position, size, rows, lambda row: [getattr(row, name) for name in columns(model, terms)]
    )


def locate(model: type[Model], terms: Sequence[Term], cursor: str) -> Position:
    values, backwards = _load(model, cursor, terms) if cursor else ([], False)
    return Position(_parse(model, terms, values) if values else [], backwards)


def seek(queryset: QuerySet[M], terms: Sequence[Term], position: Position) -> list[QuerySet[M]]:
    """The rows from there on, in the order of reading: backwards they come in reverse.

    In two parts where NULL stands between or behind them, to be read one after the other: an index finds where each of
    them starts, but not where both do.
    """
    ordered = queryset.order_by(*(term.expression(reverse=position.backwards) for term in terms))
    return [ordered.filter(part) for part in _parts(terms, position)] if position.values else [ordered]


def parts(terms: Sequence[Term], position: Position) -> int:
    """How many there are of what `seek` gives."""
    return len(_parts(terms, position)) if position.values else 1


def collect(number: int, limit: int, read: Callable[[int, int], Sequence[R]]) -> list[R]:
    """The first rows of so many parts; `read` is given which of them, and how many rows are still to come."""
    rows: list[R] = []
    for index in range(number):
        rows += read(index, limit - len(rows))[: limit - len(rows)]
        if len(rows) == limit:
            break
    return rows


def window(
    model: type[Model],
    terms: Sequence[Term],
    position: Position,
    size: int,
    rows: list[R],
    values: Callable[[R], Sequence[Any]],
) -> Window[R]:
    """The page of the `size` + 1 rows that were read, with the cursors beside it; `values`: of a row, one a term."""
    more, rows = len(rows) > size, rows[:size]
    if position.backwards:
        rows.reverse()
    has_next, has_previous = (True, more) if position.backwards else (more, bool(position.values))
    return Window(
        rows=rows,
        next=_dump(model, terms, values(rows[-1]), backwards=False) if rows and has_next else None,
        previous=_dump(model, terms, values(rows[0]), backwards=True) if rows and has_previous else None,
    )


def columns(model: type[Model], terms: Sequence[Term]) -> list[str]:
    return [field.attname for field in _fields(model, terms)]


def _dump(model: type[Model], terms: Sequence[Term], values: Sequence[Any], *, backwards: bool) -> str:
    texts = [_text(field, value) for field, value in zip(_fields(model, terms), values, strict=True)]
    return _signer.sign_object([model._meta.label, list(map(str, terms)), texts, backwards], serializer=Compact)


def _text(field: Any, value: Any) -> str | None:
    """The same of a value as Python has it and as JSON does."""
    if value is None:
        return None
    if isinstance(field, DecimalField):
        return f"{value:.{field.decimal_places}f}"
    return str(value.isoformat()) if isinstance(value, date) else str(value)


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


def _parts(terms: Sequence[Term], position: Position) -> list[Any]:
    first, value, reverse = terms[0], position.values[0], position.backwards
    descending = first.descending is not reverse
    if not first.nullable or (value is not None and descending):
        return [_beyond(terms, position.values, reverse=reverse)]
    is_null = Q(**{f"{first.column}__isnull": True})
    if value is not None:
        return [_beyond([replace(first, nullable=False), *terms[1:]], position.values, reverse=reverse), is_null]
    rest = is_null & Q(_beyond(terms[1:], position.values[1:], reverse=reverse))
    return [rest, ~is_null] if descending else [rest]


def _beyond(terms: Sequence[Term], values: Sequence[Any], *, reverse: bool) -> Any:
    """The rows after these values: (a, b) > (x, y) is a > x, or a = x and b > y; the other way where descending.

    As it stands where the database takes it, since an index on (a, b) finds the very row; else written as
    a >= x AND (a > x OR …), whose first half an index on `a` can start from.
    """
    ways = {term.descending is not reverse for term in terms}
    descending = ways == {True}
    # NULL is neither before nor after anything to the database: it has to have been passed already, or not to be there.
    if None not in values and len(ways) == 1 and (descending or not any(term.nullable for term in terms)):
        return Beyond([term.column for term in terms], values, descending=descending)
    return _beyond_one_by_one(terms, values, reverse=reverse)


class Beyond(Expression):
    """`(a, b) > (x, y)`."""

    conditional = True

    def __init__(self, names: Sequence[str], values: Sequence[Any], *, descending: bool) -> None:
        super().__init__(output_field=BooleanField())
        self.columns: list[Any] = [F(name) for name in names]
        self.values = list(values)
        self.operator = "<" if descending else ">"

    def get_source_expressions(self) -> list[Any]:
        return self.columns

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        self.columns = list(exprs)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        columns = ", ".join(compiler.compile(column)[0] for column in self.columns)
        fields = [getattr(column.field, "target_field", column.field) for column in self.columns]
        params = [
            value.bound_to(field) if hasattr(value, "bound_to") else field.get_db_prep_value(value, connection)
            for field, value in zip(fields, self.values, strict=True)
        ]
        return f"({columns}) {self.operator} ({', '.join(['%s'] * len(params))})", params


def _beyond_one_by_one(terms: Sequence[Term], values: Sequence[Any], *, reverse: bool) -> Q:
    term, value = terms[0], values[0]
    descending = term.descending is not reverse
    after, same = _after(term, value, descending=descending), _same(term, value)
    if len(terms) == 1:
        return after
    first = after | same if value is None else _after(term, value, descending=descending, inclusive=True)
    return first & (after | (same & _beyond_one_by_one(terms[1:], values[1:], reverse=reverse)))


def _same(term: Term, value: Any) -> Q:
    return Q(**{f"{term.column}__isnull": True}) if value is None else Q(**{term.column: value})


def _after(term: Term, value: Any, *, descending: bool, inclusive: bool = False) -> Q:
    """NULL counts as greater than every value."""
    column = term.column
    if value is None:
        return Q(**{f"{column}__isnull": False}) if descending else Q(pk__in=[])
    if descending:
        return Q(**{f"{column}__{'lte' if inclusive else 'lt'}": value})
    larger = Q(**{f"{column}__{'gte' if inclusive else 'gt'}": value})
    return larger | Q(**{f"{column}__isnull": True}) if term.nullable else larger
