"""Fields that are made once a serializer class: making those of a model takes longer than to read or write its row."""

from collections.abc import Mapping
from functools import cache
from inspect import getattr_static
from typing import TYPE_CHECKING, Any

from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.utils.serializer_helpers import BindingDict

if TYPE_CHECKING:
    ModelSerializer = serializers.ModelSerializer[Any]
else:
    ModelSerializer = object

# What may choose the fields by the instance or the request, if a serializer has it of its own.
_CHOOSING = ("get_fields", "get_field_names", "get_extra_kwargs", "include_extra_kwargs")


class BoundOnce(ModelSerializer):
    """Mixed into a `ModelSerializer`: each instance gets copies of its class's fields, to do with as it likes."""

    @cached_property
    def fields(self) -> Any:
        made = _made(type(self))
        if made is None:
            return super().fields
        bound = BindingDict(self)
        for name, field in made.items():
            bound.fields[name] = _copy(field, self)
        return bound


def is_bound_once(serializer_class: type[Any]) -> bool:
    """Whether its instances all have the same fields."""
    return issubclass(serializer_class, BoundOnce) and _made(serializer_class) is not None


@cache
def _made(serializer_class: type[Any]) -> Mapping[str, Any] | None:
    """None where a field has fields in it, which a copy would share, or where not every instance has the same."""
    if any(_is_own(serializer_class, name) for name in _CHOOSING):
        return None
    serializer = serializer_class()
    made = BindingDict(serializer)
    for name, field in serializer.get_fields().items():
        if isinstance(field, serializers.BaseSerializer) or hasattr(field, "child") or hasattr(field, "child_relation"):
            return None
        made[name] = field
        assert field.validators is not None  # made when they are first asked for
    return made.fields


def _is_own(serializer_class: type[Any], name: str) -> bool:
    return getattr_static(serializer_class, name) is not getattr_static(serializers.ModelSerializer, name)


def _copy(field: Any, parent: Any) -> Any:
    """As bound as the field is, to another parent."""
    copied: Any = object.__new__(type(field))
    own = {"parent": parent, "_validators": list(field.validators), "error_messages": dict(field.error_messages)}
    copied.__dict__ = {**field.__dict__, **own}
    return copied
