"""What happens to the account between the authentication of a request and its work, and tokens made at once."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts import personal_tokens, sessions
from accounts.models import PersonalAccessToken, User
from common.exceptions import Forbidden
from common.testing.races import at_once, clients

pytestmark = pytest.mark.django_db

URL = "/api/v1/users/me/tokens"
BODY = {"name": "backup", "permissions": ["todos:read:self"]}


def test_none_is_made_once_the_account_is_signed_out_everywhere(make_user):
    user = make_user("todos:read:self")
    assert user.holds("todos:read:self")
    sessions.end_all(User.objects.get(pk=user.pk))

    with pytest.raises(Forbidden):
        personal_tokens.issue(
            user, name="late", permissions=["todos:read:self"], expires_at=timezone.now() + timedelta(days=1)
        )

    assert not PersonalAccessToken.objects.exists()


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(personal_tokens, "MOST", 3)


def test_there_is_a_limit(few, make_user, bearer):
    client, other = bearer(make_user("todos:read:self")), bearer(make_user("todos:read:self"))
    for _ in range(3):
        assert client.post(URL, BODY).status_code == 201

    refused = client.post(URL, BODY)

    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_tokens")
    assert len(client.get(URL).json()) == 3
    assert other.post(URL, BODY).status_code == 201


@pytest.mark.parametrize("dead", [{"revoked_at": timezone.now()}, {"expires_at": timezone.now()}, {"version": 99}])
def test_those_that_do_not_work_do_not_count(few, make_user, bearer, dead):
    client = bearer(make_user("todos:read:self"))
    for _ in range(3):
        client.post(URL, BODY)
    PersonalAccessToken.objects.filter(pk=PersonalAccessToken.objects.latest("pk").pk).update(**dead)

    assert client.post(URL, BODY).status_code == 201


def test_those_that_have_expired_make_room_the_first_first(few, make_user, bearer):
    client = bearer(make_user("todos:read:self"))
    made = [client.post(URL, BODY).json()["id"] for _ in range(3)]
    for ago, pk in enumerate(made):
        PersonalAccessToken.objects.filter(pk=pk).update(expires_at=timezone.now() - timedelta(hours=ago))

    made.append(client.post(URL, BODY).json()["id"])

    assert [row["id"] for row in client.get(URL).json()] == [made[3], made[1], made[0]]
    assert not PersonalAccessToken.objects.filter(pk=made[2]).exists()


def test_no_more_are_shown(make_user, bearer, monkeypatch):
    client = bearer(make_user("todos:read:self"))
    made = [client.post(URL, BODY).json()["id"] for _ in range(3)]
    monkeypatch.setattr(personal_tokens, "MOST", 2)

    assert [row["id"] for row in client.get(URL).json()] == [made[2], made[1]]


@pytest.mark.django_db(transaction=True)
def test_however_many_ask_at_once_there_are_no_more(few, live_server, make_user):
    token = sessions.start(make_user("todos:read:self")).access
    with clients(live_server.url, 12, token) as asking:
        answers = at_once(*(partial(one.ask, "POST", URL, BODY) for one in asking))

    assert Counter(answer.status for answer in answers) == {201: 3, 409: 9}
    assert PersonalAccessToken.objects.count() == 3
