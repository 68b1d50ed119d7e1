"""What a field says of values that are plainly right, without DRF's ten functions for each.

Conservative: of anything that takes more than a look, and of whatever is wrong, the field itself is asked.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.core import validators
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from common.api import fields

Accept = Callable[[Any], Any]

_LEAST = (validators.MinValueValidator, validators.MinLengthValidator)
_MOST = (validators.MaxValueValidator, validators.MaxLengthValidator)
# Of which a text that can be printed has none.
_CHARACTERS = (validators.ProhibitNullCharactersValidator, ProhibitSurrogateCharactersValidator)


def acceptance(field: Any) -> Accept:
    """`field.run_validation`, for a value that is there."""
    ask: Accept = field.run_validation
    bounds = _bounds(field)
    make = _KINDS.get(type(field))
    return make(field, ask, *bounds) if make and bounds else ask


def _bounds(field: Any) -> tuple[Any, Any] | None:
    """The least and the most that its validators let through; None where one of them looks at something else."""
    least = most = None
    for one in field.validators:
        if type(one) in _CHARACTERS:
            continue
        limit = getattr(one, "limit_value", None)
        if not isinstance(limit, int | Decimal):
            return None
        if type(one) in _LEAST:
            least = limit if least is None else max(least, limit)
        elif type(one) in _MOST:
            most = limit if most is None else min(most, limit)
        else:
            return None
    return least, most


def _text(field: Any, ask: Accept, least: int | None, most: int | None) -> Accept:
    low, high = max(least or 0, 1), most
    trims = field.trim_whitespace

    def accept(data: Any) -> Any:
        if type(data) is str and data.isprintable():
            text = data.strip() if trims else data
            if low <= len(text) and (high is None or len(text) <= high):
                return text
        return ask(data)

    return accept


def _boolean(field: Any, ask: Accept, *bounds: Any) -> Accept:
    return lambda data: data if type(data) is bool and bounds == (None, None) else ask(data)


def _integer(field: Any, ask: Accept, least: Any, most: Any) -> Accept:
    def accept(data: Any) -> Any:
        if type(data) is int and (least is None or least <= data) and (most is None or data <= most):
            return data
        return ask(data)

    return accept


def _choice(field: Any, ask: Accept, *bounds: Any) -> Accept:
    known = dict(field.choice_strings_to_values)
    return lambda data: known[data] if type(data) is str and data in known and bounds == (None, None) else ask(data)


def _decimal(field: Any, ask: Accept, least: Any, most: Any) -> Accept:
    places, digits = field.decimal_places, field.max_digits
    if places is None or digits is None or digits <= places:
        return ask
    beyond, step = Decimal(10) ** (digits - places), Decimal(1).scaleb(-places)

    def accept(data: Any) -> Any:
        value = Decimal(data) if type(data) is int else data
        if type(value) is not Decimal or not value.is_finite():
            return ask(data)
        exponent = value.as_tuple().exponent
        if not -places <= int(exponent) <= 0 or not -beyond < value < beyond:
            return ask(data)
        if (least is not None and value < least) or (most is not None and value > most):
            return ask(data)
        return value.quantize(step) + 0  # no negative zero

    return accept


_KINDS: dict[type[Any], Callable[..., Accept]] = {
    fields.BooleanField: _boolean,
    fields.ChoiceField: _choice,
    fields.DecimalField: _decimal,
    fields.IntegerField: _integer,
    fields.MoneyField: _decimal,
    fields.StringField: _text,
    fields.TextField: _text,
}
