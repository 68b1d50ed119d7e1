import re

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from common.logging import request_id
from common.middleware import RequestIdMiddleware


@pytest.mark.parametrize("given", ["a", "Caller-1.id_2", "x" * 64])
def test_the_callers_id_is_kept(client: Client, given: str) -> None:
    assert client.get("/health", headers={"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "two words", "a\n", "a\nb", "a\r\nSet-Cookie: b=c", "é", "a;b", "٣"])
def test_an_id_that_is_none_is_replaced(client: Client, given: str) -> None:
    answered = client.get("/health", headers={"X-Request-ID": given})["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", answered)


def test_each_request_without_an_id_gets_its_own(client: Client) -> None:
    assert client.get("/health")["X-Request-ID"] != client.get("/health")["X-Request-ID"]


def test_the_id_is_known_while_the_request_lasts() -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request_id.get())
        return HttpResponse()

    RequestIdMiddleware(view)(RequestFactory(headers={"X-Request-ID": "mine"}).get("/"))
    assert seen == ["mine"]
    assert request_id.get() == ""


def test_errors_carry_it_in_the_header_and_in_the_body(client: Client) -> None:
    response = client.get("/nowhere", headers={"X-Request-ID": "mine"})
    assert response.status_code == 404
    assert response["X-Request-ID"] == "mine"
    assert response.json()["request_id"] == "mine"
