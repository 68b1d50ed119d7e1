"""Systems that are up."""

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.client import Client, Unexpected
from bench.processes import Family, free_port, running
from bench.services import Services
from bench.systems import System


@dataclass(frozen=True, slots=True)
class Server:
    system: System
    process: subprocess.Popen[bytes]
    client: Client
    workers: int
    start_up: float  # seconds from the start to the first answer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.client.port}"

    def family(self) -> Family:
        return Family.of(self.process.pid)

    def memory_a_worker(self) -> float:
        """Bytes: all that the system has started, divided by its workers."""
        return self.family().memory() / self.workers


@contextmanager
def up(
    systems: Sequence[System], services: Services, database_url: str, *, workers: int, folder: Path
) -> Iterator[list[Server]]:
    """All of them, started one after the other."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(_one(system, services, database_url, workers, folder / f"{system.key}.log"))
            for system in systems
        ]


@contextmanager
def _one(system: System, services: Services, database_url: str, workers: int, log: Path) -> Iterator[Server]:
    port = free_port()
    urls = {"DATABASE_URL": database_url, "REDIS_URL": services.redis_url}
    environment = {**system.environment(port, workers), **urls}
    client = Client(system.label, port)
    began = time.monotonic()
    with running(system.argv(port, workers), log=log, cwd=system.home, environment=environment) as process:
        try:
            client.wait()
        except Unexpected as error:
            raise Unexpected(f"{error}\n{log.read_text()[-3000:]}") from None
        yield Server(system, process, client, workers, time.monotonic() - began)
