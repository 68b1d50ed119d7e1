"""How much of the machine this process may use."""

import os
from collections.abc import Iterator
from contextlib import suppress
from math import ceil
from pathlib import Path

_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")


def cpus(cgroups: Path = _CGROUPS, own: Path = _OWN_CGROUP) -> int:
    """Processors that this process may run on, or fewer where a container or a service has a quota of CPU time."""
    return max(1, min([len(os.sched_getaffinity(0)), *(ceil(quota) for quota in _quotas(cgroups, own))]))


def _quotas(cgroups: Path, own: Path) -> Iterator[float]:
    """In processors, of each group that this process is in, from its own up to the root."""
    with suppress(OSError, ValueError):  # version 1, as it looks from inside a container
        quota = int((cgroups / "cpu/cpu.cfs_quota_us").read_text())
        if quota > 0:
            yield quota / int((cgroups / "cpu/cpu.cfs_period_us").read_text())
    for group in _groups(own):
        with suppress(OSError, ValueError):  # "max 100000" is no quota
            quota, period = map(int, (cgroups / group / "cpu.max").read_text().split())
            yield quota / period


def _groups(own: Path) -> Iterator[Path]:
    """Of version 2: `0::/system.slice/stockroom.service` is the last, and each that it stands in."""
    with suppress(OSError):
        for line in own.read_text().splitlines():
            if line.startswith("0::/"):
                group = Path(line.removeprefix("0::/"))
                yield from (group, *group.parents)
