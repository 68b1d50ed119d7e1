"""What one request leaves behind: its log lines, its task's and the reports of errors have one id."""

import json
import logging
from collections.abc import Iterator
from io import StringIO
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
import sentry_sdk
from django.core.mail import EmailMessage
from django.test import Client
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from common import reporting
from common.logging import JsonFormatter, RequestIdFilter
from common.testing.tasks import IN_DATABASE, work_off
from config.tests.support import PRODUCTION, load, run

pytestmark = pytest.mark.django_db(transaction=True)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Kept(Transport):
    """Sends nothing anywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.events += [item.payload.json for item in envelope.items if item.payload.json]


@pytest.fixture
def reports() -> Iterator[list[dict[str, Any]]]:
    transport = Kept()
    reporting.start(
        dsn="https://key@sentry.example.com/1", environment="test", release="1.2.3", traces=0, transport=transport
    )
    yield transport.events
    sentry_sdk.get_global_scope().set_client(None)


@pytest.fixture
def lines() -> Iterator[StringIO]:
    out = StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(RequestIdFilter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield out
    root.removeHandler(handler)


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


def written(lines: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_a_request_its_task_and_their_errors_have_one_id(client, make_user, settings, monkeypatch, reports, lines):
    settings.TASKS = IN_DATABASE
    make_user(email="ada@example.com")

    def fail(self: EmailMessage) -> None:
        raise ZeroDivisionError("ada@example.com")  # nothing that another try would mend

    monkeypatch.setattr(EmailMessage, "send", fail)
    client.post(
        "/api/v1/users/password-reset",
        {"email": "ada@example.com"},
        content_type="application/json",
        headers={"X-Request-ID": "mine", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"},
    )
    client.get("/health", headers={"X-Request-ID": "another"})
    work_off()

    [access] = [line for line in written(lines) if line["logger"] == "access" and line["request_id"] == "mine"]
    assert (access["route"], access["status"], access["trace_id"]) == ("/api/v1/users/password-reset", 202, TRACE)
    assert access["queries"] > 0
    [task] = [line for line in written(lines) if line["logger"] == "tasks"]
    assert (task["request_id"], task["trace_id"], task["outcome"]) == ("mine", TRACE, "failed")
    assert "ZeroDivisionError" in task["exception"]
    [report] = reports
    assert report["tags"] == {"request_id": "mine", "trace_id": TRACE}
    assert report["exception"]["values"][-1]["type"] == "ZeroDivisionError"


def test_a_mail_that_is_given_up_is_reported_without_the_address(make_user, monkeypatch, reports, client):
    make_user(email="ada@example.com")

    def fail(self: EmailMessage) -> None:
        raise SMTPServerDisconnected("ada@example.com is no mailbox of ours")

    monkeypatch.setattr(EmailMessage, "send", fail)
    body = {"email": "ada@example.com"}
    client.post("/api/v1/users/password-reset", body, content_type="application/json")

    [report] = reports
    assert [found["value"] for found in report["exception"]["values"]] == ["SMTPServerDisconnected"]
    assert "ada@" not in json.dumps(report)


def test_an_error_is_reported_with_the_id_of_its_request_and_nothing_that_was_sent(client, settings, reports, lines):
    settings.ROOT_URLCONF = "config.tests.broken_urls"
    client.cookies["refresh_token"] = "a-cookie-that-is-secret"
    answer = client.post(
        "/api/v1/broken?q=a-query-that-is-secret",
        {"password": "a-body-that-is-secret"},
        content_type="application/json",
        headers={"X-Request-ID": "mine", "Authorization": "Bearer a-token-that-is-secret", "User-Agent": "is-secret"},
    )
    assert answer.status_code == 500

    [report] = reports
    assert report["tags"]["request_id"] == answer["X-Request-ID"] == "mine"
    assert {line["request_id"] for line in written(lines)} == {"mine"}
    assert (report["release"], report["environment"]) == ("1.2.3", "test")
    assert report["exception"]["values"][-1]["stacktrace"]["frames"]
    assert "is-secret" not in json.dumps(report)
    assert "vars" not in json.dumps(report)


@pytest.mark.parametrize(
    "secret",
    [
        "ada@example.com",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "Zk3v9QmT1xL0b7RwYc2NdE5hUg8JfPsA4oVi6KtXyW",
        "srp_Zk3v9QmT1xL0b7RwYc2Nd",
    ],
)
def test_what_an_exception_quotes_is_taken_out(reports: list[dict[str, Any]], secret: str) -> None:
    for text in (f"no such thing: '{secret}'", f'duplicate key\nDETAIL: Key (email)=({secret}, "Ada King") exists.'):
        try:
            raise ValueError(text)
        except ValueError:
            sentry_sdk.capture_exception()
            sentry_sdk.capture_message(f"failed on {secret}")
    assert len(reports) == 4
    assert secret not in json.dumps(reports)
    assert "Ada King" not in json.dumps(reports)
    assert "no such thing" in json.dumps(reports)


def test_what_is_no_error_is_not_reported(client: Client, reports: list[dict[str, Any]]) -> None:
    client.get("/nowhere")
    logging.getLogger("shop").warning("careful")
    assert reports == []


# In a process of its own: the integration with Django stays in what it was put into.
_TRACED = """
import django, json
from io import BytesIO
django.setup()
from django.conf import settings
from common import reporting
from config.tests.test_watching import Kept
kept = Kept()
reporting.start(dsn="https://key@sentry.example.com/1", environment="test", release="1", traces=1.0, transport=kept)
settings.ROOT_URLCONF, settings.ALLOWED_HOSTS = "config.tests.broken_urls", ["shop"]
from config.wsgi import application
body = b'{"password": "is-secret"}'
application({
    "REQUEST_METHOD": "POST", "PATH_INFO": "/api/v1/broken", "QUERY_STRING": "q=is-secret", "REMOTE_ADDR": "192.0.2.9",
    "SERVER_NAME": "shop", "SERVER_PORT": "80", "wsgi.url_scheme": "http", "wsgi.errors": None,
    "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json",
    "HTTP_COOKIE": "refresh_token=is-secret", "HTTP_AUTHORIZATION": "Bearer is-secret", "HTTP_X_REQUEST_ID": "mine",
}, lambda *head: None)
print(json.dumps(kept.events))
"""


def test_the_course_of_a_request_has_nothing_that_was_sent_either() -> None:
    done = run("-c", _TRACED, DJANGO_SETTINGS_MODULE="config.settings.test")
    assert done.returncode == 0, done.stderr
    error, course = json.loads(done.stdout)
    assert (error["tags"], error["exception"]["values"][0]["type"]) == ({"request_id": "mine"}, "RuntimeError")
    assert (course["type"], course["transaction"]) == ("transaction", "/api/v1/broken")
    for secret in ("is-secret", "192.0.2.9"):
        assert secret not in done.stdout


def test_production_writes_json_and_queues_its_tasks_and_others_do_neither() -> None:
    def chosen(**variables: str) -> list[str]:
        found = load("LOG_FORMAT", "TASKS", **variables)
        return [found["LOG_FORMAT"], found["TASKS"]["default"]["BACKEND"].rpartition(".")[2]]

    assert chosen(**PRODUCTION) == ["json", "InDatabase"]
    assert chosen(**PRODUCTION, LOG_FORMAT="line", TASKS="inline") == ["line", "InThread"]
    assert chosen() == ["line", "InThread"]
    assert chosen(TASKS="database", LOG_FORMAT="json") == ["json", "InDatabase"]


def test_without_being_asked_for_there_are_no_metrics(client: Client) -> None:
    assert client.get("/metrics").status_code == 404


def test_without_a_dsn_nothing_is_imported() -> None:
    code = "import sys, django; django.setup(); print({'sentry_sdk', 'prometheus_client'} & set(sys.modules))"
    done = run("-c", code, DJANGO_SETTINGS_MODULE="config.settings.test")
    assert done.stdout.strip() == "set()", done.stderr
