"""A whole run: the phases, each with all systems up at once and their measurements interleaved."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import content, database, machine
from bench.database import Database
from bench.measure import measure, warm_up
from bench.servers import Server, up
from bench.services import Services, services
from bench.systems import System
from bench.workloads import WRITES_ONE, Workload, as_lua

Known = dict[str, Any]
Tell = Callable[[str], None]
SAMPLES = "samples go here"


@dataclass(frozen=True, slots=True)
class Phase:
    rows: int
    workers: int
    clients: int
    workloads: tuple[Workload, ...]


@dataclass(frozen=True, slots=True)
class Effort:
    rounds: int
    seconds: int
    warm_up: float


def run(
    systems: Sequence[System], phases: Sequence[Phase], effort: Effort, *, tell: Tell, keep: Callable[[Known], None]
) -> Known:
    """What was measured, ready for JSON (bench/report.py reads it). Kept after each phase, should the next one fail."""
    with _folder() as folder, services(folder) as running:
        known: Known = {"machine": machine.facts(running), "effort": asdict(effort)}
        known |= {"load_before": os.getloadavg(), "servers": [], "samples": []}
        databases = _databases(running, sorted({phase.rows for phase in phases}), tell)
        for rows, workers in dict.fromkeys((phase.rows, phase.workers) for phase in phases):
            tell(f"Starting {len(systems)} systems: {rows:,} items, {workers} workers")
            here = [phase for phase in phases if (phase.rows, phase.workers) == (rows, workers)]
            at = databases[rows]
            with up(systems, running, at.url, workers=workers, folder=folder) as servers:
                content.check(servers, at, running)
                for phase in here:
                    known["samples"] += _Turns(running, at, servers, phase, effort, folder).run(tell)
                    known["load_after"] = os.getloadavg()
                    keep(known)
                known["servers"] += [_describe(server, rows) for server in servers]
        return known


def _databases(running: Services, sizes: Sequence[int], tell: Tell) -> dict[int, Database]:
    """The larger ones start from the smallest."""
    made: dict[int, Database] = {}
    for rows in sizes:
        tell(f"Seeding {rows:,} items")
        made[rows] = database.create(running, rows, f"items_{sizes[0]}" if made else None)
    return made


def _describe(server: Server, rows: int) -> dict[str, Any]:
    return {
        "system": server.system.key,
        "rows": rows,
        "workers": server.workers,
        "start_up": server.start_up,
        "memory_a_worker": server.memory_a_worker(),
    }


@dataclass(frozen=True, slots=True)
class _Turns:
    services: Services
    database: Database
    servers: Sequence[Server]
    phase: Phase
    effort: Effort
    folder: Path

    def run(self, tell: Tell) -> Iterator[dict[str, Any]]:
        for workload in self.phase.workloads:
            clients = min(self.phase.clients, workload.most_clients)
            tell(f"  {workload.title}, {clients} clients")
            plans = [(server, self._plan(server, workload)) for server in self.servers if _has(server, workload)]
            self.database.settle()
            for server, plan in plans:
                warm_up(server, plan, clients, self.effort.warm_up)
                self._tidy(workload)
            for number in range(self.effort.rounds):
                # Nobody is always the one who comes after the same neighbour, or first.
                start = number * 5 % len(plans)
                for server, plan in plans[start:] + plans[:start]:
                    sample = measure(server, self.services, plan, clients, self.effort.seconds)
                    self._tidy(workload)
                    yield self._name(server, workload, clients, number) | asdict(sample)

    def _plan(self, server: Server, workload: Workload) -> Path:
        server.client.log_in()
        requests = workload.requests(self.database, server.client)
        path = self.folder / f"{server.system.key}.lua"
        path.write_text(as_lua(requests, server.client.token if workload.signed_in else ""))
        return path

    def _tidy(self, workload: Workload) -> None:
        if workload.writes:
            self.database.tidy()

    def _name(self, server: Server, workload: Workload, clients: int, number: int) -> dict[str, Any]:
        phase = {"rows": self.phase.rows, "workers": self.phase.workers, "clients": clients}
        return {"system": server.system.key, "workload": workload.key, **phase, "round": number}


def _has(server: Server, workload: Workload) -> bool:
    if workload.only_ours:
        return server.system.is_ours
    return workload.key in WRITES_ONE or not server.system.only_writes


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        Path(name).chmod(0o755)  # the services are not root, and have folders of their own in it
        yield Path(name)


def save(known: Known, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        json.dumps({**known, "samples": SAMPLES}, indent=1).replace(f'"{SAMPLES}"', _lines(known["samples"]))
    )


def _lines(samples: Sequence[dict[str, Any]]) -> str:
    """A line each: there are many."""
    rounded = ({name: _rounded(value) for name, value in sample.items()} for sample in samples)
    return "[\n  " + ",\n  ".join(map(json.dumps, rounded)) + "\n ]"


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
