"""Bodies in, by RFC 8259 and nothing looser: what two readers could understand in two ways is refused."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import parse_header_parameters
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType, ValidationError
from rest_framework.parsers import BaseParser

from common.api.camel import to_snake
from common.api.text import INT64_MAX, has_control

MAX_DEPTH = 32
# How much of a body that is too large is read and thrown away, so that the client gets to read the answer.
MAX_DISCARD = 16 * 1024 * 1024


class ContentTooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "content_too_large"

    def __init__(self) -> None:
        super().__init__(f"The body is larger than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes.")


class StrictJSONParser(BaseParser):
    media_type = "application/json"

    def __init__(self) -> None:
        # `json.loads` would make one for each body.
        self.decoder = json.JSONDecoder(
            object_pairs_hook=self.members,
            parse_int=parse_integer,
            parse_float=parse_decimal,
            parse_constant=refuse_constant,
        )

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        assert parser_context is not None
        request: HttpRequest = parser_context["request"]._request
        check_encoding(request)
        body = read(request)
        text = decode(body)
        data = self.load(text)
        if text.count("{") + text.count("[") > MAX_DEPTH and is_too_deep(data):
            raise ParseError(f"The JSON is nested deeper than {MAX_DEPTH}.")
        # Control characters can only have come as escapes, or be those above ASCII.
        if "\\" in text or (not text.isprintable() and has_control(text)):
            refuse_control(data)
        return data

    def load(self, text: str) -> Any:
        try:
            return self.decoder.decode(text)
        except json.JSONDecodeError as error:
            raise ParseError(f"Not valid JSON: {error.msg} at line {error.lineno} column {error.colno}.") from None
        except RecursionError:
            raise ParseError(f"The JSON is nested deeper than {MAX_DEPTH}.") from None

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ParseError("A name stands twice in one JSON object.")
        return found


class CamelJSONParser(StrictJSONParser):
    media_type = "application/json; case=camel"

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return super().members([(to_snake(name), value) for name, value in pairs])


class FormParser(BaseParser):
    """For the forms of other people's protocols, OAuth2's: each name once."""

    media_type = "application/x-www-form-urlencoded"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, str]:
        assert parser_context is not None
        request: HttpRequest = parser_context["request"]._request
        check_encoding(request)
        text = decode(read(request))
        limit = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        try:
            pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=limit)
        except UnicodeDecodeError:
            raise ParseError("The body is not valid UTF-8.") from None
        except ValueError:
            raise ParseError(f"The form has more than {limit} fields.") from None
        data = dict(pairs)
        if len(data) != len(pairs):
            raise ParseError("A name stands twice in the form.")
        refuse_control(data)
        return data


def check_encoding(request: HttpRequest) -> None:
    told = request.META.get("CONTENT_TYPE", "")
    charset = parse_header_parameters(told)[1].get("charset", "utf-8") if ";" in told else "utf-8"
    if charset.lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType("", detail="Bodies are UTF-8; no other charset is read.")
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in ("", "identity"):
        raise UnsupportedMediaType("", detail="Encoded bodies are not read.")


def read(request: HttpRequest) -> bytes:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert limit is not None
    left = int(request.META["CONTENT_LENGTH"])
    if left <= limit:
        body = request.body
        if len(body) < left:
            raise ParseError("The body is shorter than its Content-Length.")
        return body
    left = min(left, MAX_DISCARD)
    while left > 0 and (chunk := request.read(min(left, 65536))):
        left -= len(chunk)
    raise ContentTooLarge


def decode(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise ParseError("The body is not valid UTF-8.") from None
    if text.startswith("\N{BYTE ORDER MARK}"):
        raise ParseError("The body starts with a byte order mark.")
    return text


def parse_integer(digits: str) -> int:
    if len(digits) > 20 or not -INT64_MAX - 1 <= int(digits) <= INT64_MAX:
        raise ParseError("An integer is past 64 bits.")
    return int(digits)


def parse_decimal(digits: str) -> Decimal:
    if float(digits) in (float("inf"), float("-inf")) or len(digits) > 400:
        raise ParseError("A number is out of range.")
    return Decimal(digits)


def refuse_constant(name: str) -> None:
    raise ParseError(f"{name} is not JSON.")


def is_too_deep(data: Any) -> bool:
    level = [data]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True


def refuse_control(data: Any) -> None:
    """Control characters are wrong in names too, and in fields that will be ignored."""
    errors: dict[str, Any] = {}
    _find_control(data, (), errors)
    if errors:
        raise ValidationError(errors)


def _find_control(data: Any, path: tuple[str, ...], errors: dict[str, Any]) -> None:
    if isinstance(data, str):
        if has_control(data):
            errors[".".join(path)] = ["Control characters are not allowed."]
    elif isinstance(data, dict):
        for key, value in data.items():
            _find_control(key, (*path, key), errors)
            _find_control(value, (*path, key), errors)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            _find_control(value, (*path, str(index)), errors)
