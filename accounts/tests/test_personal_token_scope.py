"""Personal access tokens below the API: sets of permissions, and uses at the same moment."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts import personal_tokens
from accounts.models.personal_tokens import PersonalTokenQuerySet
from accounts.personal_tokens import common
from common.testing.races import at_once, clients

ME = "/api/v1/users/me"


@pytest.mark.parametrize(
    ("some", "others", "shared"),
    [
        ("a:read", "a:read", "a:read"),
        ("a:read", "b:read", ""),
        ("a:read", "a:readx", ""),
        ("a:read:self", "a:read", "a:read:self"),
        ("a:read:self a:read", "a:read:self", "a:read:self"),
        ("*", "a:read b:read:self", "a:read b:read:self"),
        ("*", "*", "*"),
        ("", "*", ""),
    ],
)
def test_what_two_sets_of_permissions_have_in_common(some, others, shared):
    for one, other in ((some, others), (others, some)):
        assert common(frozenset(one.split()), frozenset(other.split())) == frozenset(shared.split())


@pytest.mark.django_db(transaction=True)
def test_uses_at_the_same_moment_are_noted_once(live_server, make_user, monkeypatch):
    user = make_user("users:read:self")
    _, raw = personal_tokens.issue(
        user, name="backup", permissions=["users:read:self"], expires_at=timezone.now() + timedelta(days=1)
    )
    noted = []
    update = PersonalTokenQuerySet.update
    monkeypatch.setattr(PersonalTokenQuerySet, "update", lambda rows, **kw: noted.append(update(rows, **kw)))
    with clients(live_server.url, 8, raw) as programs:
        answers = at_once(*(partial(program.ask, "GET", ME) for program in programs))

    assert [answer.status for answer in answers] == [200] * 8
    assert sum(noted) == 1
