"""Redis stopped, hung, flushed and restarted while tokens are asked about: the database decides, so nothing changes."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections import Counter
from contextlib import closing

import pytest
from redis import Redis, RedisError

from accounts import revocation, sessions, tokens
from accounts.factories import UserFactory

URL = "/api/v1/users/me"
EACH = 500

pytestmark = pytest.mark.django_db(transaction=True)


class OwnRedis:
    """A server of this test's own: others may be using the one that is there."""

    def __init__(self, binary, folder):
        with closing(socket.create_server(("127.0.0.1", 0))) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.command = [binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if self.client().ping():
                    return
            except RedisError:
                time.sleep(0.05)
        pytest.fail("Redis does not answer")

    def client(self):
        return Redis.from_url(self.url, socket_timeout=1)

    def signal(self, number):
        os.kill(self.process.pid, number)

    def stop(self):
        self.process.kill()
        self.process.wait(timeout=30)


@pytest.fixture
def redis(tmp_path, settings):
    binary = shutil.which("redis-server")
    if binary is None and not settings.REDIS_URL:
        pytest.skip("redis-server is not installed, and this run is without Redis")
    assert binary, "redis-server is missing (Debian, Ubuntu: apt-get install redis-server)"
    server = OwnRedis(binary, tmp_path)
    server.start()
    settings.REDIS_URL = server.url
    yield server
    server.stop()


def test_no_revoked_token_is_accepted_and_every_valid_one_is_served(redis, api):
    user = UserFactory.create(roles=["user"])
    pairs = [sessions.start(user) for _ in range(2 * EACH)]
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
    assert redis.client().dbsize() == step, "Redis was told"

    redis.stop()
    end_more_and_check(2)

    redis.start()
    redis.signal(signal.SIGSTOP)
    revocation._announcer.cache_clear()  # as when the pause is over: it is tried again, and hangs
    end_more_and_check(3)

    redis.signal(signal.SIGCONT)
    redis.client().flushall()
    end_more_and_check(4)

    redis.stop()
    redis.start()
    revocation._announcer.cache_clear()
    end_more_and_check(5)
    assert redis.client().dbsize() == step, "Redis is told again"
