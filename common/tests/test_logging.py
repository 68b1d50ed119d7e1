import json
import logging
import sys
import time
from io import StringIO
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils.functional import SimpleLazyObject

from common.logging import JsonFormatter, LineFormatter, LineHandler, RequestIdFilter, event, request_id, trace_id
from common.middleware import AccessLogMiddleware
from common.prepared import fetch_row


def line(message: str, *args: object, exc_info: Any = None, **fields: object) -> str:
    record = logging.LogRecord("shop", logging.INFO, "", 0, message, args, exc_info)
    record.fields = fields
    RequestIdFilter().filter(record)
    return LineFormatter().format(record)


def test_a_line_is_pairs_of_keys_and_values() -> None:
    token = request_id.set("abc")
    try:
        written = line("saved %s", "it", count=2, empty=None)
    finally:
        request_id.reset(token)
    moment, rest = written.split(" ", 1)
    assert moment.startswith("time=20")
    assert moment.endswith("Z")
    assert rest == 'level=info logger=shop request_id=abc message="saved it" count=2'


@pytest.mark.parametrize(
    "hostile", ["a\nlevel=error", "a\r\nb", "a\x1b[31m", "\u202egnp", 'a" user=1', "a\u2028b", "\udc80"]
)
def test_what_a_client_wrote_can_neither_end_a_line_nor_start_a_pair(hostile: str) -> None:
    for written in (line("got %s", hostile), line("got", name=hostile)):
        assert written.isascii()
        assert written.isprintable()
        assert " user=" not in written.replace(r"\" user=", "")


Heard = tuple[logging.Logger, list[logging.LogRecord]]


class Keeping(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def heard() -> Heard:
    """A logger of the test's own, and what it was told."""
    logger, keeping = logging.Logger("shop", logging.INFO), Keeping()
    logger.addHandler(keeping)
    return logger, keeping.records


def test_an_event_is_a_record_like_any_other(heard: Heard) -> None:
    logger, records = heard
    before = time.time()
    event(logger, "done", {"count": 2})
    logger.info("done", extra={"fields": {"count": 2}})

    made, usual = records
    assert vars(made).keys() == vars(usual).keys()
    same = ("name", "levelno", "levelname", "msg", "args", "exc_info", "exc_text", "stack_info", "fields")
    assert [vars(made)[name] for name in same] == [vars(usual)[name] for name in same]
    assert before <= made.created <= usual.created
    assert 0 <= made.msecs == int(made.created % 1 * 1000) < 1000
    assert JsonFormatter().format(made)[45:] == JsonFormatter().format(usual)[45:]


def test_an_event_below_the_level_is_none(heard: Heard) -> None:
    logger, records = heard
    logger.setLevel(logging.WARNING)
    event(logger, "done", {})
    assert not records


def test_who_makes_the_records_makes_that_of_an_event(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> None:
    logger, records = heard
    monkeypatch.setattr(logging, "_logRecordFactory", type("Own", (logging.LogRecord,), {}))
    event(logger, "done", {"count": 2})
    assert type(records[0]).__name__ == "Own"
    assert vars(records[0])["fields"] == {"count": 2}


def test_a_traceback_follows_indented_and_escaped() -> None:
    try:
        raise ValueError("one\ntime=2026 \x1b[31m")
    except ValueError:
        written = line("failed", exc_info=sys.exc_info())
    first, *following = written.split("\n")
    assert first.endswith("message=failed")
    assert following[0] == "    Traceback (most recent call last):"
    assert following[-1] == r"    time=2026 \x1b[31m"
    assert all(text.startswith("    ") for text in following)


def test_as_json_it_is_one_object_with_the_traceback_inside() -> None:
    try:
        raise ValueError("one\n\x1b[31m")
    except ValueError:
        record = logging.LogRecord("shop", logging.ERROR, "", 0, "got %s", ("\u2028\udc80\n",), sys.exc_info())
    key = uuid4()
    record.__dict__["fields"] = {"ms": 1.5, "queries": 2, "user": None, "key": key}
    tokens = request_id.set("abc"), trace_id.set("def")
    RequestIdFilter().filter(record)
    request_id.reset(tokens[0])
    trace_id.reset(tokens[1])
    written = JsonFormatter().format(record)
    assert written.isascii()
    assert written.isprintable()
    pairs = json.loads(written)
    assert pairs.pop("time").endswith("Z")
    assert pairs.pop("exception").endswith("ValueError: one\n\x1b[31m")
    assert pairs == {
        "level": "error",
        "logger": "shop",
        "request_id": "abc",
        "trace_id": "def",
        "message": "got \u2028\udc80\n",
        "ms": 1.5,
        "queries": 2,
        "key": str(key),
    }


def logged(caplog: pytest.LogCaptureFixture, request: HttpRequest, status: int = 200) -> dict[str, Any]:
    with caplog.at_level("INFO", logger="access"):
        AccessLogMiddleware(lambda request: HttpResponse(status=status))(request)
    (record,) = caplog.records
    fields: dict[str, Any] = record.__dict__["fields"]
    return fields


def test_a_request_is_logged_by_its_route_with_its_user(caplog: pytest.LogCaptureFixture) -> None:
    request = RequestFactory().get("/api/v1/todos/7?q=secret")
    known = {"resolver_match": SimpleNamespace(route="api/v1/^todos/(?P<pk>[^/.]+)/?$"), "user": SimpleNamespace(pk=5)}
    request.__dict__.update(known)
    fields = logged(caplog, request, status=204)
    assert float(fields.pop("ms")) >= 0
    assert fields == {"method": "GET", "route": "/api/v1/todos/<pk>", "status": 204, "queries": 0, "user": 5}


def test_a_path_that_leads_nowhere_and_an_unknown_method_are_not_quoted(caplog: pytest.LogCaptureFixture) -> None:
    fields = logged(caplog, RequestFactory().generic("EVIL\n", "/evil%0Apath"))
    assert fields["method"] == "other"
    assert fields["route"] == "unknown"


def test_a_session_that_nobody_looked_at_is_not_loaded_for_the_log(caplog: pytest.LogCaptureFixture) -> None:
    request = RequestFactory().get("/")
    user = SimpleLazyObject(lambda: pytest.fail("loaded"))
    request.__dict__.update({"session": SimpleNamespace(accessed=False), "user": user})
    assert logged(caplog, request)["user"] is None


@pytest.mark.django_db
def test_its_queries_are_counted_by_whatever_cursor(caplog: pytest.LogCaptureFixture) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        fetch_row("SELECT 1 AS one", {})
        with connection.cursor() as cursor:
            cursor.execute("SELECT 2")
        return HttpResponse(str(ContentType.objects.count()))

    with caplog.at_level("INFO", logger="access"):
        AccessLogMiddleware(view)(RequestFactory().get("/"))
    assert caplog.records[0].__dict__["fields"]["queries"] == 3


def test_a_client_error_is_one_line(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        client.get("/nowhere\n")
    assert [record.name for record in caplog.records] == ["access"]


@pytest.fixture
def record():
    return logging.makeLogRecord({"msg": "said", "levelno": logging.INFO, "levelname": "INFO"})


def test_a_line_is_there_at_once(record, tmp_path):
    with (tmp_path / "log").open("w") as stream:
        handler = LineHandler(stream)
        handler.handle(record)
        handler.handle(record)
        assert (tmp_path / "log").read_text() == "said\nsaid\n"


def test_where_nothing_can_be_written_nobody_fails(record, capsys):
    stream = StringIO()
    handler = LineHandler(stream)
    stream.close()
    handler.handle(record)
    assert "I/O operation on closed file" in capsys.readouterr().err


def test_what_can_not_be_written_as_a_line_neither(record, capsys):
    stream = StringIO()
    handler = LineHandler(stream)
    record.args = ("more",)
    handler.handle(record)
    assert "not all arguments converted" in capsys.readouterr().err
    assert not stream.getvalue()


def test_who_has_called_itself_too_often_hears_of_it(record, monkeypatch):
    """As the standard handler: to tell of it would take more calls."""
    handler = LineHandler(StringIO())
    monkeypatch.setattr(handler, "format", Mock(side_effect=RecursionError))
    with pytest.raises(RecursionError):
        handler.handle(record)
