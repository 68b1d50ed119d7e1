"""A whole run: the phases, each with all systems up at once and their measurements interleaved."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bench import content, database, machine
from bench.database import Database
from bench.measure import measure, warm_up
from bench.servers import Server, up
from bench.services import Services, services
from bench.systems import System
from bench.workloads import OF_ANY_SIZE, SIZES, WRITES_ONE, Workload, as_lua

Known = dict[str, Any]
Tell = Callable[[str], None]
STEADY = "ours-control"


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
                    taking = [(server, at) for server in servers]
                    turns = _Turns(running, taking, phase.clients, phase.workloads, effort, folder)
                    known["samples"] += turns.run(tell)
                    known["load_after"] = os.getloadavg()
                    keep(known)
                known["servers"] += [_describe(server, rows) for server in servers]
        known[SIZES] = list(_sizes(systems, running, databases, effort, folder, tell))
        return known


def _sizes(
    systems: Sequence[System],
    running: Services,
    databases: dict[int, Database],
    effort: Effort,
    folder: Path,
    tell: Tell,
) -> Iterator[dict[str, Any]]:
    """One system with few items and with many, in turn: by phases, minutes apart, the minutes would be compared."""
    found = [system for system in systems if system.key == STEADY]
    if not found or len(databases) < 2:
        return
    tell(f"Starting {found[0].label} twice: " + " and ".join(f"{rows:,} items" for rows in databases))
    with ExitStack() as stack:
        taking = [
            (server, at)
            for at in databases.values()
            for server in stack.enter_context(up(found, running, at.url, workers=2, folder=folder))
        ]
        yield from _Turns(running, taking, 16, OF_ANY_SIZE, replace(effort, rounds=2 * effort.rounds), folder).run(tell)


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
    """Of servers, each with the database that it serves."""

    services: Services
    taking: Sequence[tuple[Server, Database]]
    clients: int
    workloads: Sequence[Workload]
    effort: Effort
    folder: Path

    def run(self, tell: Tell) -> Iterator[dict[str, Any]]:
        for workload in self.workloads:
            clients = min(self.clients, workload.most_clients)
            tell(f"  {workload.title}, {clients} clients")
            taking = [
                (server, at, self._plan(server, at, workload)) for server, at in self.taking if _has(server, workload)
            ]
            for at in {at.url: at for _, at, _ in taking}.values():
                at.settle()
            for server, at, plan in taking:
                warm_up(server, plan, clients, self.effort.warm_up)
                _tidy(at, workload)
            for number in range(self.effort.rounds):
                # Nobody is always the one who comes after the same neighbour, or first.
                start = number * 5 % len(taking)
                for server, at, plan in taking[start:] + taking[:start]:
                    sample = measure(server, self.services, plan, clients, self.effort.seconds)
                    _tidy(at, workload)
                    case = {"rows": at.rows, "workers": server.workers, "clients": clients, "round": number}
                    yield {"system": server.system.key, "workload": workload.key, **case} | asdict(sample)

    def _plan(self, server: Server, at: Database, workload: Workload) -> Path:
        server.client.log_in()
        requests = workload.requests(at, server.client)
        path = self.folder / f"{server.system.key}-{at.rows}.lua"
        path.write_text(as_lua(requests, server.client.token if workload.signed_in else ""))
        return path


def _tidy(at: Database, workload: Workload) -> None:
    if workload.writes:
        at.tidy()


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
    lists = {f"{name} go here": _lines(known[name]) for name in ("samples", SIZES) if name in known}
    text = json.dumps({**known, **{place.partition(" ")[0]: place for place in lists}}, indent=1)
    for place, lines in lists.items():
        text = text.replace(json.dumps(place), lines)
    path.write_text(text)


def _lines(samples: Sequence[dict[str, Any]]) -> str:
    """A line each: there are many."""
    rounded = ({name: _rounded(value) for name, value in sample.items()} for sample in samples)
    return "[\n  " + ",\n  ".join(map(json.dumps, rounded)) + "\n ]"


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
