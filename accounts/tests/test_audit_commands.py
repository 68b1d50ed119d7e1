"""What is done at the server itself: there is nobody whose account did it, and it is recorded all the same."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError

from accounts.audit import Action
from accounts.models import AuditEvent, Session, SigningKey, User

pytestmark = pytest.mark.django_db


def run(*command):
    call_command(*command, stdout=StringIO())


def the_only(action):
    event = AuditEvent.objects.get(action=action)
    assert (event.actor_id, event.ip) == (None, None)
    return event


def test_a_token_that_is_printed(make_user):
    user = make_user()
    run("issue_token", user.email, "--hours=2")

    event = the_only(Action.TOKEN_ISSUED)
    assert (event.subject, event.data) == (f"users/{user.pk}", {"seconds": 7_200})


def test_a_key(monkeypatch):
    run("rotate_signing_key", "--refuse-older")

    assert the_only(Action.KEY_ROTATED).data == {
        "kid": SigningKey.objects.get().kid,
        "algorithm": "HS256",
        "refuses_older": True,
    }


def test_an_administrator(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")
    run("createsuperuser", "--noinput", "--email=root@example.com")

    event = the_only(Action.REGISTERED)
    assert event.subject == f"users/{User.objects.get().pk}"
    assert event.data == {"roles": ["admin"], "is_superuser": True}


@pytest.mark.parametrize(
    ("command", "made"),
    [(("issue_token", "ada@example.com"), Session), (("rotate_signing_key",), SigningKey)],
    ids=["token", "key"],
)
def test_without_its_record_nothing_is_made(make_user, monkeypatch, command, made):
    make_user(email="ada@example.com")

    def fail(*args, **kwargs):
        raise DatabaseError

    monkeypatch.setattr("accounts.audit.record", fail)
    with pytest.raises(DatabaseError):
        run(*command)

    assert not made.objects.exists()
