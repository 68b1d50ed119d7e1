"""`POST /r/search`: filters in the body, AND-ed, derived from the resource's own serializer.

A text matches as a substring, everything else exactly; `{"price_usd": {"gte": 1, "lt": 5}}` spells out operators.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Field, Model, TextField
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from common.api import fields
from common.api.filters import MAX_TEXT
from common.api.serializers import MAX_UNKNOWN

RANGE = ("gt", "gte", "lt", "lte")
MAX_IN = 500

# A lookup, and what is asked of it.
Condition = tuple[str, Any]

_RANGED = (
    serializers.IntegerField,
    serializers.FloatField,
    serializers.DecimalField,
    serializers.DateTimeField,
    serializers.DateField,
)


@dataclass(frozen=True, slots=True)
class Criterion:
    """What may be asked of one field."""

    column: str
    field: Any
    operators: tuple[str, ...]
    nullable: bool
    is_text: bool

    @classmethod
    def of(cls, field: Any, column: Field[Any, Any]) -> "Criterion":
        is_text = isinstance(column, CharField | TextField) and not isinstance(field, serializers.ChoiceField)
        operators: tuple[str, ...] = RANGE if isinstance(field, _RANGED) else ()
        if not is_text and not isinstance(field, serializers.BooleanField):
            operators += ("in",)
        return cls(column.attname, field, operators, column.null, is_text)

    def conditions(self, value: Any) -> list[Condition]:
        if value is None:
            if not self.nullable:
                raise ValidationError(ErrorDetail("This field is never null.", "null"))
            return [(f"{self.column}__isnull", True)]
        if isinstance(value, Mapping):
            return self._operators(value)
        lookup = "contains_any_case" if self.is_text else "exact"
        return [(f"{self.column}__{lookup}", self._read(value))]

    def _operators(self, asked: Mapping[str, Any]) -> list[Condition]:
        errors: dict[str, Any] = {}
        found: list[Condition] = []
        if not asked:
            raise ValidationError(ErrorDetail("Name an operator.", "empty"))
        for name, value in asked.items():
            try:
                found.append(self._operator(name, value))
            except ValidationError as error:
                errors[name] = error.detail
        if errors:
            raise ValidationError(errors)
        return found

    def _operator(self, name: str, value: Any) -> Condition:
        if name not in self.operators:
            known = f"Choose from: {', '.join(self.operators)}." if self.operators else "This field has none."
            raise ValidationError(ErrorDetail(f"Unknown operator. {known}", "unknown"))
        if name != "in":
            return f"{self.column}__{name}", self._read(value)
        if not isinstance(value, list) or len(value) > MAX_IN:
            raise ValidationError(ErrorDetail(f"A list of up to {MAX_IN} values is required.", "invalid"))
        return f"{self.column}__in", [self._read(one) for one in value]

    def _read(self, value: Any) -> Any:
        if self.is_text and isinstance(value, str) and len(value) > MAX_TEXT:
            raise ValidationError(ErrorDetail(f"Ensure this has no more than {MAX_TEXT} characters.", "max_length"))
        return self.field.to_internal_value(value)


def criteria(serializer: serializers.BaseSerializer[Any], model: type[Model]) -> dict[str, Criterion]:
    """By name, for each strict field of the serializer that shows a column of the model."""
    return dict(_criteria(serializer, model))


def _criteria(serializer: Any, model: type[Model]) -> Iterator[tuple[str, Criterion]]:
    columns = {name: column for column in model._meta.concrete_fields for name in (column.name, column.attname)}
    for name, field in serializer.fields.items():
        if field.write_only or field.source not in columns:
            continue
        column = columns[field.source]
        if isinstance(field, serializers.PrimaryKeyRelatedField):
            assert isinstance(column.related_model, type)
            field = fields.key_field(column.related_model)
        if isinstance(field, fields.StrictType):
            yield name, Criterion.of(field, column)


def build(body: Any, known: Mapping[str, Criterion]) -> list[Condition]:
    """The conditions that a search body asks for; every fault in it is told at once."""
    if not isinstance(body, dict):
        raise ValidationError(ErrorDetail("An object of filters is required.", "invalid"))
    errors: dict[str, Any] = {}
    found: list[Condition] = []
    for name, value in body.items():
        if len(errors) == MAX_UNKNOWN:
            break
        if name not in known:
            errors[name] = [ErrorDetail(f"Unknown field. Choose from: {', '.join(known)}.", "unknown")]
            continue
        try:
            found += known[name].conditions(value)
        except ValidationError as error:
            errors[name] = error.detail
    if errors:
        raise ValidationError(errors)
    return found
