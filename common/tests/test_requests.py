"""Our request answers as REST framework's does."""

import pytest
from rest_framework import request as drf
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, DataAndFiles

from common.api.parsers import CamelJSONParser, StrictJSONParser
from common.api.requests import Request

BODIES: tuple[tuple[str, str], ...] = (
    ("application/json", '{"aB": 1}'),
    ("application/json; charset=utf-8", '{"aB": 1}'),
    ("application/json; case=camel", '{"aB": 1}'),
    ("application/json", ""),
    ("application/x-www-form-urlencoded", "a=1"),
    ("text/plain", "a"),
    ("application/json", "{"),
)


class Shouting(BaseParser):
    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        return DataAndFiles("A", {})


def asked(kind, rf, content_type, body, parsers=(StrictJSONParser, CamelJSONParser), read=False):
    """What its body is, once and again."""
    plain = rf.generic("POST", "/", body, CONTENT_TYPE=content_type)
    if read:
        assert plain.body == body.encode()
    made = kind(plain, parsers=[parser() for parser in parsers])
    said = []
    for _ in range(2):
        try:
            said.append((type(made.data).__name__, dict(made.data) if made.data != "A" else "A"))
        except Exception as error:
            said.append((type(error).__name__, str(error)))
    return said


@pytest.mark.parametrize("read", [False, True])
@pytest.mark.parametrize(("content_type", "body"), BODIES)
def test_a_body(rf, content_type, body, read):
    assert asked(Request, rf, content_type, body, read=read) == asked(drf.Request, rf, content_type, body, read=read)


def test_a_parser_of_another_kind_has_its_say(rf):
    assert asked(Request, rf, "application/json", "{}", parsers=[Shouting]) == [("str", "A")] * 2


def test_what_is_wrong_is_said_once(rf):
    made = Request(rf.post("/", "{", content_type="application/json"), parsers=[StrictJSONParser()])
    with pytest.raises(ParseError):
        assert made.data
    assert made.data == {}


def test_the_method_and_the_headers_are_those_that_came(rf):
    plain = rf.patch("/", HTTP_IF_MATCH="*")
    made = Request(plain)
    assert (made.method, made.META["HTTP_IF_MATCH"], made.headers["If-Match"]) == ("PATCH", "*", "*")


def test_who_asks_is_found_out_once(rf):
    calls = []

    class Authentication:
        def authenticate(self, request):
            calls.append(request)
            return "somebody", "token"

    made = Request(rf.get("/"), authenticators=[Authentication()])
    assert [made.user, made.auth, made.user] == ["somebody", "token", "somebody"]
    assert len(calls) == 1
    made.user = None
    assert (made.user, vars(made._request)["user"]) == (None, None)


def test_a_mistake_in_our_own_code_is_not_taken_for_nobody(rf):
    class Broken:
        def authenticate(self, request):
            raise AttributeError("no such thing")

    class BrokenParser(StrictJSONParser):
        def parse(self, *args):
            raise AttributeError("no such thing")

    with pytest.raises(drf.WrappedAttributeError):
        assert Request(rf.get("/"), authenticators=[Broken()]).user
    with pytest.raises(drf.WrappedAttributeError):
        assert Request(rf.post("/", "{}", content_type="application/json"), parsers=[BrokenParser()]).data
