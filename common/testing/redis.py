"""A Redis of a test's own, to stop, hang and restart: others may be using the one that is there."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
from redis import Redis, RedisError


class OwnRedis:
    def __init__(self, binary: str, folder: Path) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.command = [binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if self.client().ping():
                    return
            except RedisError:
                time.sleep(0.05)
        pytest.fail("Redis does not answer")

    def client(self) -> Redis:
        return Redis.from_url(self.url, socket_timeout=1)

    def signal(self, number: int) -> None:
        os.kill(self.process.pid, number)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(timeout=30)


def own_redis(folder: Path, *, is_required: bool) -> OwnRedis:
    """One that runs. Where Redis is not installed, the test is skipped unless it is required."""
    binary = shutil.which("redis-server")
    if binary is None and not is_required:
        pytest.skip("redis-server is not installed, and this run is without Redis")
    assert binary, "redis-server is missing (Debian, Ubuntu: apt-get install redis-server)"
    server = OwnRedis(binary, folder)
    server.start()
    return server
