from io import BytesIO

import pytest
from django.test import RequestFactory
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.request import Request

from common.api.parsers import StrictJSONParser, read


def test_a_body_that_breaks_off_is_no_body():
    request = RequestFactory().post("/", b"{}", content_type="application/json", CONTENT_LENGTH="100")
    request._stream = BytesIO(b"{}")
    with pytest.raises(ParseError, match="shorter than its Content-Length"):
        read(request)


def parsed(text: str) -> object:
    request = Request(RequestFactory().post("/", text, content_type="application/json"), parsers=[StrictJSONParser()])
    return request.data


@pytest.mark.parametrize(
    "text", ['{"a": "\x7f"}', '{"a": ["\x85"]}', '{"\x9f": 1}', '{"a": "\\u0007"}', '{"\\ud800": 1}']
)
def test_a_control_character_is_refused_wherever_it_stands(text):
    with pytest.raises(ValidationError, match="Control characters are not allowed"):
        parsed(text)


@pytest.mark.parametrize("text", ["\u00a0", "\u200b", "\ue000", "\u2028", "é中😀"])
def test_what_cannot_be_printed_is_no_control_character(text):
    assert parsed(f'\n{{"a":\t"{text}"}}\r\n') == {"a": text}


def test_a_whole_body_is_read():
    assert read(RequestFactory().post("/", b"{}", content_type="application/json")) == b"{}"
