"""Serializer fields that take a JSON type for what it is: a number is no string, `"yes"` and `1` are no booleans.

Each can also read itself from a query string (`from_query`), so that a value means the same everywhere.
"""

import datetime
import re
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.validators import EmailValidator, URLValidator, validate_slug
from django.db.models import Model
from rest_framework import serializers
from rest_framework.fields import empty

from common.api.text import fits_one_line, has_control, is_decimal, is_integer, is_uuid
from common.client import normal_address

# What a mixin may expect of the field that it is mixed into.
if TYPE_CHECKING:
    FieldMixin = serializers.Field[Any, Any, Any, Any]
else:
    FieldMixin = object


class StrictType(FieldMixin):
    """Mixed into a DRF field: refuses every JSON type but `json_types` before DRF can convert it."""

    json_types: ClassVar[tuple[type, ...]] = (str,)

    def to_internal_value(self, data: Any) -> Any:
        if type(data) not in self.json_types:
            self.fail("invalid")
        return super().to_internal_value(data)

    def from_query(self, text: str) -> Any:
        """The value that this text stands for in a query string; validation errors as for JSON."""
        return self.to_internal_value(text)


class NullLeaves(FieldMixin):
    """For texts that are never null: `null` means "as it is" on update, and "" on create (seed 000)."""

    def run_validation(self, data: Any = empty) -> Any:
        if data is None and not self.allow_null:
            if getattr(self.root, "partial", False):
                raise serializers.SkipField
            data = ""
        return super().run_validation(data)


class TextField(NullLeaves, StrictType, serializers.CharField):
    """Text of several lines."""

    default_error_messages: ClassVar[dict[str, Any]] = {"control": "Control characters are not allowed."}

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, str):
            self.check_characters(data)
        return str(super().to_internal_value(data))

    def check_characters(self, text: str) -> None:
        if has_control(text):
            self.fail("control")


class StringField(TextField):
    """Text in one line: a name, a title."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "control": "Control characters, line breaks and text direction marks are not allowed."
    }

    def check_characters(self, text: str) -> None:
        if not fits_one_line(text):
            self.fail("control")


class SecretField(TextField):
    """A password or a token: taken as it is, never trimmed, never shown."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("write_only", True)
        kwargs.setdefault("trim_whitespace", False)
        kwargs.setdefault("style", {"input_type": "password"})
        super().__init__(**kwargs)


class EmailField(StringField):
    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "Enter a valid email address."}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 254)
        super().__init__(**kwargs)
        self.validators.append(EmailValidator(message=self.error_messages["invalid"]))


class URLField(StringField):
    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "Enter a valid URL."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(URLValidator(schemes=["http", "https"], message=self.error_messages["invalid"]))


class SlugField(StringField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(validate_slug)


class IntegerField(StrictType, serializers.IntegerField):
    json_types = (int,)

    def from_query(self, text: str) -> Any:
        if not is_integer(text):
            self.fail("invalid")
        return self.to_internal_value(int(text))


class BooleanField(StrictType, serializers.BooleanField):
    json_types = (bool,)

    def from_query(self, text: str) -> Any:
        if text not in ("true", "false"):
            self.fail("invalid")
        return text == "true"


class FloatField(StrictType, serializers.FloatField):
    json_types = (int, float, Decimal)

    def from_query(self, text: str) -> Any:
        if not is_decimal(text):
            self.fail("invalid")
        return self.to_internal_value(Decimal(text))


class DecimalField(StrictType, serializers.DecimalField):
    """A JSON number in and out; a plain numeric string is read too, for clients that keep money as text.

    A number with more than 15 digits goes out as a string, since a double would round it.
    """

    json_types = (int, float, Decimal, str)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and not is_decimal(data):
            self.fail("invalid")
        return super().to_internal_value(data) + 0  # no negative zero

    def to_representation(self, value: Any) -> Any:
        exact = super().to_representation(value)
        if exact is None:
            return None
        return float(exact) if self.max_digits is not None and self.max_digits <= 15 else str(exact)


class MoneyField(DecimalField):
    """US dollars and cents, up to 99,999,999.99."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 10, "decimal_places": 2, "min_value": Decimal(0), **kwargs})


class DateTimeField(StrictType, serializers.DateTimeField):
    """ISO 8601; without an offset it is UTC. Always answered in UTC with `Z`."""

    # Python's parser falls back to a pattern whose \d takes digits of every script.
    _ALLOWED = re.compile(r"[0-9TtZz:.,+\- ]{10,40}")

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or not self._ALLOWED.fullmatch(data):
            self.fail("invalid", format="YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]")
        value = super().to_internal_value(data)
        try:
            return value.astimezone(datetime.UTC)
        except OverflowError:
            self.fail("overflow", timezone="UTC")


class DateField(StrictType, serializers.DateField):
    _ALLOWED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or not self._ALLOWED.fullmatch(data):
            self.fail("invalid", format="YYYY-MM-DD")
        return super().to_internal_value(data)


class UUIDField(StrictType, serializers.UUIDField):
    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "Must be a valid UUID."}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and not is_uuid(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class IPAddressField(StrictType, serializers.IPAddressField):
    """Read as databases take it: without a zone, and an IPv4 address as one however it is written."""

    def to_internal_value(self, data: Any) -> Any:
        address = normal_address(data) if isinstance(data, str) and "%" not in data else ""
        if not address:
            self.fail("invalid")
        return address


class ChoiceField(StrictType, serializers.ChoiceField):
    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "Not a valid choice."}


class ListField(serializers.ListField):
    """How many there are is looked at first: DRF would read a million children, and then count them."""

    def to_internal_value(self, data: Any) -> list[Any]:
        self.check_length(data)
        return list(super().to_internal_value(data))

    def check_length(self, data: Any) -> None:
        if isinstance(data, list) and self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)


class RelatedField(serializers.PrimaryKeyRelatedField[Model]):
    """A reference by primary key, of that key's own JSON type."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "Not a valid id."}

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(self.key_field().run_validation(data))

    def from_query(self, text: str) -> Any:
        return self.key_field().from_query(text)

    def key_field(self) -> "IntegerField | UUIDField | StringField":
        queryset = self.get_queryset()
        assert queryset is not None
        return key_field(queryset.model)


def key_field(model: type[Model]) -> "IntegerField | UUIDField | StringField":
    """The field that reads this model's primary key."""
    return _key_field(model._meta.pk.get_internal_type())


@cache
def _key_field(kind: str) -> "IntegerField | UUIDField | StringField":
    if kind == "UUIDField":
        return UUIDField()
    if kind.endswith(("AutoField", "IntegerField")):
        return IntegerField(min_value=0)
    return StringField()
