"""The application as `gunicorn` in the checkout serves it, by gunicorn.conf.py and in production settings."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from accounts.tests.server import database_url, free_port
from config.env import BASE_DIR
from config.tests.support import PRODUCTION

Exchange = Callable[[bytes], tuple[int, dict[str, Any]]]


def _wait_for(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 30
    while server.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
            get(connection, "/health")
            return
        time.sleep(0.05)
    pytest.fail(f"gunicorn does not answer:\n{log.read_text()}")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gunicorn") / "log"


@pytest.fixture(scope="module")
def port(log: Path, django_db_setup: None) -> Iterator[int]:
    port = free_port()
    variables = {"HOST": "127.0.0.1", "PORT": str(port), "WEB_CONCURRENCY": "1", "DRAIN_SECONDS": "0"}
    environment = {"PATH": os.environ["PATH"], **PRODUCTION, "SECURE_SSL_REDIRECT": "false", **variables}
    environment["DATABASE_URL"] = database_url()
    with log.open("w") as out:
        server = subprocess.Popen([sys.executable, "-m", "gunicorn"], cwd=BASE_DIR, env=environment, stderr=out)
        try:
            _wait_for(server, port, log)
            yield port
        finally:
            server.terminate()
            server.wait(timeout=30)


@pytest.fixture
def connection(port: int) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        yield connection


@pytest.fixture
def exchange(connection: http.client.HTTPConnection, transactional_db: None) -> Exchange:
    """Sends the raw bytes of a body in chunks to the login, and answers status and JSON."""

    def exchange(chunks: bytes) -> tuple[int, dict[str, Any]]:
        connection.putrequest("POST", "/api/v1/users/login", skip_host=True)
        connection.putheader("Host", "api.example.com")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Transfer-Encoding", "chunked")
        connection.endheaders(chunks)
        with connection.getresponse() as response:
            return response.status, json.load(response)

    return exchange


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def get(connection: http.client.HTTPConnection, path: str, **headers: str) -> int:
    connection.request("GET", path, headers=headers)
    with connection.getresponse() as response:
        response.read()
        return response.status


def test_it_is_alive_whatever_host_the_probe_names(connection: http.client.HTTPConnection) -> None:
    assert get(connection, "/health") == 200
    assert get(connection, "/api/v1/todos") == 400


@pytest.mark.parametrize("path", ["/", "/docs", "/static/docs/swagger.js", "/static/offapi/scalar.js"])
def test_the_docs_are_there_with_their_scripts(connection: http.client.HTTPConnection, path: str) -> None:
    assert get(connection, path, Host="api.example.com") == 200


def test_a_body_in_chunks_is_read(exchange: Exchange) -> None:
    status, problem = exchange(chunk(b'{"email": 1, ') + chunk(b'"password": 2}') + b"0\r\n\r\n")
    assert status == 422
    assert {error["field"]: error["code"] for error in problem["errors"]} == {
        "body.email": "invalid",
        "body.password": "invalid",
    }


def test_a_large_one_is_413(exchange: Exchange) -> None:
    status, problem = exchange(chunk(b" " * 1_000_000) * 4 + b"0\r\n\r\n")
    assert (status, problem["code"]) == (413, "content_too_large")


def test_malformed_chunks_are_400(exchange: Exchange) -> None:
    assert exchange(b"zz\r\nnonsense\r\n")[0] == 400


def test_its_log_names_the_request(connection: http.client.HTTPConnection, log: Path) -> None:
    get(connection, "/health", **{"X-Request-ID": "traced"})
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    [traced] = [line for line in lines if line.get("request_id") == "traced"]
    assert (traced["logger"], traced["method"], traced["route"], traced["status"]) == ("access", "GET", "/health", 200)


@pytest.mark.parametrize(
    "forged",
    [
        {"SCRIPT_NAME": "/nope"},
        {"SCRIPT-NAME": "/api/v1"},
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-Ssl": "on"},
        {"X-Forwarded-Protocol": "ssl"},
        {"REMOTE_USER": "admin"},
    ],
)
def test_what_a_proxy_might_have_said_is_not_believed(
    connection: http.client.HTTPConnection, forged: dict[str, str]
) -> None:
    connection.request("GET", "/api/v1/todos", headers={"Host": "api.example.com", **forged})
    with connection.getresponse() as response:
        assert (response.status, json.load(response)["code"]) == (401, "not_authenticated")
        assert "Strict-Transport-Security" not in response.headers, "said over HTTPS only"


def test_the_longest_cursor_fits(connection: http.client.HTTPConnection) -> None:
    assert get(connection, "/api/v1/todos?cursor=" + "a" * 8_000, Host="api.example.com") == 401


def test_a_body_that_breaks_off_is_400(port: int, transactional_db: None) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        head = b"POST /api/v1/users/login HTTP/1.1\r\nHost: api.example.com\r\nContent-Type: application/json\r\n"
        client.sendall(head + b"Content-Length: 100\r\n\r\n{}")
        client.shutdown(socket.SHUT_WR)
        assert client.makefile("rb").readline().split()[1] == b"400"
