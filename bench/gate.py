"""What a run is held to: ratios of CPU a request within the run, and a few absolute bounds."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from bench.report import Medians, Results, medians
from bench.session import STEADY
from bench.workloads import OF_ANY_SIZE, SIZES

GRANIAN = STEADY  # every signature verified
GUNICORN = "ours-gunicorn"
WORKLOADS = ("get", "list", "post", "patch")
CROWD = 64
MOST_AT_SCALE = 1.3
LONGEST_START = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class Ratio:
    """The peer's CPU a request is at least so many times ours, for GET, list, POST and PATCH."""

    peer: str
    least: tuple[float, float, float, float]
    ours: str = GRANIAN
    must: bool = True


RATIOS = (
    Ratio("f1", (2.5, 2.5, 3, 3)),
    Ratio("f2", (2, 1.8, 2.5, 2.2)),
    Ratio("drf-granian", (3, 3.2, 2.3, 2.7)),
    Ratio("ninja", (2.5, 2.8, 2, 2.3)),
    Ratio("f3", (1.1, 1.15, 1.3, 1.2)),
    Ratio("f4", (1, 1, 0.9, 0.9), must=False),
    Ratio("limit", (0.5, 0.8, 0.5, 0.5), must=False),
    Ratio("f2", (1.6, 1.5, 1.8, 1.7), ours=GUNICORN),
    Ratio("f3", (0.9, 1, 1, 1), ours=GUNICORN),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """`met` is None where the run did not measure it."""

    must: bool
    text: str
    met: bool | None

    def __str__(self) -> str:
        verdict = {True: "met", False: "MISSED", None: "not measured"}[self.met]
        return f"{'must' if self.must else 'aim '}  {verdict:12}  {self.text}"


def judge(known: dict[str, Any]) -> list[Finding]:
    results = medians(known)
    sizes = medians({"samples": known.get(SIZES, [])})
    return [*_ratios(results), *_crowd(results), *_scale(sizes), *_servers(known)]


def _ratios(results: Results) -> Iterator[Finding]:
    for ratio in RATIOS:
        for workload, least in zip(WORKLOADS, ratio.least, strict=True):
            yield _ratio(results, ratio, workload, least)


def _ratio(results: Results, ratio: Ratio, workload: str, least: float) -> Finding:
    text = f"{workload}: {ratio.peer} / {ratio.ours} ≥ {least:g}"
    given = _first(results, workload)
    if ratio.peer not in given or ratio.ours not in given:
        return Finding(ratio.must, text, None)
    found = given[ratio.peer].cpu_us / given[ratio.ours].cpu_us
    return Finding(ratio.must, f"{text}, is {found:.2f}", found >= least)


def _first(results: Results, workload: str, **fixed: int) -> dict[str, Medians]:
    """Of the first phase that has it: the smaller catalogue, the fewer clients, unless they are fixed."""
    for case, given in results.items():
        if case.workload == workload and all(getattr(case, name) == value for name, value in fixed.items()):
            return given
    return {}


def _crowd(results: Results) -> Iterator[Finding]:
    for peer, workload in product(("f1", "f2", "drf-granian", "ninja"), WORKLOADS):
        given = _first(results, workload, clients=CROWD)
        text = f"{workload}: p99 at {CROWD} clients below that of {peer}"
        if peer not in given or GRANIAN not in given:
            yield Finding(True, text, None)
            continue
        ours, theirs = given[GRANIAN].p99_ms, given[peer].p99_ms
        yield Finding(True, f"{text}, is {ours:.0f} against {theirs:.0f} ms", ours < theirs)


def _scale(results: Results) -> Iterator[Finding]:
    for workload in (one.key for one in OF_ANY_SIZE):
        sizes = sorted({case.rows for case in results if case.workload == workload})
        text = f"{workload}: with many items ≤ {MOST_AT_SCALE} × what it costs with few"
        costs = [_first(results, workload, rows=rows)[GRANIAN].cpu_us for rows in sizes]
        if len(costs) < 2:
            yield Finding(True, text, None)
            continue
        found = costs[-1] / costs[0]
        yield Finding(True, f"{text}, is {found:.2f}", found <= MOST_AT_SCALE)


def _servers(known: dict[str, Any]) -> Iterator[Finding]:
    """Memory and starting, with gunicorn, which can load the application before it forks."""
    first: dict[str, dict[str, Any]] = {}
    for server in known["servers"]:
        first.setdefault(server["system"], server)
    ours, f1 = first.get(GUNICORN), first.get("f1")
    text = "memory a worker ≤ that of f1"
    if ours and f1:
        mine, theirs = ours["memory_a_worker"] / 2**20, f1["memory_a_worker"] / 2**20
        yield Finding(True, f"{text}, is {mine:.0f} against {theirs:.0f} MiB", mine <= theirs)
    else:
        yield Finding(True, text, None)
    text = f"to the first answer ≤ {LONGEST_START:g} s"
    if ours:
        yield Finding(True, f"{text}, is {ours['start_up']:.2f}", ours["start_up"] <= LONGEST_START)
    else:
        yield Finding(True, text, None)
