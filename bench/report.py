"""The tables of a run, as Markdown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.measure import Sample
from bench.systems import SYSTEMS
from bench.workloads import SIZES, WORKLOADS

OURS = "ours-granian"
MEASURED = tuple(Sample.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Case:
    """Everything but the system."""

    rows: int
    workers: int
    clients: int
    workload: str

    @property
    def phase(self) -> tuple[int, int, int]:
        return self.rows, self.workers, self.clients


@dataclass(frozen=True, slots=True)
class Medians:
    rate: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    others: float  # cores that were busy with something else


Results = dict[Case, dict[str, Medians]]


def medians(known: dict[str, Any]) -> Results:
    groups: dict[tuple[Case, str], list[Sample]] = {}
    for one in known["samples"]:
        case = Case(one["rows"], one["workers"], one["clients"], one["workload"])
        groups.setdefault((case, one["system"]), []).append(Sample(**{name: one[name] for name in MEASURED}))
    results: Results = {}
    for (case, system), samples in groups.items():
        results.setdefault(case, {})[system] = Medians(
            rate=median(sample.rate for sample in samples),
            p50_ms=median(sample.p50_ms for sample in samples),
            p99_ms=median(sample.p99_ms for sample in samples),
            cpu_us=median(sample.cpu_us for sample in samples),
            others=median(sample.others / sample.seconds for sample in samples),
        )
    return results


def markdown(known: dict[str, Any]) -> str:
    results = medians(known)
    parts = [_where(known)]
    for phase in dict.fromkeys(case.phase for case in results):
        parts += [f"## {_title(phase)}", _overview(results, phase)]
    if known.get(SIZES):
        parts += ["## In catalogues of either size, in turn", _sizes(known[SIZES])]
    parts += ["## All of it", _details(results), "## Starting and memory", _servers(known)]
    return "\n\n".join(parts) + "\n"


def _title(phase: tuple[int, int, int]) -> str:
    rows, workers, clients = phase
    return f"{rows:,} items, {workers} worker{'s' * (workers > 1)}, {clients} clients"


def _where(known: dict[str, Any]) -> str:
    machine, effort = known["machine"], known["effort"]
    load = " to ".join(f"{known[name][0]:.1f}" for name in ("load_before", "load_after"))
    return (
        f"{machine['cores']} cores ({machine['processor']}), Linux {machine['kernel']}, PostgreSQL"
        f" {machine['postgresql']}, Redis {machine['redis']}, Python {machine['python']}, Node {machine['node']}."
        f" Medians of {effort['rounds']} rounds of {effort['seconds']} s. Load average {load}."
        f" Commit {machine['commit']}, {machine['at']}."
    )


def _overview(results: Results, phase: tuple[int, int, int]) -> str:
    """Requests a second, CPU in microseconds, and how many times ours that is."""
    cases = {case.workload: given for case, given in results.items() if case.phase == phase}
    columns = [workload for workload in WORKLOADS if workload.key in cases]
    rows = [
        [system.label, *(_cell(cases[workload.key], system.key) for workload in columns)]
        for system in SYSTEMS
        if any(system.key in given for given in cases.values())
    ]
    heading = ["requests/s (CPU µs a request) × ours", *(workload.title for workload in columns)]
    return _table(heading, rows)


def _sizes(samples: Sequence[dict[str, Any]]) -> str:
    """CPU of the one system that was measured at all sizes in turn, and how many times the smallest's that is."""
    results = medians({"samples": samples})
    rows = sorted({case.rows for case in results})
    titles = {workload.key: workload.title for workload in WORKLOADS}
    table = []
    for workload in dict.fromkeys(case.workload for case in results):
        found = {case.rows: given for case, given in results.items() if case.workload == workload}
        costs = [next(iter(found[size].values())).cpu_us for size in rows]
        table.append([titles[workload], *(f"{cost:,.0f} {cost / costs[0]:.2f}×" for cost in costs)])
    return _table(["CPU µs a request", *(f"{size:,} items" for size in rows)], table)


def _cell(given: dict[str, Medians], system: str) -> str:
    if system not in given:
        return ""
    found = given[system]
    return f"{found.rate:,.0f} ({found.cpu_us:,.0f}) {_ratio(given, system)}".rstrip()


def _ratio(given: dict[str, Medians], system: str) -> str:
    return f"{given[system].cpu_us / given[OURS].cpu_us:.2f}×" if OURS in given else ""


def _details(results: Results) -> str:
    titles = {workload.key: workload.title for workload in WORKLOADS}
    rows = [
        [
            *(f"{case.rows:,}", str(case.workers), str(case.clients), titles[case.workload], system.label),
            *(f"{found.rate:,.0f}", f"{found.p50_ms:.1f}", f"{found.p99_ms:.1f}", f"{found.cpu_us:,.0f}"),
            *(_ratio(given, system.key), f"{found.others:.2f}"),
        ]
        for case, given in results.items()
        for system in SYSTEMS
        if (found := given.get(system.key))
    ]
    case = ("items", "workers", "clients", "workload", "system")
    return _table([*case, "requests/s", "p50 ms", "p99 ms", "CPU µs", "× ours", "cores busy elsewhere"], rows)


def _servers(known: dict[str, Any]) -> str:
    labels = {system.key: system.label for system in SYSTEMS}
    rows = [
        [
            *(f"{one['rows']:,}", str(one["workers"]), labels[one["system"]]),
            *(f"{one['start_up']:.2f}", f"{one['memory_a_worker'] / 2**20:.0f}"),
        ]
        for one in known["servers"]
    ]
    return _table(["items", "workers", "system", "to the first answer, s", "memory a worker, MiB"], rows)


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Padded, so that it reads in a terminal too; all but names to the right."""
    lines = [list(heading), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    numeric = [all(line[at][:1].isdigit() or not line[at] for line in lines[1:]) for at in range(len(heading))]

    def join(cells: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(cells, widths, numeric, strict=True)
        )
        return "| " + " | ".join(padded) + " |"

    rule = ["-" * (width - 1) + (":" if right else "-") for width, right in zip(widths, numeric, strict=True)]
    return "\n".join([join(lines[0]), join(rule), *map(join, lines[1:])])
