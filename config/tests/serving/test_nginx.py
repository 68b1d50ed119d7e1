"""Production behind nginx: the template of deploy/nginx on Debian's nginx, with TLS."""

import json
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from accounts.models import AuditEvent
from accounts.tests.server import Server, gunicorn
from config.tests.serving.nginx import Nginx, nginx
from config.tests.support import PRODUCTION

pytestmark = pytest.mark.django_db(transaction=True)

HOST = "api.example.com"
SLOW = 100
OTHERS = 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Server]:
    settings = {
        **{name: value for name, value in PRODUCTION.items() if name != "DATABASE_URL"},
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "ALLOWED_HOSTS": HOST,
        "TRUST_PROXY_SSL_HEADER": "true",
        "TRUSTED_PROXIES": "127.0.0.1",
        "THROTTLES": "",
    }
    with gunicorn(workers=1, threads=2, log=tmp_path_factory.mktemp("gunicorn") / "log", **settings) as server:
        yield server


@pytest.fixture(scope="module")
def front(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    with nginx(server.url.removeprefix("http://"), tmp_path_factory.mktemp("nginx")) as front:
        yield front


def request(method: str, path: str, body: bytes = b"", **fields: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {HOST}", "Connection: close"]
    if body:
        lines += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join((*lines, "", "")).encode() + body


def answer(connection: ssl.SSLSocket) -> tuple[int, dict[str, str], bytes]:
    with connection, HTTPResponse(connection) as response:
        response.begin()
        return response.status, dict(response.headers), response.read()


def ask(front: Nginx, sent: bytes, **connecting: str) -> tuple[int, dict[str, str], Any]:
    connection = front.connect(**connecting)
    connection.sendall(sent)
    status, fields, body = answer(connection)
    return status, fields, json.loads(body)


def test_it_answers_over_tls_and_sends_the_others_there(front: Nginx) -> None:
    status, fields, body = ask(front, request("GET", "/health"))
    assert (status, body["status"]) == (200, "ok")
    assert "Strict-Transport-Security" in ask(front, request("GET", "/api/v1/todos"))[1], "it knows of the TLS"
    assert fields["Server"] == "nginx"

    with closing(HTTPConnection("127.0.0.1", front.http_port, timeout=20)) as plain:
        plain.request("GET", "/api/v1/todos?page=2", headers={"Host": HOST})
        moved = plain.getresponse()
        assert (moved.status, moved.headers["Location"]) == (308, f"https://{HOST}/api/v1/todos?page=2")


def test_the_address_is_that_of_the_client_whatever_the_client_says(front: Nginx) -> None:
    wrong = json.dumps({"email": "ada@example.com", "password": "wrong horse battery"}).encode()
    forged = {"X_Forwarded_For": "203.0.113.9", "Forwarded": "for=203.0.113.9", "X_Real_IP": "203.0.113.9"}
    sent = request("POST", "/api/v1/users/login", wrong, **forged)
    assert ask(front, sent, source="127.0.0.2")[0] == 401
    assert AuditEvent.objects.latest("id").ip == "127.0.0.2"


def test_an_id_goes_all_the_way(front: Nginx) -> None:
    assert ask(front, request("GET", "/api/v1/todos", X_Request_ID="traced"))[2]["request_id"] == "traced"
    given = ask(front, request("GET", "/api/v1/todos", X_Request_ID="no id"))[2]["request_id"]
    assert len(given) == 32


def test_slow_clients_hurt_nobody(front: Nginx) -> None:
    """The application has two threads. Whoever sends slowly has none of them."""
    body = b'{"email": "ada@example.com", "password": "correct horse battery"}'
    whole = request("POST", "/api/v1/users/login", body)
    with ExitStack() as stack:
        slow = [stack.enter_context(front.connect()) for _ in range(2 * SLOW)]
        for connection in slow[:SLOW]:
            connection.sendall(whole[:40])  # in the middle of the head
        for connection in slow[SLOW:]:
            connection.sendall(whole[:-20])  # in the middle of the body

        for _ in range(OTHERS):
            assert ask(front, request("GET", "/health"))[0] == 200

        for connection in slow:
            connection.setblocking(False)
            with pytest.raises(ssl.SSLWantReadError):
                connection.recv(1)  # nothing was answered, and nobody hung up
        slow[-1].setblocking(True)
        slow[-1].sendall(whole[-20:])
        assert answer(slow[-1])[0] == 401


REFUSED = {
    "a body that is too large": (413, "content_too_large", request("POST", "/", Content_Length="17000000")),
    "a target that is too long": (414, "uri_too_long", request("GET", "/" + "a" * 20_000)),
    "a field that is too long": (431, "request_header_fields_too_large", request("GET", "/", X_A="a" * 20_000)),
    "no HTTP": (400, "bad_request", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
}


@pytest.mark.parametrize(("status", "code", "sent"), REFUSED.values(), ids=REFUSED)
def test_what_nginx_refuses_is_a_problem(front: Nginx, status: int, code: str, sent: bytes) -> None:
    found, fields, problem = ask(front, sent)
    assert (found, problem["status"], problem["code"]) == (status, status, code)
    assert fields["Content-Type"] == "application/problem+json"
    assert problem["request_id"] == fields["X-Request-ID"] != ""


def test_an_application_that_is_away_is_503(tmp_path: Path) -> None:
    with nginx("127.0.0.1:9", tmp_path) as front:
        status, fields, problem = ask(front, request("GET", "/health"))
    assert (status, problem["code"], fields["Retry-After"]) == (503, "unavailable", "2")


def test_the_longest_cursor_fits_and_etags_stay_strong(front: Nginx) -> None:
    assert ask(front, request("GET", "/api/v1/todos?cursor=" + "a" * 8_000))[0] == 401
    fields = ask(front, request("GET", "/openapi.json", Accept_Encoding="gzip"))[1]
    assert not fields.get("ETag", "").startswith("W/")
