"""The picture of a run: what a request costs, for each system."""

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from bench.report import Case, medians
from bench.systems import SYSTEMS
from bench.workloads import MAIN

MINE, THEIRS = "#1f6feb", "#b7c0cc"


def draw(known: dict[str, Any], path: Path) -> None:
    """The first phase that has them, bars of CPU a request, the cheapest on top."""
    results = medians(known)
    shown = [workload for workload in MAIN if any(case.workload == workload.key for case in results)]
    if not shown:
        return
    figure = Figure(figsize=(4.2 * len(shown), 4.6), layout="tight")
    axes = figure.subplots(1, len(shown), squeeze=False)
    for axis, workload in zip(axes[0], shown, strict=True):
        case = next(case for case in results if case.workload == workload.key)
        _bars(axis, results[case], workload.title)
    figure.suptitle(_title(case), fontsize=10)
    figure.savefig(path, dpi=110)


def _bars(axis: Any, given: dict[str, Any], title: str) -> None:
    systems = sorted((one for one in SYSTEMS if one.key in given), key=lambda one: given[one.key].cpu_us, reverse=True)
    values = [given[system.key].cpu_us for system in systems]
    bars = axis.barh(
        [system.label for system in systems], values, color=[MINE if system.is_ours else THEIRS for system in systems]
    )
    axis.bar_label(bars, labels=[f"{value:,.0f}" for value in values], padding=2, fontsize=7)
    axis.tick_params(labelsize=7)
    axis.set_title(title, fontsize=9)
    axis.margins(x=0.15)
    axis.set_xlabel("CPU µs a request", fontsize=7)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _title(case: Case) -> str:
    return (
        "What a request costs: server, PostgreSQL and Redis\n"
        f"{case.rows:,} items, {case.workers} workers, {case.clients} clients"
    )
