"""Where a request ends, however it is cut."""

import pytest

from config.serving.arrival import Arrival

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: Chunked\r\n\r\n"
NEXT = b"GET /next HTTP/1.1\r\n"


def arrive(*pieces: bytes) -> Arrival:
    arrival = Arrival(line=100, head=500, body=50)
    for piece in pieces:
        arrival.add(piece)
    return arrival


WHOLE = {
    "no body": HEAD + b"\r\n",
    "a length": HEAD + b"content-LENGTH: \t5 \r\nX-A: b\r\n\r\n12345",
    "no length": HEAD + b"Content-Length: 0\r\n\r\n",
    "chunks": CHUNKED + b"5\r\nab\r\nc\r\nA;x=y\r\n0\r\n\r\n12345\r\n0\r\n\r\n",
    "a trailer": CHUNKED + b"1\r\na\r\n0\r\nX-Sum: 1\r\nX-B: 2\r\n\r\n",
}


@pytest.mark.parametrize("request_bytes", WHOLE.values(), ids=WHOLE)
def test_it_is_whole_with_its_last_byte(request_bytes: bytes) -> None:
    at_once = arrive(request_bytes + NEXT)
    assert at_once.whole
    assert (b"".join(at_once.pieces()), at_once.rest()) == (request_bytes, NEXT)

    arrival = arrive()
    for at in range(len(request_bytes)):
        assert not arrival.over
        arrival.add(request_bytes[at : at + 1])
    assert arrival.whole
    assert (b"".join(arrival.pieces()), arrival.rest()) == (request_bytes, b"")


HOPELESS = {
    "a line without end": b"GET /" + b"a" * 200,
    "a head without end": HEAD + b"X-A: b\r\n" * 100,
    "a length that is too much": HEAD + b"Content-Length: 51\r\n\r\n",
    "a length that is none": HEAD + b"Content-Length: +5\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 5\r\ncontent-length: 5\r\n\r\n",
    "a length and chunks": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "another coding": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
    "two codings": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "a size that is none": CHUNKED + b"0x5\r\n",
    "a size without end": CHUNKED + b"5;" + b"a" * 60,
    "a chunk that is too much": CHUNKED + b"ff\r\n",
    "chunks that are too much": CHUNKED + b"a\r\n0123456789\r\n" * 4,
    "a trailer without end": CHUNKED + b"0\r\n" + b"X-A: b\r\n" * 10,
}


@pytest.mark.parametrize("request_bytes", HOPELESS.values(), ids=HOPELESS)
def test_what_will_be_refused_is_not_waited_for(request_bytes: bytes) -> None:
    arrival = arrive(request_bytes)
    assert (arrival.over, arrival.whole, arrival.rest()) == (True, False, b"")
    assert b"".join(arrival.pieces()) == request_bytes


def test_who_waits_to_be_told_to_continue_is_noticed() -> None:
    expecting = HEAD + b"Expect: 100-Continue\r\nContent-Length: 5\r\n\r\n"
    assert arrive(expecting).waits_for_continue
    assert not arrive(expecting.replace(b"100", b"200")).waits_for_continue
