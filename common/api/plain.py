"""Which models are written as their columns say: a row of values is all that a new object would have stored.

Conservative: a model, a manager or a field that does anything of its own when it is saved is left to the ORM.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from inspect import getattr_static
from typing import Any

from django.db import models
from django.db.models import signals
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query_utils import DeferredAttribute
from django.utils import timezone

# What a model may not have of its own.
_SAVING = ("__init__", "__setattr__", "_do_insert", "_do_update", "_save_table", "refresh_from_db", "save", "save_base")
_SIGNALS = (signals.pre_init, signals.post_init, signals.pre_save, signals.post_save)
_DATES = (models.DateField, models.DateTimeField)


def is_plain(model: type[models.Model]) -> bool:
    """Asked each time: somebody may begin to listen."""
    return _is_plain(model) and not has_listeners(model)


def has_listeners(model: type[models.Model]) -> bool:
    for signal in _SIGNALS:  # noqa: SIM110 -- `any` would make a generator, for three times the cost
        if signal.receivers and signal.has_listeners(model):
            return True
    return False


@cache
def _is_plain(model: type[models.Model]) -> bool:
    meta = model._meta
    if meta.parents or meta.proxy or meta.order_with_respect_to:
        return False
    if any(getattr_static(model, name, None) is not getattr_static(models.Model, name, None) for name in _SAVING):
        return False
    if type(model._default_manager) is not models.Manager or type(model._base_manager) is not models.Manager:
        return False
    return all(_is_value(model, field) for field in meta.concrete_fields)


def _is_value(model: type[models.Model], field: Any) -> bool:
    if field.generated or field.has_db_default() or hasattr(field, "get_placeholder"):
        return False
    if type(getattr_static(model, field.attname)) not in (DeferredAttribute, ForeignKeyDeferredAttribute):
        return False
    if _is_stamp(field, at_change=False):
        return type(field) is models.DateTimeField
    return type(field).pre_save in (models.Field.pre_save, *(kind.pre_save for kind in _DATES))


@cache
def inserted(model: type[models.Model]) -> tuple[Any, ...]:
    """The fields that a new row is given a value for; the database numbers the rows itself."""
    return tuple(field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField))


def new_row(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """By columns: these values, and the model's own for the others."""
    now = timezone.now()
    return {
        column: now if default is None else values[name] if name in values else default()
        for column, name, default in _made(model)
    }


@cache
def _made(model: type[models.Model]) -> tuple[tuple[str, str, Callable[[], Any] | None], ...]:
    """Of each column of a new row, its field and what it is where no value is given; None is the moment."""
    return tuple(
        (field.attname, field.name, None if _is_stamp(field, at_change=False) else field.get_default)
        for field in inserted(model)
    )


def new_columns(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The same of many rows: by columns, a value for each row."""
    return {field.attname: _column(field, rows) for field in inserted(model)}


def _column(field: Any, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    if _is_stamp(field, at_change=False):
        return [timezone.now() for _ in rows]
    name, default = field.name, field.get_default
    return [row[name] if name in row else default() for row in rows]


@cache
def stamps(model: type[models.Model]) -> tuple[str, ...]:
    """The columns that Django sets at each save."""
    return tuple(field.attname for field in model._meta.concrete_fields if _is_stamp(field, at_change=True))


def _is_stamp(field: Any, *, at_change: bool) -> bool:
    return bool(getattr(field, "auto_now", False) or (not at_change and getattr(field, "auto_now_add", False)))
