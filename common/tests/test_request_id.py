import re

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from common.logging import request_id, trace_id
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


TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    "given", [f"00-{TRACE}-00f067aa0ba902b7-01", f"cc-{TRACE}-00f067aa0ba902b7-00", f"cc-{TRACE}-00f067aa0ba902b7-01-x"]
)
def test_without_an_id_it_is_that_of_the_trace(client: Client, given: str) -> None:
    assert client.get("/health", headers={"traceparent": given})["X-Request-ID"] == TRACE


@pytest.mark.parametrize(
    "given",
    [
        f"ff-{TRACE}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-00f067aa0ba902b7-01",
        f"00-{TRACE}-00f067aa0ba902b7-01-x",
        f"00-{TRACE}-00f067aa0ba902b7",
        f"00-{TRACE}x-00f067aa0ba902b7-01",
        f"00-{TRACE}-00f067aa0ba902b7-01\n",
    ],
)
def test_a_malformed_trace_is_none(client: Client, given: str) -> None:
    answered = client.get("/health", headers={"traceparent": given})["X-Request-ID"]
    assert answered not in (TRACE, "0" * 32)
    assert re.fullmatch(r"[0-9a-f]{32}", answered)


def test_with_both_the_trace_is_logged_beside_the_id() -> None:
    seen = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append((request_id.get(), trace_id.get()))
        return HttpResponse()

    headers = {"X-Request-ID": "mine", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    RequestIdMiddleware(view)(RequestFactory(headers=headers).get("/"))
    assert seen == [("mine", TRACE)]
    assert trace_id.get() == ""


def test_errors_carry_it_in_the_header_and_in_the_body(client: Client) -> None:
    response = client.get("/nowhere", headers={"X-Request-ID": "mine"})
    assert response.status_code == 404
    assert response["X-Request-ID"] == "mine"
    assert response.json()["request_id"] == "mine"
