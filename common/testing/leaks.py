"""A plugin of pytest: no secret that the tests used stands in a line of the log, or in a row that is kept for good.

What a client sends or is given as a secret is noted as it goes by. After each test, what was logged and what was
written meanwhile is searched for all that was noted so far, and for whatever is shaped like a secret. At the end the
logs of other processes follow, which the tests keep as files.
"""

import json
import logging
import re
import secrets
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.db.models import Model
from django.db.models.signals import post_init
from django.test.client import Client

from common.logging import LineFormatter, RequestIdFilter

# Ours speak in whispers, too.
LOGGERS = ("access", "accounts", "common", "config", "items", "stores", "todos")
# What is shorter, or a single word, "password" say, stands there for other reasons.
SHORTEST = 8
_WORD = re.compile(r"[a-z]+")

_NAMES = r"\w*password\d?|token|refresh|refresh_token|access_token"
_IN_JSON = re.compile(rf'"(?:{_NAMES})"\s*:\s*("(?:[^"\\]|\\.)*")')
_IN_MULTIPART = re.compile(rf'name="(?:{_NAMES})"\r\n\r\n(.*?)\r\n')
_IN_FORM = re.compile(_NAMES)
_OPAQUE = re.compile(r"[A-Za-z0-9_-]{20,}")
_SHAPES = {
    "a JSON Web Token": r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}",
    "a bearer token": r"(?i:bearer)\s+[\w.~+/-]{20,}",
    "a personal access token": r"srp_[\w-]{20,}",
    "a cookie": r"(?:refresh_token|sessionid|csrftoken)=[\w.-]{8,}",
    "a link": r"#token=[\w-]{8,}",
    "the hash of a password": r"\$(?:argon2id?|2[aby])\$",
}
_SHAPED = re.compile("|".join(f"({shape})" for shape in _SHAPES.values()))


class Leak(AssertionError):
    """A secret was kept."""


class Secrets:
    """What is not to be found anywhere. Opaque ones are told by looking them up, since there are thousands of them."""

    def __init__(self) -> None:
        self._opaque: set[str] = set()
        self._others: set[str] = set()

    def note(self, text: str) -> None:
        if _OPAQUE.fullmatch(text):
            self._opaque.add(text)
        elif len(text) >= SHORTEST and not _WORD.fullmatch(text):
            self._others |= {text, json.dumps(text)[1:-1]}

    def find(self, text: str) -> str:
        """What is wrong with this text, or "". It does not tell the secret."""
        if shaped := _SHAPED.search(text):
            return list(_SHAPES)[(shaped.lastindex or 1) - 1]
        if not self._opaque.isdisjoint(_OPAQUE.findall(text)):
            return "a token, a cookie or the secret of a link"
        return "a password, or something sent as one" if any(other in text for other in self._others) else ""


class Kept(logging.Handler):
    """What was logged and written since the last look, each with where."""

    def __init__(self) -> None:
        super().__init__(level=logging.NOTSET)
        self.addFilter(RequestIdFilter())
        self.setFormatter(LineFormatter())
        self.lines: list[tuple[str, str]] = []
        self.rows: list[Model] = []
        self.models: list[type[Model]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((f"logger {record.name}", self.format(record)))

    def take(self) -> list[tuple[str, str]]:
        rows = [(row._meta.label, json.dumps(_columns(row), default=str)) for row in self.rows]
        taken = self.lines + rows
        self.lines, self.rows = [], []
        return taken


found = Secrets()
kept = Kept()


def keep_rows_of(model: type[Model]) -> None:
    """Look into whatever becomes a row of it: it is made before it is saved, however that is done."""
    kept.models.append(model)
    post_init.connect(lambda instance, **_: kept.rows.append(instance), sender=model, weak=False)


def check(texts: list[tuple[str, str]], test: str) -> None:
    if not found.find("\n".join(text for _, text in texts)):
        return
    leaks = [f"{what} in {where}" for where, text in texts if (what := found.find(text))]
    raise Leak(f"{test} left {'; '.join(dict.fromkeys(leaks))}. It is to stand in no log and no row.")


def note_request(environ: dict[str, Any]) -> None:
    found.note(environ.get("HTTP_AUTHORIZATION", "").partition(" ")[2])
    for cookie in environ.get("HTTP_COOKIE", "").split(";"):
        found.note(cookie.partition("=")[2].strip(' "'))
    content = getattr(environ.get("wsgi.input"), "_FakePayload__content", None)
    body = content.getvalue()[:100_000].decode(errors="replace") if content else ""
    for text in _IN_JSON.findall(body):
        try:
            found.note(json.loads(text))
        except ValueError:
            continue  # hostile on purpose
    for text in _IN_MULTIPART.findall(body):
        found.note(text)
    if "urlencoded" in environ.get("CONTENT_TYPE", ""):
        for name, text in parse_qsl(body):
            if _IN_FORM.fullmatch(name):
                found.note(text)


@pytest.fixture(scope="session", autouse=True)
def _secrets_are_noted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    request, make = Client.request, secrets.token_urlsafe

    def noting_request(self: Client, **environ: Any) -> Any:
        note_request({**self.defaults, **environ})
        response = request(self, **environ)
        for cookie in response.cookies.values():
            found.note(cookie.value)
        return response

    def noting_make(nbytes: int | None = None) -> str:
        made = make(nbytes)
        found.note(made)
        return made

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Client, "request", noting_request)
        patched.setattr(secrets, "token_urlsafe", noting_make)
        for name in LOGGERS:
            logging.getLogger(name).setLevel(logging.DEBUG)
        yield
    check(kept.take(), "The end")
    for file in tmp_path_factory.getbasetemp().rglob("*log*"):
        if file.is_file():
            check([(f"the file {file.name}", file.read_text(errors="replace"))], _place(file))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    # A test may have configured the loggers anew.
    if kept not in logging.root.handlers:
        logging.root.addHandler(kept)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    # Of what is committed, another process may have written some. A test that was skipped has no fixtures.
    marker, fixtures = item.get_closest_marker("django_db"), getattr(item, "funcargs", {})
    if fixtures and ((marker and marker.kwargs.get("transaction")) or "transactional_db" in fixtures):
        for model in kept.models:
            list(model._default_manager.all())
    result = yield
    check(kept.take(), item.nodeid)
    return result


def _columns(row: Model) -> dict[str, Any]:
    deferred = row.get_deferred_fields()
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname not in deferred
    }


def _place(file: Path) -> str:
    return file.parent.name
