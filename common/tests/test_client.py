"""Who is at the other end."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from common.client import Client, client
from common.middleware import ClientMiddleware


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:2:3:4:5", "2001:db8:0:1::/64"),
        ("::1", "::/64"),
        ("", ""),
    ],
)
def test_tries_are_counted_by_what_one_subscriber_has(ip: str, network: str) -> None:
    assert Client(ip).network == network


def test_it_is_known_while_the_request_lasts() -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(client.get())
        return HttpResponse()

    request = RequestFactory().get("/", headers={"User-Agent": "curl/8", "X-Forwarded-For": "198.51.100.1"})
    request.META["REMOTE_ADDR"] = "192.0.2.1"
    ClientMiddleware(view)(request)

    assert seen == [Client("192.0.2.1", "curl/8")]
    assert client.get() == Client()
