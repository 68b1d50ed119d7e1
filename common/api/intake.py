"""What a body says of a plain row, read by a serializer that is made once a class.

Conservative: a serializer or a field with a way of its own may look at its instance or its request, and is left to DRF,
which makes one each time. What is wrong with a body is not said here.
"""

from dataclasses import dataclass
from functools import cache
from inspect import getattr_static
from typing import Any

from django.core.exceptions import ValidationError as InvalidForDjango
from django.db import models
from rest_framework.exceptions import ValidationError
from rest_framework.fields import SkipField, empty

from common.api import fields
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
class Intake:
    """The writable fields of one serializer for all who create, and of one for all who change.

    What they find is by the names of the model's fields.
    """

    whole: tuple[Any, ...]
    partial: tuple[Any, ...]
    known: frozenset[str]

    def created(self, body: Any) -> dict[str, Any] | None:
        """The values of a new row; None where something is wrong with them."""
        return self._values(self.whole, body)

    def changed(self, body: Any) -> dict[str, Any] | None:
        """The values that are to be others; None where something is wrong, or there are none."""
        return self._values(self.partial, body) or None

    def _values(self, writable: tuple[Any, ...], body: Any) -> dict[str, Any] | None:
        """As `Serializer.run_validation`, which looks at each field several times."""
        if type(body) is not dict or not body.keys() <= self.known:
            return None
        found = {}
        for field in writable:
            try:
                found[field.source] = field.run_validation(body.get(field.field_name, empty))
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
        whole=tuple(taken),
        partial=tuple(field for field in serializer_class(partial=True).fields.values() if not field.read_only),
        known=frozenset(whole.fields),
    )
