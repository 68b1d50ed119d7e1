"""What PostgreSQL reads the values of a query from, where they travel beside its text."""

import datetime
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb
from psycopg.types.numeric import Int2, Int4, Int8

# In libpq a null is no bytes at all; psycopg's annotations forget it.
Values = list[Any]

# By their types: the text that PostgreSQL reads each value from, whose type it knows from where the value stands.
_TEXT_OF: dict[type, Callable[[Any], str]] = {
    str: str,
    int: str,
    bool: lambda value: "t" if value else "f",
    Decimal: str,
    UUID: str,
    Int2: int.__repr__,
    Int4: int.__repr__,
    Int8: int.__repr__,
    datetime.datetime: datetime.datetime.isoformat,
    datetime.date: datetime.date.isoformat,
    IPv4Address: str,
    IPv6Address: str,
    Jsonb: lambda value: (value.dumps or json.dumps)(value.obj),
}


def texts(values: Sequence[Any]) -> Values | None:
    """The values as PostgreSQL reads them; None where one is of a type that is not known here."""
    found: Values = []
    text: str | None
    for value in values:
        if write := _TEXT_OF.get(type(value)):
            text = write(value)
        elif value is None:
            found.append(None)
            continue
        else:
            text = _array(value) if type(value) is list else _text(value)
            if text is None:
                return None
        if "\0" in text:  # where it stood, libpq would take the text to end
            return None
        found.append(text.encode())
    return found


def _text(value: Any) -> str | None:
    if write := _TEXT_OF.get(type(value)):
        return write(value)
    return str.__str__(value) if isinstance(value, str) else None  # one of a model's choices


def _array(values: list[Any]) -> str | None:
    """As PostgreSQL reads an array, with each text in quotes, in which nothing else means more than itself."""
    found = []
    for value in values:
        if value is None:
            found.append("NULL")
        elif (text := _text(value)) is not None:
            found.append('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"')
        else:
            return None
    return f"{{{','.join(found)}}}"
