"""PostgreSQL and Redis of our own, on loopback, in a folder that is gone afterwards."""

import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis

from bench.processes import free_port, running, unprivileged

READY = 30.0

# As PostgreSQL comes, durable, but for room: more connections and memory, and no work at a time of its own choosing,
# which would be billed to whoever is measured then. We vacuum and checkpoint between the measurements.
POSTGRES = {
    "max_connections": "500",
    "shared_buffers": "512MB",
    "autovacuum": "off",
    "checkpoint_timeout": "1d",
    "max_wal_size": "16GB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Unavailable(Exception):
    """Something is missing on this machine, or does not come up."""


@dataclass(frozen=True, slots=True)
class Services:
    postgres: int  # process ids
    redis: int
    port: int
    redis_url: str

    def database_url(self, name: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{name}"

    def versions(self) -> dict[str, str]:
        with psycopg.connect(self.database_url("postgres")) as connection:
            (server,) = connection.execute("SHOW server_version").fetchone() or ("",)
        info = redis.Redis.from_url(self.redis_url).info("server")
        return {"postgresql": server.split()[0], "redis": str(info["redis_version"])}


@contextmanager
def services(folder: Path) -> Iterator[Services]:
    with ExitStack() as stack:
        postgres, port = stack.enter_context(_postgres(folder / "postgres"))
        cache, url = stack.enter_context(_redis(folder / "redis"))
        yield Services(postgres, cache, port, url)


@contextmanager
def _postgres(folder: Path) -> Iterator[tuple[int, int]]:
    user, port = _give(folder), free_port()
    data, log = folder / "data", folder.with_suffix(".log")
    cluster = ("-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale")
    subprocess.run(
        [_postgres_program("initdb"), *cluster], cwd=folder, user=user, env={}, capture_output=True, check=True
    )
    settings = {**POSTGRES, "port": str(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": str(folder)}
    argv = [_postgres_program("postgres"), "-D", str(data)]
    argv += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with running(argv, log=log, cwd=folder, environment={}, user=user, stop=signal.SIGINT) as process:
        url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
        _wait("PostgreSQL", lambda: psycopg.connect(url, connect_timeout=2).close(), psycopg.Error, process, log)
        yield process.pid, port


@contextmanager
def _redis(folder: Path) -> Iterator[tuple[int, str]]:
    user, port = _give(folder), free_port()
    log = folder.with_suffix(".log")
    argv = [_program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with running(argv, log=log, cwd=folder, environment={}, user=user) as process:
        url = f"redis://127.0.0.1:{port}/0"
        _wait("Redis", lambda: redis.Redis.from_url(url).ping(), redis.RedisError, process, log)
        yield process.pid, url


def _give(folder: Path) -> str | None:
    """Make the folder, for the account that its service runs as."""
    folder.mkdir()
    user = unprivileged()
    if user:
        shutil.chown(folder, user)
    return user


def _wait(
    name: str, ask: Callable[[], object], error: type[Exception], process: subprocess.Popen[bytes], log: Path
) -> None:
    deadline = time.monotonic() + READY
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(error):
            ask()
            return
        time.sleep(0.05)
    raise Unavailable(f"{name} does not answer:\n{log.read_text()[-2000:]}")


def _postgres_program(name: str) -> str:
    """Debian keeps the server's programs off the PATH."""
    packaged = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    return shutil.which(name) or (str(packaged[-1]) if packaged else _program(name))


def _program(name: str) -> str:
    if found := shutil.which(name):
        return found
    raise Unavailable(f"{name} is not installed. The bench needs PostgreSQL, Redis, wrk and, for Fastify, Node.")
