"""What the plugin finds, and what it lets be."""

import json
import logging
from io import BytesIO

import pytest
from django.test import Client
from django.test.client import FakePayload

from common.testing import leaks
from common.testing.leaks import Kept, Leak, Secrets

FORM = "application/x-www-form-urlencoded"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0xMjM0.c2lnbmF0dXJlMTIzNA"


@pytest.fixture(autouse=True)
def found(monkeypatch):
    """A list of its own: what is planted here is no secret elsewhere."""
    own = Secrets()
    monkeypatch.setattr(leaks, "found", own)
    return own


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f"token {JWT}.", "a JSON Web Token"),
        ("Authorization: Bearer aaaaaaaaaaaaaaaaaaaaaaaa", "a bearer token"),
        ("srp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a personal access token"),
        ("Cookie: sessionid=abcdefgh12345678", "a cookie"),
        ("https://shop.example.com/reset-password#token=abcdefgh12", "a link"),
        ("password=$argon2id$v=19$m=19456", "the hash of a password"),
    ],
)
def test_what_is_shaped_like_a_secret_is_found(found, text, what):
    assert found.find(text) == what


@pytest.mark.parametrize(
    "text",
    ["time=2026-01-01T00:00:00Z request_id=0f8fad5bd9cb469fa16570867728950e", "password_incorrect", "Bearer", ""],
)
def test_other_lines_are_let_be(found, text):
    found.note("correct horse battery")
    found.note("token")
    found.note("password")
    assert found.find(text) == ""


@pytest.mark.parametrize("secret", ["correct horse battery", "Pässwörter", 'with "quotes"', "a" * 32, "x_-y" * 8])
def test_what_was_noted_is_found_also_escaped(found, secret):
    assert not found.find(f"it was {secret}")
    found.note(secret)
    assert found.find(f"it was {secret}")
    assert found.find(json.dumps({"it": secret}))


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_AUTHORIZATION": "Bearer opaque-and-long-enough-1"},
        {"HTTP_COOKIE": "a=b; sessionid=opaque-and-long-enough-1"},
        {"wsgi.input": FakePayload(b'{"new_password": "opaque-and-long-enough-1"}')},
        {"wsgi.input": FakePayload(b"password=opaque-and-long-enough-1"), "CONTENT_TYPE": FORM},
        {"wsgi.input": FakePayload(b'name="password1"\r\n\r\nopaque-and-long-enough-1\r\n--x')},
    ],
    ids=["bearer", "cookie", "json", "form", "multipart"],
)  # fmt: skip
def test_what_a_client_sends_is_noted(found, environ):
    leaks.note_request(environ)

    assert found.find("opaque-and-long-enough-1")


def test_bodies_of_every_shape_are_read(found):
    for body in (b'{"password": "\\ud8"}', b"\xff\xfe", b"", b'{"token": 1}'):
        leaks.note_request({"wsgi.input": FakePayload(body)})
    leaks.note_request({"wsgi.input": BytesIO()})


def test_a_line_is_searched_whole_with_its_fields_and_its_traceback(found):
    found.note("correct horse battery")
    own = Kept()
    logger = logging.Logger("shop")
    logger.addHandler(own)

    logger.debug("all is well")
    leaks.check(own.take(), "a test")
    for plant in (
        lambda: logger.info("typed %s", "correct horse battery"),
        lambda: logger.info("typed", extra={"fields": {"it": "correct horse battery"}}),
        lambda: logger.error("failed", exc_info=ValueError("correct horse battery")),
    ):
        plant()
        with pytest.raises(Leak, match="a test left a password, or something sent as one in logger shop"):
            leaks.check(own.take(), "a test")


def test_it_stands_in_the_way_of_every_client(found):
    Client().get("/health", headers={"Authorization": "Bearer opaque-and-long-enough-1"})

    assert found.find("opaque-and-long-enough-1")
    assert leaks.kept in logging.root.handlers
