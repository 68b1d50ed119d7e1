"""Rows read and written by SQL that is compiled once a table, where the ORM would write it anew each time.

For models that say by themselves that it is right for them: what a `save()` of theirs would do is not done here.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import AutoField, Model

from common.api import plain
from common.api.compiled import Query
from common.api.compiled_writes import compile_insert, compile_update
from common.api.slots import Slot

M = TypeVar("M", bound=Model)


def columns(model: type[Model]) -> tuple[str, ...]:
    """What a query has to ask for to be `found` by."""
    return tuple(field.attname for field in model._meta.concrete_fields)


def found(query: Query, model: type[M], values: Mapping[Any, Any]) -> list[M]:
    """What the query finds, as the ORM has it."""
    names = columns(model)
    return [model.from_db(DEFAULT_DB_ALIAS, names, row) for row in query.fetch(values)]


def insert(row: M) -> M:
    """A row that was just made. By the ORM where somebody listens to its model."""
    model = type(row)
    query = None if plain.has_listeners(model) else _inserting(model)
    if query is None:
        row.save(force_insert=True)
        return row
    returned = query.fetch({("new", field.attname): field.pre_save(row, True) for field in plain.inserted(model)})
    if isinstance(model._meta.pk, AutoField):
        row.pk = returned[0][0]
    row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
    return row


def update(row: Model, *names: str) -> None:
    """These columns of the row, as they are in the object."""
    model = type(row)
    if plain.has_listeners(model):
        row.save(update_fields=names)
        return
    _updating(model, names).fetch({"pk": row.pk} | {("new", name): getattr(row, name) for name in names})


@cache
def _inserting(model: type[Model]) -> Query | None:
    """None where the database cannot tell the number that it gives the row."""
    is_numbered = isinstance(model._meta.pk, AutoField)
    if is_numbered and not connection.features.can_return_columns_from_insert:
        return None
    return compile_insert(model, plain.inserted(model), [model._meta.pk] if is_numbered else [])


@cache
def _updating(model: type[Model], names: tuple[str, ...]) -> Query:
    fields: list[Any] = [field for field in model._meta.concrete_fields if field.attname in names]
    return compile_update(model._base_manager.filter(pk=Slot("pk")), fields, [])
