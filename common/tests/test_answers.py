"""An answer of ours is what Django would have made."""

import pickle
from typing import Any

import pytest
from django.http import BadHeaderError, HttpResponse
from django.test import RequestFactory
from rest_framework.request import Request

from common.api.answers import Answer
from common.api.conditional import tagged_json
from common.headers import put, told, vary


@pytest.mark.parametrize("status", [200, 201, 412])
def test_it_is_django_s_response(status):
    ours, theirs = Answer(b"[]", status=status), HttpResponse(b"[]", content_type="application/json", status=status)
    assert ours.serialize() == theirs.serialize()
    known, expected = vars(ours), vars(theirs)
    assert list(known.pop("headers").items()) == list(expected.pop("headers").items())
    assert known == expected


def test_it_can_be_changed_like_one():
    answer = Answer(b"[]")
    answer["X-One"], answer.content = "1", "é"
    answer.set_cookie("a", "b")
    assert (answer["x-one"], answer.content, answer.cookies["a"].value) == ("1", "é".encode(), "b")
    del answer["Content-Type"]
    assert "Content-Type" not in answer
    with pytest.raises(ValueError, match="newlines"):
        answer["X-Two"] = "a\nb"


@pytest.mark.parametrize("place", ["/items/7", "/items/\u00e9", "/items/\u4e2d", "/items/a b"])
def test_a_header_that_a_client_may_have_a_word_in_is_as_django_writes_it(place):
    request: Any = Request(RequestFactory().post("/"))
    assert (
        tagged_json(request, b"[]", headers={"Location": place})["Location"] == HttpResponse(headers={"X": place})["X"]
    )


@pytest.mark.parametrize("place", ["/items/a\nb: c", "/items/a\rb", "/items/\u00e9\nb"])
def test_nobody_writes_a_header_of_their_own(place):
    request: Any = Request(RequestFactory().post("/"))
    with pytest.raises(BadHeaderError):
        tagged_json(request, b"[]", headers={"Location": place})


def test_two_have_nothing_in_common():
    first, second = Answer(b"[]"), Answer(b"[]")
    put(first, "ETag", "1")
    first.set_cookie("a", "b")
    vars(first)["_resource_closers"].append(print)
    assert told(second, "ETag") is None
    assert not second.cookies
    assert not vars(second)["_resource_closers"]


def test_it_can_be_kept():
    kept = pickle.loads(pickle.dumps(Answer(b"[]", status=201)))
    assert (kept.status_code, kept.content, kept["Content-Type"]) == (201, b"[]", "application/json")


@pytest.mark.parametrize(
    ("by", "name", "expected"),
    [
        (None, "Accept", "Accept"),
        ("Accept", "accept", "Accept"),
        ("Accept, Cookie", "Origin", "Accept, Cookie, Origin"),
        ("accept,origin", "Origin", "accept,origin"),
        ("*", "Accept", "*"),
    ],
)
def test_what_it_varies_by(by, name, expected):
    answer = Answer(b"")
    if by:
        put(answer, "Vary", by)
    vary(answer, name)
    assert answer["Vary"] == expected
