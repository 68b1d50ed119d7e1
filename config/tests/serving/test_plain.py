"""What is read at once is read as gunicorn reads it; whatever else there is, gunicorn says what it means."""

from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http import get_parser, wsgi

from config.serving.arrival import Arrival
from config.serving.plain import Plain

DEFAULTS = {"forwarder_headers": "", "secure_scheme_headers": {}, "http_parser": "python"}
CLIENT, SERVER = ("192.0.2.1", 40_000), ("127.0.0.1", 8_000)
# Hooks into a connection, which nobody here uses.
LEFT_OUT = {"gunicorn.socket", "wsgi.early_hints"}


def config(**settings: Any) -> Config:
    cfg = Config()
    for name, value in (DEFAULTS | settings).items():
        cfg.set(name, value)
    return cfg


def arrived(request: bytes) -> Arrival:
    arrival = Arrival(line=8_190, head=100_000, body=100_000)
    arrival.add(request)
    return arrival


def read(request: bytes, cfg: Config, client: Any = CLIENT) -> Any:
    plain = Plain(cfg)
    return plain.read(arrived(request), plain.connected(client, SERVER))


def get(target: str, *lines: str, method: str = "GET", version: str = "HTTP/1.1") -> bytes:
    return "\r\n".join((f"{method} {target} {version}", "Host: a.example:80", *lines, "", "")).encode("latin-1")


PLAIN = {
    "a target": get("/api/v1/items"),
    "the root": get("/"),
    "a query": get("/a?b=c&d=%20?/"),
    "an empty query": get("/a?"),
    "what is escaped": get("/%C3%A9/%2F%zz?q=%C3"),
    "signs": get("/a:b;c=d,(e)!$&'*+@~-._/?[]{}|^`\\<>"),
    "fields": get("/", "accept: */*", "X-Forwarded-For: a,  b", "x-empty:", "X-Sign!#$%&'*+.^`|~: 1"),
    "spaces": get("/", "X-A: \t b \t c \t", "X-B:d"),
    "other letters": get("/", "X-A: caf\xe9 \x80\xff"),
    "a name like a variable's": get("/", "Script-Name: /x", "Content: 1", "Remote-Addr: 1"),
    "to be closed": get("/", "Connection: Close"),
    "to be kept": get("/", "Connection: keep-alive"),
    "HEAD": get("/", method="HEAD"),
    "a body": get("/", "Content-Type: application/json", "Content-Length: 5", method="POST") + b"12\r\n5",
    "an empty body": get("/", "Content-Length: 0", method="PUT"),
}


@pytest.mark.parametrize("request_bytes", PLAIN.values(), ids=PLAIN)
def test_it_is_read_as_gunicorn_reads_it(request_bytes: bytes) -> None:
    cfg = config()
    request, environ = read(request_bytes + b"GET /next", cfg)

    its_request = next(get_parser(cfg, iter([request_bytes]), CLIENT))
    _, its_environ = wsgi.create(its_request, None, CLIENT, SERVER, cfg)
    its_environ["wsgi.multithread"] = True

    assert environ.pop("wsgi.input").read() == its_environ.pop("wsgi.input").read()
    for variables in (environ, its_environ):
        variables.pop("wsgi.errors")
    assert environ == {name: value for name, value in its_environ.items() if name not in LEFT_OUT}
    for attribute in ("method", "uri", "path", "query", "fragment", "version", "headers", "trailers", "scheme"):
        assert getattr(request, attribute) == getattr(its_request, attribute), attribute
    assert request.should_close() == its_request.should_close()


OTHERS = {
    "another version": get("/", version="HTTP/1.0"),
    "another method": get("/", method="TRACE"),
    "a method that is none": get("/", method="get"),
    "a tunnel": get("a.example:80", method="CONNECT"),
    "a target with a host": get("http://a.example/"),
    "two slashes": get("//a.example/"),
    "no target": get("*", method="OPTIONS"),
    "a fragment": get("/a#b"),
    "a target with other letters": get("/caf\xe9"),
    "a target with a control": get("/a\x01"),
    "two spaces": get(" /"),
    "an empty line first": b"\r\n" + get("/"),
    "a bare LF": get("/", "X-A: b\nX-C: d"),
    "a bare CR": get("/", "X-A: b\rX-C: d"),
    "a NUL": get("/", "X-A: \x00"),
    "a folded line": get("/", "X-A: b", " c"),
    "no colon": get("/", "X-A"),
    "no name": get("/", ": b"),
    "a space after a name": get("/", "X-A : b"),
    "an underscore": get("/", "X_A: b"),
    "a field twice": get("/", "X-A: b", "x-a: c"),
    "two hosts": get("/", "Host: b.example"),
    "an expectation": get("/", "Expect: 100-continue", "Content-Length: 1", method="POST") + b"1",
    "chunks": get("/", "Transfer-Encoding: chunked", method="POST") + b"0\r\n\r\n",
    "another coding": get("/", "Transfer-Encoding: identity", method="POST"),
    "two lengths": get("/", "Content-Length: 1", "Content-Length: 1", method="POST") + b"1",
    "a length that is none": get("/", "Content-Length: +1", method="POST") + b"1",
    "a head that is too long": get("/", "X-A: " + "b" * 8_190),
    "too many fields": get("/", *(f"X-{n}: b" for n in range(100))),
    "half of it": get("/", "Content-Length: 5", method="POST") + b"12",
}


@pytest.mark.parametrize("request_bytes", OTHERS.values(), ids=OTHERS)
def test_anything_else_is_left_to_gunicorn(request_bytes: bytes) -> None:
    assert read(request_bytes, config()) is None


def test_so_is_everything_where_more_depends_on_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    request = PLAIN["a target"]
    assert read(request, config())
    assert read(request, config(secure_scheme_headers={"X-FORWARDED-PROTO": "https"})) is None
    assert read(request, config(), client="") is None, "a socket of this machine has no address"
    monkeypatch.setenv("SCRIPT_NAME", "/below")
    assert read(request, config()) is None
