"""Redis stopped, hung, flushed and restarted while tokens are asked about: the database decides, so nothing changes."""

import signal
from collections import Counter

import pytest

from accounts import sessions, tokens
from accounts.factories import UserFactory
from common.redis import link
from common.testing.redis import own_redis

URL = "/api/v1/users/me"
EACH = 500

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def redis(tmp_path, settings):
    server = own_redis(tmp_path, is_required=bool(settings.REDIS_URL))
    settings.REDIS_URL = server.url
    yield server
    server.stop()


def told(redis):
    """How many tokens it was told of: they stand under their bare ids."""
    return sum(b":" not in key for key in redis.client().scan_iter())


def test_no_revoked_token_is_accepted_and_every_valid_one_is_served(redis, api):
    users = [UserFactory.create(roles=["user"]) for _ in range(2 * EACH // sessions.MOST)]
    pairs = [sessions.start(user) for _ in range(sessions.MOST) for user in users]
    valid, revoked = [pair.access for pair in pairs[:EACH]], [pair.access for pair in pairs[EACH:]]
    step = EACH // 5

    def answers(raws):
        return Counter(api.get(URL, headers={"Authorization": f"Bearer {raw}"}).status_code for raw in raws)

    def end_more_and_check(times):
        for raw in revoked[(times - 1) * step : times * step]:
            sessions.end(tokens.read(raw, tokens.AccessToken))
        assert answers(revoked[: times * step]) == {401: times * step}
        assert answers(valid + revoked[times * step :]) == {200: 2 * EACH - times * step}

    end_more_and_check(1)
    assert told(redis) == step, "Redis was told"

    redis.stop()
    end_more_and_check(2)

    redis.start()
    redis.signal(signal.SIGSTOP)
    link.cache_clear()  # as when the pause is over: it is tried again, and hangs
    end_more_and_check(3)

    redis.signal(signal.SIGCONT)
    redis.client().flushall()
    end_more_and_check(4)

    redis.stop()
    redis.start()
    link.cache_clear()
    end_more_and_check(5)
    assert told(redis) == step, "Redis is told again"
