from collections.abc import Callable
from io import BytesIO
from typing import IO, Any

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import RequestFactory

from common.api.parsers import MAX_DISCARD
from common.middleware import ChunkedBodyMiddleware

LIMIT = 2_621_440


class Broken(BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        raise EOFError("the chunk breaks off")


@pytest.fixture
def send() -> Callable[..., tuple[HttpResponseBase, list[bytes]]]:
    """Sends a request through the middleware; answers the response and the bodies that the view has seen."""

    def send(stream: IO[bytes], **environ: Any) -> tuple[HttpResponseBase, list[bytes]]:
        seen: list[bytes] = []

        def view(request: HttpRequest) -> HttpResponse:
            seen.append(request.body)
            assert int(request.META["CONTENT_LENGTH"] or 0) == len(request.body)
            return HttpResponse()

        base = RequestFactory().patch("/").META
        base = {key: value for key, value in base.items() if key != "CONTENT_LENGTH"}
        chunked = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": stream, "wsgi.input_terminated": True}
        return ChunkedBodyMiddleware(view)(WSGIRequest({**base, **chunked, **environ})), seen

    return send


Send = Callable[..., tuple[HttpResponseBase, list[bytes]]]


def test_a_chunked_body_reaches_the_view(send: Send) -> None:
    assert send(BytesIO(b'{"a": 1}'))[1] == [b'{"a": 1}']


def test_a_body_up_to_the_limit_does_too(send: Send) -> None:
    assert send(BytesIO(b" " * LIMIT))[1] == [b" " * LIMIT]


def test_a_larger_one_is_413_and_read_to_its_end(send: Send) -> None:
    stream = BytesIO(b" " * (LIMIT + 1_000_000))
    response, seen = send(stream)
    assert (response.status_code, seen) == (413, [])
    assert response["Content-Type"] == "application/problem+json"
    assert stream.read() == b""


def test_but_not_for_ever(send: Send) -> None:
    stream = BytesIO(b" " * (MAX_DISCARD + 1_000_000))
    assert send(stream)[0].status_code == 413
    assert stream.read() != b""


def test_a_server_that_cannot_tell_its_end_asks_for_a_length(send: Send) -> None:
    response, seen = send(Broken(), **{"wsgi.input_terminated": False})
    assert (response.status_code, seen) == (411, [])


def test_chunks_that_break_off_are_400(send: Send) -> None:
    response, seen = send(Broken())
    assert (response.status_code, seen) == (400, [])


def test_another_coding_is_415(send: Send) -> None:
    response, seen = send(BytesIO(b"x"), HTTP_TRANSFER_ENCODING="gzip, chunked")
    assert (response.status_code, seen) == (415, [])


def test_a_body_with_a_length_is_left_alone(send: Send) -> None:
    response, seen = send(BytesIO(b"abcd"), HTTP_TRANSFER_ENCODING="", CONTENT_LENGTH="4")
    assert (response.status_code, seen) == (200, [b"abcd"])


def test_under_asgi_the_server_has_read_the_body_already() -> None:
    scope = {
        "type": "http",
        "method": "PATCH",
        "path": "/",
        "query_string": b"",
        "headers": [(b"transfer-encoding", b"chunked")],
    }
    request = ASGIRequest(scope, BytesIO(b"abcd"))
    ChunkedBodyMiddleware(lambda request: HttpResponse())(request)
    assert (request.META["CONTENT_LENGTH"], request.body) == ("4", b"abcd")
