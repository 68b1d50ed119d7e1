"""What gunicorn refuses before the application sees it: a problem like any other, and nothing of it in the log."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from accounts.tests.server import Server, gunicorn

MARK = "written-by-a-client"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gunicorn") / "log"


@pytest.fixture(scope="module")
def server(log: Path, django_db_setup: None) -> Iterator[Server]:
    with gunicorn(workers=1, threads=2, log=log) as server:
        yield server


def exchange(server: Server, request: bytes) -> tuple[bytes, dict[bytes, bytes], bytes]:
    """The status line, the header fields and the body of the answer to these bytes."""
    url = urlsplit(server.url)
    with socket.create_connection((url.hostname, url.port), timeout=20) as client:
        client.sendall(request)
        with client.makefile("rb") as answer:
            head, _, body = answer.read().partition(b"\r\n\r\n")
    status, *lines = head.split(b"\r\n")
    return status, dict(line.split(b": ", 1) for line in lines), body


def get(path: str, *lines: str) -> bytes:
    return "\r\n".join((f"GET {path} HTTP/1.1", "Host: 127.0.0.1", *lines, "", "")).encode("latin-1")


REFUSED = {
    "a target that is too long": (414, "uri_too_long", get(f"/{MARK}" + "a" * 9_000)),
    "a field that is too long": (431, "request_header_fields_too_large", get("/", f"X-A: {MARK}" + "a" * 9_000)),
    "too many fields": (431, "request_header_fields_too_large", get("/", *(f"X-{n}: {MARK}" for n in range(200)))),
    "no HTTP": (400, "bad_request", f"{MARK}\r\n\r\n".encode()),
    "a field without a name": (400, "bad_request", get("/", f": {MARK}")),
    "two lengths": (400, "bad_request", get("/", "Content-Length: 1", "Content-Length: 2", f"X-A: {MARK}")),
    "an unknown coding": (501, "not_implemented", get("/", f"Transfer-Encoding: {MARK}")),
    "an unknown expectation": (417, "expectation_failed", get("/", f"Expect: {MARK}")),
}


@pytest.mark.parametrize(("status", "code", "request_bytes"), REFUSED.values(), ids=REFUSED)
def test_it_is_a_problem_with_an_id(server: Server, log: Path, status: int, code: str, request_bytes: bytes) -> None:
    line, fields, body = exchange(server, request_bytes)

    assert line.split()[1] == str(status).encode()
    assert fields[b"Content-Type"] == b"application/problem+json"
    assert fields[b"Connection"] == b"close"
    problem = json.loads(body)
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["request_id"] == fields[b"X-Request-ID"].decode() != ""

    written = log.read_text()
    assert f"request_id={problem['request_id']} message=request method=other route=unknown status={status}" in written
    assert MARK not in written


def test_a_head_leaves_no_line_but_its_own(server: Server, log: Path) -> None:
    line, _, body = exchange(server, b"HEAD /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    assert (line.split()[1], body) == (b"200", b"")
    assert "dropping" not in log.read_text()


def test_its_own_lines_look_like_all_others(server: Server, log: Path) -> None:
    lines = log.read_text().splitlines()
    assert any("logger=gunicorn.error" in line and "Booting worker" in line for line in lines)
    assert all(line.startswith("time=") for line in lines), lines
