"""Where a value stands in a query that is written before there is one, and what becomes of it when it comes."""

import datetime
from collections.abc import Callable, Mapping
from copy import copy
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import (
    AutoField,
    BooleanField,
    CharField,
    DateTimeField,
    DecimalField,
    Expression,
    IntegerField,
    TextField,
    UUIDField,
)
from django.db.models.sql.compiler import SQLCompiler

Prepare = Callable[[Any], Any]

# Of these columns, the values that PostgreSQL takes as they are: of which type, and what else they have to be.
_READY: Mapping[type[Any], tuple[type[Any], Callable[[Any], bool] | None]] = {
    BooleanField: (bool, None),
    CharField: (str, None),
    TextField: (str, None),
    UUIDField: (UUID, None),
    DateTimeField: (datetime.datetime, lambda value: value.tzinfo is not None),
    DecimalField: (Decimal, Decimal.is_finite),
}


class NotCompiled(Exception):
    """The query or a value is of a kind whose SQL may depend on the value: leave it to the ORM."""


class Slot(Expression):
    """Stands in a queryset for a value that is only known when the query is asked."""

    prepare: Prepare
    # Values of this type need no preparation.
    ready: type[Any] | None = None
    comes_later = True

    def __init__(self, key: Any) -> None:
        super().__init__()
        self.key = key

    def resolve_expression(self, *args: Any, **kwargs: Any) -> "Slot":
        # A value may stand in several places, in each as another column takes it.
        return copy(self)

    def bound_to(self, field: Any) -> "Slot":
        """For a place where a value of this column stands."""
        found = copy(self)
        found.ready, found.prepare = preparation(field)
        return found

    def saved_in(self, field: Any) -> "Slot":
        """For a place where a value is written into this column."""
        if hasattr(field, "get_placeholder"):
            raise NotCompiled
        found = copy(self)
        found.ready, found.prepare = _unless_ready(field, lambda value: field.get_db_prep_save(value, connection))
        return found

    def each_saved_in(self, field: Any) -> "Slot":
        """The same for a list of values."""
        found = self.saved_in(field)
        ready, prepare = found.ready, found.prepare
        found.ready = None
        found.prepare = lambda values: [value if type(value) is ready else prepare(value) for value in values]
        return found

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> Any:
        return "%s", [self]


def preparation(field: Any) -> tuple[type[Any] | None, Prepare]:
    if isinstance(field, IntegerField):
        return None, _within(*connection.ops.integer_field_range(field.get_internal_type()), field)
    return _unless_ready(field, lambda value: field.get_db_prep_value(value, connection))


def _unless_ready(field: Any, prepare: Prepare) -> tuple[type[Any] | None, Prepare]:
    """Django would ask the field, its connection and that one's operations, and get back what is there already."""
    if connection.vendor != "postgresql" or type(field) not in _READY:
        return None, prepare
    kind, is_ready = _READY[type(field)]
    if is_ready is None:
        return kind, prepare
    return None, lambda value: value if type(value) is kind and is_ready(value) else prepare(value)


def _within(minimum: Any, maximum: Any, field: Any) -> Prepare:
    """Past the range of the column Django knows the answer without asking."""
    keeps_it = connection.vendor == "postgresql" and isinstance(field, AutoField)

    def prepare(value: Any) -> Any:
        if keeps_it and type(value) is int and minimum <= value <= maximum:
            return value
        number = field.get_prep_value(value)
        if number != value or (minimum is not None and number < minimum) or (maximum is not None and number > maximum):
            raise NotCompiled
        return field.get_db_prep_value(value, connection)

    return prepare


def offset() -> Slot:
    slot = Slot("offset")
    slot.prepare = int
    return slot
