"""Serializers that refuse what they do not know."""

from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.utils import model_meta
from rest_framework.validators import UniqueValidator

from common.api import fields
from common.api.binding import BoundOnce

M = TypeVar("M", bound=models.Model)

# Of an object's unknown names: naming each of a million costs seconds, and nobody reads them.
MAX_UNKNOWN = 20

# What a mixin may expect of the serializer that it is mixed into.
if TYPE_CHECKING:
    SerializerMixin = serializers.Serializer[Any]
else:
    SerializerMixin = object


class RefuseUnknown(SerializerMixin):
    """Mixed into a serializer: an unknown field is an error, a known read-only one is ignored.

    Unknown fields are told together with whatever else is wrong.
    """

    def to_internal_value(self, data: Any) -> Any:
        unknown: dict[str, Any] = {}
        if isinstance(data, dict):
            known = self.fields
            names = islice((name for name in data if name not in known), MAX_UNKNOWN)
            unknown = {name: [ErrorDetail("Unknown field.", "unknown")] for name in names}
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            if not unknown or not isinstance(error.detail, dict):
                raise
            raise ValidationError({**unknown, **error.detail}) from None
        if unknown:
            raise ValidationError(unknown)
        return value


class StrictSerializer(RefuseUnknown, serializers.Serializer[Any]):
    """For bodies that are no model's: declare fields of `common.api.fields`."""


class MessageSerializer(serializers.Serializer[Any]):
    message = serializers.CharField()


class ResourceSerializer(BoundOnce, RefuseUnknown, serializers.ModelSerializer[M]):
    """A model's representation, with strict types; an update writes the columns that were sent and no others.

    Uniqueness is left to the database, which cannot be raced: a duplicate is a 409 of `common.api.errors`.
    """

    serializer_field_mapping: ClassVar[
        dict[type[models.Field[Any, Any]], type[serializers.Field[Any, Any, Any, Any]]]
    ] = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.AutoField: fields.IntegerField,
        models.BigAutoField: fields.IntegerField,
        models.SmallAutoField: fields.IntegerField,
        models.BigIntegerField: fields.IntegerField,
        models.IntegerField: fields.IntegerField,
        models.PositiveIntegerField: fields.IntegerField,
        models.PositiveSmallIntegerField: fields.IntegerField,
        models.SmallIntegerField: fields.IntegerField,
        models.BooleanField: fields.BooleanField,
        models.CharField: fields.StringField,
        models.TextField: fields.TextField,
        models.EmailField: fields.EmailField,
        models.URLField: fields.URLField,
        models.SlugField: fields.SlugField,
        models.FloatField: fields.FloatField,
        models.DecimalField: fields.DecimalField,
        models.DateTimeField: fields.DateTimeField,
        models.DateField: fields.DateField,
        models.UUIDField: fields.UUIDField,
    }
    serializer_choice_field = fields.ChoiceField
    serializer_related_field = fields.RelatedField

    def build_standard_field(self, field_name: str, model_field: models.Field[Any, Any]) -> Any:
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        if not issubclass(field_class, fields.StrictType):
            raise ImproperlyConfigured(
                f"{type(self).__name__}.{field_name}: {field_class.__name__} would convert what it is sent. "
                "Declare the field, with a class that mixes in common.api.fields.StrictType."
            )
        if model_field.choices and model_field.null:
            kwargs.pop("allow_blank", None)  # null is how to say none; "" would be a second way
        if validators := kwargs.get("validators"):
            kwargs["validators"] = [v for v in validators if not isinstance(v, UniqueValidator)]
        return field_class, kwargs

    def get_validators(self) -> list[Any]:
        return list(getattr(self.Meta, "validators", ()))

    def update(self, instance: M, validated_data: dict[str, Any]) -> M:
        many = model_meta.get_field_info(type(instance)).relations
        columns = [name for name in validated_data if not (name in many and many[name].to_many)]
        for name in columns:
            setattr(instance, name, validated_data[name])
        if columns:
            instance.save(update_fields=[*columns, *stamps(type(instance))])
        for name in validated_data.keys() - set(columns):
            getattr(instance, name).set(validated_data[name])
        return instance


def stamps(model: type[models.Model]) -> list[str]:
    """The fields that Django sets at each save, which `update_fields` has to name."""
    return [field.name for field in model._meta.concrete_fields if getattr(field, "auto_now", False)]
