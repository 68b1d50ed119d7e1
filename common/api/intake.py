"""What a body says of a plain row, read by a serializer that is made once a class.

Conservative: a serializer or a field with a way of its own may look at its instance or its request, and is left to DRF,
which makes one each time. What is wrong with a body is not said here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from functools import partial as bound
from inspect import getattr_static
from typing import Any

from django.core.exceptions import ValidationError as InvalidForDjango
from django.db import models
from rest_framework.exceptions import ValidationError
from rest_framework.fields import SkipField, empty

from common.api import fields
from common.api.acceptance import acceptance
from common.api.binding import is_bound_once
from common.api.serializers import ResourceSerializer

# What a serializer class may not have of its own.
_TAKING = (
    "__new__",
    "__init__",
    "create",
    "errors",
    "fields",
    "_read_only_defaults",
    "_writable_fields",
    "get_validators",
    "is_valid",
    "run_validation",
    "run_validators",
    "save",
    "to_internal_value",
    "update",
    "validate",
    "validate_empty_values",
    "validated_data",
    "validators",
)
# Those that know nothing but what they are sent, and change nothing of themselves.
_KINDS = frozenset(
    {
        fields.BooleanField,
        fields.ChoiceField,
        fields.DateField,
        fields.DateTimeField,
        fields.DecimalField,
        fields.EmailField,
        fields.FloatField,
        fields.IntegerField,
        fields.MoneyField,
        fields.SlugField,
        fields.StringField,
        fields.TextField,
        fields.URLField,
        fields.UUIDField,
    }
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A field that is written. `is_asked_without`: whether it has something to say where nothing was sent for it."""

    name: str
    source: str
    accept: Callable[[Any], Any]
    absent: Callable[[], Any]
    is_asked_without: bool

    @classmethod
    def by(cls, field: Any, *, partial: bool) -> "Taken":
        has_default = field.required or field.default is not empty
        return cls(
            name=field.field_name,
            source=field.source,
            accept=acceptance(field),
            absent=bound(field.run_validation, empty),
            is_asked_without=has_default and not partial,
        )


@dataclass(frozen=True, slots=True)
class Intake:
    """The writable fields of one serializer for all who create, and of one for all who change.

    What they find is by the names of the model's fields.
    """

    whole: tuple[Taken, ...]
    partial: tuple[Taken, ...]
    known: frozenset[str]

    def created(self, body: Any) -> dict[str, Any] | None:
        """The values of a new row; None where something is wrong with them."""
        return self._values(self.whole, body)

    def created_each(self, bodies: Iterable[Any]) -> list[dict[str, Any]] | None:
        """The values of new rows; None where something is wrong with one of them."""
        found = []
        for body in bodies:
            values = self._values(self.whole, body)
            if values is None:
                return None
            found.append(values)
        return found

    def changed(self, body: Any) -> dict[str, Any] | None:
        """The values that are to be others; None where something is wrong, or there are none."""
        return self._values(self.partial, body) or None

    def _values(self, writable: tuple[Taken, ...], body: Any) -> dict[str, Any] | None:
        """As `Serializer.run_validation`, which looks at each field several times."""
        if type(body) is not dict or not body.keys() <= self.known:
            return None
        found = {}
        for field in writable:
            if field.name not in body and not field.is_asked_without:
                continue
            try:
                found[field.source] = field.accept(body[field.name]) if field.name in body else field.absent()
            except SkipField:
                continue
            except (ValidationError, InvalidForDjango):
                return None
        return found


@cache
def intake(serializer_class: type[Any], model: type[models.Model]) -> Intake | None:
    if not issubclass(serializer_class, ResourceSerializer) or not is_bound_once(serializer_class):
        return None
    if any(getattr_static(serializer_class, name) is not getattr_static(ResourceSerializer, name) for name in _TAKING):
        return None
    if serializer_class.Meta.model is not model or getattr(serializer_class.Meta, "validators", None):
        return None
    whole = serializer_class()
    taken = [field for field in whole.fields.values() if not field.read_only]
    columns = {one.name for one in model._meta.concrete_fields if not one.is_relation and not one.primary_key}
    if any(type(field) not in _KINDS or field.source not in columns for field in taken):
        return None
    if any(hasattr(serializer_class, f"validate_{field.field_name}") for field in taken):
        return None
    if any(hasattr(one, "requires_context") for field in taken for one in (field.default, *field.validators)):
        return None
    return Intake(
        whole=tuple(Taken.by(field, partial=False) for field in taken),
        partial=tuple(
            Taken.by(field, partial=True)
            for field in serializer_class(partial=True).fields.values()
            if not field.read_only
        ),
        known=frozenset(whole.fields),
    )
