"""The keys of rows as addresses have them."""

from typing import Any

from django.db.models import Model
from rest_framework.exceptions import ValidationError

from common.api.fields import key_field
from common.exceptions import Missing


def read_key(model: type[Model], text: str) -> Any:
    """What is no key of this type is no row either."""
    try:
        return key_field(model).from_query(text)
    except ValidationError:
        raise Missing(f"{row_name(model)} not found") from None


def row_name(model: type[Model]) -> str:
    return str(model._meta.verbose_name).capitalize()
