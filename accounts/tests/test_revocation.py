"""What Redis is told of revoked tokens. What it costs when it does not answer: common/tests/test_redis.py."""

import json
from datetime import datetime, timedelta
from unittest.mock import Mock

import jwt
import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from accounts import revocation, sessions, tokens
from common.redis import Line, Link

JTI = "0123456789abcdef0123456789abcdef"
LOGOUT = "/api/v1/users/logout"


@pytest.fixture
def later():
    return timezone.now() + timedelta(minutes=30)


@pytest.fixture
def redis():
    return Mock(spec=Line)


@pytest.fixture
def announced(monkeypatch, settings):
    """The ids that this test has Redis told of."""
    settings.REDIS_URL = "redis://127.0.0.1:6379/0"
    tell = Mock(spec=revocation.tell)
    monkeypatch.setattr(revocation, "tell", tell)
    return lambda: [call.args[1] for call in tell.call_args_list]


def said(raw, name="jti"):
    return jwt.decode(raw, options={"verify_signature": False})[name]


def test_the_record_lasts_as_long_as_the_token_would_have(redis, later):
    revocation.tell(Link(lambda: redis), JTI, later)

    redis.ask.assert_called_once()
    (command, key, text, option, seconds), _ = redis.ask.call_args
    record = json.loads(text)
    assert key == record["jti"] == JTI
    assert record["status"] == "blacklisted"
    assert record["created_at"] == record["updated_at"]
    assert abs(datetime.fromisoformat(record["created_at"]) - timezone.now()) < timedelta(seconds=5)
    assert (command, option) == ("SET", "EX")
    assert 1795 <= seconds <= 1800


def test_a_token_that_has_expired_is_not_worth_a_word(redis):
    revocation.tell(Link(lambda: redis), JTI, timezone.now())

    redis.ask.assert_not_called()


def test_one_that_does_not_answer_is_not_told(redis, later):
    redis.ask.side_effect = RedisConnectionError

    revocation.tell(Link(lambda: redis), JTI, later)

    redis.ask.assert_called_once()


@pytest.mark.django_db
class TestWhenItIsTold:
    def test_after_the_commit(self, announced, make_user, django_capture_on_commit_callbacks):
        pair = sessions.start(make_user())
        claims = tokens.read(pair.access, tokens.AccessToken)

        with django_capture_on_commit_callbacks(execute=True):
            sessions.end(claims)
            assert announced() == []

        assert announced() == [said(pair.access)]

    def test_never_of_what_did_not_happen(self, announced, make_user, django_capture_on_commit_callbacks):
        claims = tokens.read(sessions.start(make_user()).access, tokens.AccessToken)

        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            sessions.end(claims)
            transaction.set_rollback(True)

        assert announced() == []

    def test_of_every_token_that_comes_along_to_log_out(
        self, announced, api, make_user, django_capture_on_commit_callbacks
    ):
        pair, other = sessions.start(make_user()), sessions.start(make_user())
        api.cookies["refresh_token"] = other.refresh

        with django_capture_on_commit_callbacks(execute=True):
            api.post(LOGOUT, {"refresh_token": pair.refresh}, HTTP_AUTHORIZATION=f"Bearer {pair.access}")

        assert set(announced()) == {said(raw) for raw in (pair.access, pair.refresh, other.refresh)}

    def test_not_at_all_where_there_is_none(self, announced, settings, make_user, django_capture_on_commit_callbacks):
        settings.REDIS_URL = ""
        claims = tokens.read(sessions.start(make_user()).access, tokens.AccessToken)

        with django_capture_on_commit_callbacks(execute=True) as callbacks:
            sessions.end(claims)

        assert (callbacks, announced()) == ([], [])


@pytest.mark.skipif(not settings.REDIS_URL, reason="needs REDIS_URL")
@pytest.mark.django_db
def test_a_real_redis_has_the_record_under_the_bare_id(api, make_user, django_capture_on_commit_callbacks):
    pair = sessions.start(make_user())

    with django_capture_on_commit_callbacks(execute=True):
        api.post(LOGOUT, HTTP_AUTHORIZATION=f"Bearer {pair.access}")

    jti = said(pair.access)
    with Redis.from_url(settings.REDIS_URL) as redis:
        record, seconds = json.loads(redis.get(jti)), redis.ttl(jti)
        redis.delete(jti)
    assert record.keys() == {"jti", "status", "created_at", "updated_at"}
    assert (record["jti"], record["status"]) == (jti, "blacklisted")
    assert 1790 <= seconds <= 1800
