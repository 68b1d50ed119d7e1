"""gunicorn on the database of the tests, as many processes as a test wants: what holds there holds without a GIL."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from common.testing.races import Client

CHECKOUT = Path(__file__).parents[2]
STARTS_WITHIN = 60


@dataclass
class Server:
    url: str
    master: int

    def workers(self) -> list[int]:
        return [int(pid) for pid in Path(f"/proc/{self.master}/task/{self.master}/children").read_text().split()]

    def peak_memory(self) -> int:
        """Of the largest worker, in MiB, the most that it ever had."""
        return max(_status(pid, "VmHWM") for pid in self.workers()) // 1024


@contextmanager
def gunicorn(*, workers: int, threads: int, log: Path, **settings: str) -> Iterator[Server]:
    """``settings`` are variables of its environment, beside those and over those that it gets anyway."""
    port = free_port()
    variables = {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": database_url(),
        "ALLOWED_HOSTS": "127.0.0.1",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "WEB_CONCURRENCY": str(workers),
        "WEB_THREADS": str(threads),
        "DRAIN_SECONDS": "0",
        "THROTTLES": "off",
        **settings,
    }
    environment = {"PATH": os.environ["PATH"], **variables}
    with log.open("w") as out:
        master = subprocess.Popen(
            [sys.executable, "-m", "gunicorn"], cwd=CHECKOUT, env=environment, stdout=out, stderr=out
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url, master, log)
            server = Server(url, master.pid)
            # The first worker answers before the last one is forked.
            while len(server.workers()) < workers:
                time.sleep(0.01)
            yield server
        finally:
            master.terminate()
            master.wait(timeout=30)


def database_url() -> str:
    """The test database, for another process."""
    config = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{config['NAME']}"
    user, password = quote(config["USER"]), quote(config["PASSWORD"])
    return f"postgres://{user}:{password}@{config['HOST']}:{config['PORT'] or 5432}/{config['NAME']}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(url: str, master: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while master.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), closing(Client(url)) as client:
            if client.ask("GET", "/health").status == 200:
                return
        time.sleep(0.05)
    pytest.fail(f"gunicorn does not answer:\n{log.read_text()}")


def _status(pid: int, field: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))
