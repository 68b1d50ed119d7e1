"""Whose word is taken for where a request comes from."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from common.client import Proxies, client
from common.middleware import ClientMiddleware

TRUSTED = Proxies.parse(["10.0.0.0/8", "2001:db8:f::/48", "192.0.2.7"])


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "origin"),
    [
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("192.0.2.7", "198.51.100.1", "198.51.100.1"),
        ("2001:db8:f::1", "2001:db8:1::2", "2001:db8:1::2"),
        ("10.0.0.1", "", "10.0.0.1"),
        # Who is not trusted may say what they like.
        ("198.51.100.9", "203.0.113.1", "198.51.100.9"),
        ("192.0.2.8", "203.0.113.1", "192.0.2.8"),
        ("", "203.0.113.1", ""),
        # From the right, past each that is trusted; what stands before was written by whoever asked.
        ("10.0.0.1", "203.0.113.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.1,198.51.100.1,10.0.0.2 , 10.0.0.3", "198.51.100.1"),
        ("10.0.0.1", "127.0.0.1, 10.9.9.9, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        # With the port that some proxies add, and other spellings of one address.
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "[2001:DB8:0:0::1]:4711", "2001:db8::1"),
        ("10.0.0.1", "[2001:db8::1]", "2001:db8::1"),
        ("10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("::ffff:10.0.0.1", "198.51.100.1", "198.51.100.1"),
        # What is no address ends it: the last that was named by somebody trusted.
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "198.51.100.1, ", "10.0.0.1"),
        ("10.0.0.1", ",,,", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1:port", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.256", "10.0.0.1"),
        ("10.0.0.1", "١٩٨.51.100.1", "10.0.0.1"),
        ("10.0.0.1", "\x00", "10.0.0.1"),
        ("10.0.0.1", "1.1.1.1," * 2_000, "10.0.0.1"),
    ],
)
def test_where_a_request_comes_from(settings: Any, peer: str, forwarded_for: str, origin: str) -> None:
    settings.TRUSTED_PROXIES = TRUSTED
    assert seen_by_the_application(peer, X_FORWARDED_FOR=forwarded_for)[0] == origin


def test_a_socket_of_the_file_system_has_a_name_of_its_own(settings: Any) -> None:
    settings.TRUSTED_PROXIES = Proxies.parse(["unix"])
    assert seen_by_the_application("", X_FORWARDED_FOR="203.0.113.1, 198.51.100.1")[0] == "198.51.100.1"
    assert seen_by_the_application("10.0.0.1", X_FORWARDED_FOR="198.51.100.1")[0] == "10.0.0.1"


def test_nobody_is_trusted_unless_named(settings: Any) -> None:
    settings.TRUSTED_PROXIES = Proxies()
    assert seen_by_the_application("127.0.0.1", X_FORWARDED_FOR="198.51.100.1")[0] == "127.0.0.1"
    assert seen_by_the_application("", X_FORWARDED_FOR="198.51.100.1")[0] == ""


def test_https_is_believed_of_them_alone_where_they_are_named(settings: Any) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.TRUSTED_PROXIES = TRUSTED
    assert seen_by_the_application("10.0.0.1", X_FORWARDED_PROTO="https")[1] is True
    assert seen_by_the_application("198.51.100.1", X_FORWARDED_PROTO="https")[1] is False
    settings.TRUSTED_PROXIES = Proxies()
    assert seen_by_the_application("198.51.100.1", X_FORWARDED_PROTO="https")[1] is True


@pytest.mark.parametrize("word", ["proxy", "10.0.0.1/33", "10.0.0.1/8", "0.0.0.0/0", "::/0", "*", "10.0.0.1:80"])
def test_what_names_no_proxy(word: str) -> None:
    with pytest.raises(ValueError, match=f"^{word.replace('*', '[*]')}$"):
        Proxies.parse(["10.0.0.1", word])


def seen_by_the_application(peer: str, **headers: str) -> tuple[str, bool]:
    """The client's address, and whether it is taken to speak HTTPS."""
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append((client.get().ip, request.is_secure()))
        return HttpResponse()

    request = RequestFactory().get("/", headers={name.replace("_", "-"): value for name, value in headers.items()})
    request.META["REMOTE_ADDR"] = peer
    ClientMiddleware(view)(request)
    return seen[0]
