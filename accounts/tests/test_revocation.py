"""What Redis is told of revoked tokens, and what it costs when there is none to tell."""

import json
import socket
from datetime import datetime, timedelta
from statistics import median
from time import perf_counter
from unittest.mock import Mock

import jwt
import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from accounts import revocation, sessions, tokens
from accounts.revocation import PAUSE, TIMEOUT, Announcer

JTI = "0123456789abcdef0123456789abcdef"
LOGOUT = "/api/v1/users/logout"


@pytest.fixture
def later():
    return timezone.now() + timedelta(minutes=30)


@pytest.fixture
def redis():
    return Mock(spec=Redis)


@pytest.fixture
def clock(monkeypatch):
    now = Mock(return_value=1_000.0)
    monkeypatch.setattr(revocation, "monotonic", now)
    return now


@pytest.fixture
def hung_redis():
    """Takes connections, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.fixture
def announced(monkeypatch, settings):
    """The ids that this test has Redis told of."""
    settings.REDIS_URL = "redis://127.0.0.1:6379/0"
    announcer = Mock(spec=Announcer)
    monkeypatch.setattr(revocation, "_announcer", lambda url: announcer)
    return lambda: [call.args[0] for call in announcer.tell.call_args_list]


def said(raw, name="jti"):
    return jwt.decode(raw, options={"verify_signature": False})[name]


def test_the_record_lasts_as_long_as_the_token_would_have(redis, later):
    Announcer(redis).tell(JTI, later)

    redis.set.assert_called_once()
    (key, text), options = redis.set.call_args
    record = json.loads(text)
    assert key == record["jti"] == JTI
    assert record["status"] == "blacklisted"
    assert record["created_at"] == record["updated_at"]
    assert abs(datetime.fromisoformat(record["created_at"]) - timezone.now()) < timedelta(seconds=5)
    assert 1795 <= options["ex"] <= 1800


def test_a_token_that_has_expired_is_not_worth_a_word(redis):
    Announcer(redis).tell(JTI, timezone.now())

    redis.set.assert_not_called()


def test_after_a_failure_there_is_silence_for_a_while(redis, later, clock, caplog):
    announcer = Announcer(redis)
    redis.set.side_effect = RedisConnectionError

    announcer.tell(JTI, later)
    clock.return_value += PAUSE - 1
    announcer.tell(JTI, later)

    assert redis.set.call_count == 1
    assert [record.getMessage() for record in caplog.records] == [
        f"Redis was not told of a revoked token (ConnectionError); silent for {PAUSE} s."
    ]


def test_then_it_is_tried_again(redis, later, clock):
    announcer = Announcer(redis)
    redis.set.side_effect = [RedisConnectionError, RedisConnectionError, None, None]

    for _ in range(2):
        announcer.tell(JTI, later)
        clock.return_value += PAUSE
    for _ in range(2):
        announcer.tell(JTI, later)

    assert redis.set.call_count == 4


def test_by_one_request_while_the_others_go_on(redis, later, clock):
    announcer = Announcer(redis)
    redis.set.side_effect = RedisConnectionError
    announcer.tell(JTI, later)
    clock.return_value += PAUSE
    # While the one that tries waits for an answer, another one comes along.
    redis.set.side_effect = lambda *args, **options: announcer.tell(JTI, later)

    announcer.tell(JTI, later)

    assert redis.set.call_count == 2


@pytest.mark.django_db(transaction=True)
class TestWithoutARedisThatAnswers:
    @pytest.fixture
    def cost(self, api, make_user, monkeypatch):
        """How many seconds each of several log-outs waits for Redis."""
        tell, seconds = Announcer.tell, []

        def timed(announcer, jti, until):
            started = perf_counter()
            tell(announcer, jti, until)
            seconds.append(perf_counter() - started)

        monkeypatch.setattr(Announcer, "tell", timed)
        user = make_user()
        for _ in range(5):
            response = api.post(LOGOUT, HTTP_AUTHORIZATION=f"Bearer {sessions.start(user).access}")
            assert response.status_code == 200
        assert len(seconds) == 5
        return seconds

    @pytest.fixture
    def hung(self, settings, hung_redis):
        settings.REDIS_URL = hung_redis

    @pytest.fixture
    def gone(self, settings):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"

    def test_one_that_hangs_costs_once_and_then_nothing(self, hung, cost):
        first, *others = cost
        assert TIMEOUT <= first < 0.25
        assert median(others) < 0.005

    def test_one_that_is_gone_costs_next_to_nothing(self, gone, cost):
        first, *others = cost
        assert first < 0.25
        assert median(others) < 0.005


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
