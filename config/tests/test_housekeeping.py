"""What has had its time goes, and nothing else."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session as BrowserSession
from django.core.management import CommandError, call_command
from django.db import DatabaseError, models
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.factories import UserFactory
from accounts.models import AuditEvent, EmailToken, PasswordTry, PersonalAccessToken, Session, User
from accounts.tests.server import CHECKOUT, database_url
from common import housekeeping
from common.models import IdempotencyKey, RateWindow

AGO, AHEAD = -timedelta(minutes=1), timedelta(minutes=1)
DAY = timedelta(days=1)


def session(user: User, *, expires: timedelta, **fields: Any) -> models.Model:
    return Session.objects.create(user=user, version=0, expires_at=timezone.now() + expires, **fields)


def revoked_token(user: User, *, expires: timedelta) -> models.Model:
    token = OutstandingToken.objects.create(jti=uuid4().hex, expires_at=timezone.now() + expires)
    BlacklistedToken.objects.create(token=token)
    return token


def personal_token(user: User, *, expires: timedelta, revoked: bool = False) -> models.Model:
    return PersonalAccessToken.objects.create(
        user=user,
        name="script",
        digest=uuid4().hex,
        version=0,
        expires_at=timezone.now() + expires,
        revoked_at=timezone.now() if revoked else None,
    )


def link(user: User, *, expires: timedelta) -> models.Model:
    return EmailToken.objects.create(
        user=user, purpose="reset", email="ada@example.com", digest=uuid4().hex, expires_at=timezone.now() + expires
    )


def password_try(user: User, *, expires: timedelta) -> models.Model:
    return PasswordTry.objects.create(account="x", expires_at=timezone.now() + expires)


def browser_session(user: User, *, expires: timedelta) -> models.Model:
    return BrowserSession.objects.create(session_key=uuid4().hex, expire_date=timezone.now() + expires)


def idempotency_key(user: User, *, age: timedelta) -> models.Model:
    return IdempotencyKey.objects.create(
        user=user, path="/", key=uuid4().hex, status=201, created_at=timezone.now() - age
    )


def rate_window(user: User, *, expires: timedelta) -> models.Model:
    return RateWindow.objects.create(
        key=uuid4().hex, used=1, ends_at=int((timezone.now() + expires).timestamp() * 1000)
    )


def audit_event(user: User, *, age: timedelta) -> models.Model:
    return AuditEvent.objects.create(action=AuditEvent.Action.SIGNED_IN, created_at=timezone.now() - age)


def task(user: User, status: str, *, age: timedelta) -> models.Model:
    then = timezone.now() - age
    return DBTaskResult.objects.create(
        status=status, args_kwargs={}, task_path="common.mail._send", started_at=then, finished_at=then
    )


Make = Callable[[User], models.Model]

# By chore: rows that go, and rows that stay.
CASES: dict[str, tuple[list[Make], list[Make]]] = {
    "idempotency keys": (
        [lambda user: idempotency_key(user, age=DAY - AGO)],
        [lambda user: idempotency_key(user, age=DAY - AHEAD)],
    ),
    "rates": ([lambda user: rate_window(user, expires=AGO)], [lambda user: rate_window(user, expires=AHEAD)]),
    "tasks": (
        [
            lambda user: task(user, "SUCCESSFUL", age=DAY - AGO),
            lambda user: task(user, "FAILED", age=30 * DAY - AGO),
            lambda user: task(user, "RUNNING", age=30 * DAY - AGO),
        ],
        [
            lambda user: task(user, "SUCCESSFUL", age=DAY - AHEAD),
            lambda user: task(user, "FAILED", age=30 * DAY - AHEAD),
            lambda user: task(user, "RUNNING", age=30 * DAY - AHEAD),
            lambda user: task(user, "READY", age=60 * DAY),
        ],
    ),
    "sessions": (
        [lambda user: session(user, expires=AGO)],
        [
            lambda user: session(user, expires=AHEAD),
            lambda user: session(user, expires=AHEAD, ended_at=timezone.now()),
        ],
    ),
    "revoked tokens": (
        [lambda user: revoked_token(user, expires=AGO)],
        [lambda user: revoked_token(user, expires=AHEAD)],
    ),
    "personal tokens": (
        [
            lambda user: personal_token(user, expires=-31 * DAY),
            lambda user: personal_token(user, expires=DAY, revoked=True),
        ],
        [lambda user: personal_token(user, expires=-29 * DAY), lambda user: personal_token(user, expires=DAY)],
    ),
    "links in mails": ([lambda user: link(user, expires=AGO)], [lambda user: link(user, expires=AHEAD)]),
    "password tries": (
        [lambda user: password_try(user, expires=AGO)],
        [lambda user: password_try(user, expires=AHEAD)],
    ),
    "browser sessions": (
        [lambda user: browser_session(user, expires=AGO)],
        [lambda user: browser_session(user, expires=AHEAD)],
    ),
    "audit": ([lambda user: audit_event(user, age=366 * DAY)], [lambda user: audit_event(user, age=364 * DAY)]),
}


def exists(row: models.Model) -> bool:
    return type(row)._default_manager.filter(pk=row.pk).exists()


def test_every_chore_has_a_case() -> None:
    assert {name for name, _ in housekeeping.chores()} == set(CASES)


@pytest.mark.django_db
@pytest.mark.parametrize("chore", CASES)
def test_it_clears_away_what_has_had_its_time(chore: str) -> None:
    user = UserFactory.create()
    goes, stays = ([make(user) for make in rows] for rows in CASES[chore])
    out = StringIO()

    call_command("housekeeping", stdout=out)

    assert [exists(row) for row in (*goes, *stays)] == [False] * len(goes) + [True] * len(stays)
    assert f"{chore}: {len(goes)}" in out.getvalue().splitlines()


@pytest.mark.django_db
def test_it_goes_on_until_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "AT_ONCE", 2)
    user = UserFactory.create()
    for _ in range(5):
        link(user, expires=AGO)
    chore = dict(housekeeping.chores())["links in mails"]
    assert chore() == 2
    assert housekeeping.run(chore) == 3


@pytest.mark.django_db
def test_a_chore_that_fails_keeps_no_other_from_being_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing() -> int:
        raise DatabaseError

    done: list[str] = []

    def other() -> int:
        done.append("other")
        return 0

    monkeypatch.setattr(housekeeping, "chores", lambda: iter([("first", failing), ("other", other)]))
    with pytest.raises(CommandError, match="Not done: first"):
        call_command("housekeeping", stdout=StringIO())
    assert done == ["other"]


def test_seconds_are_at_least_one() -> None:
    with pytest.raises(CommandError, match="--every takes seconds, 1 at least"):
        call_command("housekeeping", every=0)


@pytest.mark.django_db(transaction=True)
def test_left_running_it_does_its_chores_and_stops_when_told() -> None:
    row = link(UserFactory.create(), expires=AGO)
    variables = {"PATH": os.environ["PATH"], "ENVIRONMENT": "test", "DATABASE_URL": database_url()}
    command = [sys.executable, "manage.py", "housekeeping", "--every", "3600"]
    with subprocess.Popen(command, cwd=CHECKOUT, env=variables, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stderr is not None
            assert 'chore="links in mails" rows=1' in running.stderr.readline()
            running.send_signal(signal.SIGTERM)
            assert running.wait(timeout=20) == 0
        finally:
            running.kill()
    assert not exists(row)
