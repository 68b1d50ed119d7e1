"""Which serializers show plain columns, so that a row can go from the database to JSON with no object between them.

Conservative: a serializer, a field or a column that does anything of its own is not plain, and DRF renders it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from inspect import getattr_static
from typing import Any

import orjson
from django.conf import settings
from django.db import models
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query_utils import DeferredAttribute
from rest_framework import ISO_8601, serializers
from rest_framework.settings import api_settings

from common.api import fields
from common.api.serializers import ResourceSerializer

# What a serializer class may not have of its own.
_MAKING = ("__new__", "__init__", "many_init", "data", "fields", "get_fields", "_readable_fields", "to_representation")


@dataclass(frozen=True, slots=True)
class Layout:
    """The names of a representation in JSON, the columns they show, and what is still to be done to which values."""

    names: tuple[str, ...]
    columns: tuple[str, ...]
    changes: tuple[tuple[int, Callable[[Any], Any]], ...] = ()

    def row(self, values: Sequence[Any]) -> bytes:
        """The representation, byte for byte as the serializer and `common.api.renderers` make it."""
        return orjson.dumps(self._shown(values), option=orjson.OPT_UTC_Z)

    def rows(self, rows: Iterable[Sequence[Any]]) -> bytes:
        return orjson.dumps(self._all_shown(rows), option=orjson.OPT_UTC_Z)

    def page(self, rows: Iterable[Sequence[Any]], envelope: Mapping[str, Any]) -> bytes:
        return orjson.dumps({**envelope, "results": self._all_shown(rows)}, option=orjson.OPT_UTC_Z)

    def _all_shown(self, rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
        if self.changes:
            return [self._shown(row) for row in rows]
        # Of rows as they are, half of what the function would cost.
        names = self.names
        return [dict(zip(names, row, strict=False)) for row in rows]

    def _shown(self, values: Sequence[Any]) -> dict[str, Any]:
        """Of a row that may have more columns behind these."""
        shown = dict(zip(self.names, values, strict=False))
        for index, change in self.changes:
            if values[index] is not None:
                shown[self.names[index]] = change(values[index])
        return shown


@cache
def layout(serializer_class: type[Any], model: type[models.Model]) -> Layout | None:
    """Which columns this serializer shows; None where it shows anything else."""
    if not issubclass(serializer_class, ResourceSerializer) or settings.TIME_ZONE != "UTC":
        return None
    if any(getattr_static(serializer_class, name) is not getattr_static(ResourceSerializer, name) for name in _MAKING):
        return None
    if serializer_class.Meta.model is not model or hasattr(serializer_class.Meta, "list_serializer_class"):
        return None
    shown = [field for field in serializer_class().fields.values() if not field.write_only]
    columns: list[str] = [column for field in shown if (column := _column(field, model))]
    if len(columns) < len(shown):
        return None
    return Layout(
        names=tuple(str(field.field_name) for field in shown),
        columns=tuple(columns),
        changes=tuple(
            (index, field.to_representation) for index, field in enumerate(shown) if _is_of_column_alone(field)
        ),
    )


def _column(field: Any, model: type[models.Model]) -> str:
    """The column that the field shows as orjson does, or in a way that depends on nothing else; else ""."""
    column = {name: one for one in model._meta.concrete_fields for name in (one.name, one.attname)}.get(field.source)
    if column is None or hasattr(column, "from_db_value"):
        return ""
    if _is_of_column_alone(field):
        return str(column.attname)
    # What the model shows in place of the column's value, a file say.
    if type(getattr_static(model, column.attname)) not in (DeferredAttribute, ForeignKeyDeferredAttribute):
        return ""
    target = column.target_field if isinstance(column, models.ForeignKey) else column
    for kind, columns, is_plain in _PLAIN:
        if _shows_like(field, kind) and isinstance(target, columns) and is_plain(field, column):
            return str(column.attname)
    return ""


def _is_of_column_alone(field: Any) -> bool:
    return bool(getattr(field, "of_column_alone", False))


def _shows_like(field: Any, kind: type[Any]) -> bool:
    own = type(field)
    return own.to_representation is kind.to_representation and own.get_attribute is kind.get_attribute


def _always(field: Any, column: Any) -> bool:
    return True


def _has_choices_of_text(field: Any, column: Any) -> bool:
    return all(type(key) is str for key in field.choice_strings_to_values.values())


def _fits_a_double(field: Any, column: Any) -> bool:
    digits, places = max(field.max_digits or 99, column.max_digits), field.decimal_places
    as_number = not getattr(field, "coerce_to_string", api_settings.COERCE_DECIMAL_TO_STRING)
    return digits <= 15 and places == column.decimal_places and as_number and not field.normalize_output


def _is_iso_time(field: Any, column: Any) -> bool:
    return getattr(field, "format", api_settings.DATETIME_FORMAT) == ISO_8601 and not hasattr(field, "timezone")


def _is_iso_date(field: Any, column: Any) -> bool:
    return getattr(field, "format", api_settings.DATE_FORMAT) == ISO_8601


def _is_canonical(field: Any, column: Any) -> bool:
    return bool(field.uuid_format == "hex_verbose")


def _refers_by_key(field: Any, column: Any) -> bool:
    return field.pk_field is None and isinstance(column, models.ForeignKey) and bool(column.target_field.primary_key)


# A field whose way of showing a value is known, the columns where orjson shows the value alike, and on what condition.
_TEXTS = (models.CharField, models.TextField)
_PLAIN: tuple[tuple[type[Any], Any, Callable[[Any, Any], bool]], ...] = (
    (serializers.CharField, _TEXTS, _always),
    (serializers.ChoiceField, _TEXTS, _has_choices_of_text),
    (serializers.BooleanField, models.BooleanField, _always),
    (serializers.IntegerField, models.IntegerField, _always),
    (serializers.FloatField, models.FloatField, _always),
    (fields.DecimalField, models.DecimalField, _fits_a_double),
    (serializers.DateTimeField, models.DateTimeField, _is_iso_time),
    (serializers.DateField, models.DateField, _is_iso_date),
    (serializers.UUIDField, models.UUIDField, _is_canonical),
    (serializers.PrimaryKeyRelatedField, (models.UUIDField, models.IntegerField), _refers_by_key),
)
