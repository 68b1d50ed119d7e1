"""Keys between snake_case and camelCase; values stay as they are."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

# Only letters change, so that `address_1` and `address1` stay two names and every name finds its way back.
_BREAK = re.compile(r"(?<=[a-z0-9])_([a-z])")
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


@lru_cache(maxsize=4096)
def to_camel(name: str) -> str:
    return _BREAK.sub(lambda match: match[1].upper(), name)


def to_snake(name: str) -> str:
    return _HUMP.sub(lambda match: "_" + match[1].lower(), name)


def camelize(data: Any) -> Any:
    return _rename(data, to_camel)


def _rename(data: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(data, dict):
        return {rename(str(key)): _rename(value, rename) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_rename(value, rename) for value in data]
    return data
