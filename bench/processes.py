"""Processes of our own, and what /proc says of them and their children."""

import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
STOPPING = 15.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def unprivileged() -> str | None:
    """An account to run services as, which root may not; None is our own."""
    if os.geteuid() != 0:
        return None
    accounts = {account.pw_name for account in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in accounts)


@contextmanager
def running(
    argv: Sequence[str],
    *,
    log: Path,
    cwd: Path,
    environment: Mapping[str, str],
    user: str | None = None,
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, which is gone at the end with all that it has started."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            argv,
            cwd=cwd,
            env={"PATH": os.environ["PATH"], **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOPPING)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@dataclass(frozen=True, slots=True)
class Family:
    """A process and its descendants at one moment."""

    members: frozenset[tuple[int, int]]  # id and start, since an id can come again
    cpu: float  # seconds, also of those that have ended meanwhile

    @classmethod
    def of(cls, root: int) -> "Family":
        """Looked at again if somebody came or went: who ends while we look is counted nowhere, or twice."""
        before, now = cls._look(root), cls._look(root)
        while now.members != before.members:
            before, now = now, cls._look(root)
        return now

    @classmethod
    def _look(cls, root: int) -> "Family":
        stats = {int(path.name): stat for path in Path("/proc").glob("[0-9]*") if (stat := _stat(path))}
        children: dict[int, list[int]] = {}
        for pid, (parent, *_) in stats.items():
            children.setdefault(parent, []).append(pid)
        found, queue = [], [root]
        while queue:
            pid = queue.pop()
            found.append(pid)
            queue.extend(children.get(pid, ()))
        known = [(pid, stats[pid]) for pid in found if pid in stats]
        return cls(frozenset((pid, stat[1]) for pid, stat in known), sum(stat[2] for _, stat in known) / TICKS)

    def memory(self) -> int:
        """Bytes, by PSS: what several processes share is counted once."""
        return sum(_pss(pid) for pid, _ in self.members)


def settle(root: int, *, patience: float = 3.0) -> None:
    """Wait until the family has nothing to do any more, such as requests that nobody waits for."""
    deadline, before = time.monotonic() + patience, Family.of(root).cpu
    while time.monotonic() < deadline:
        time.sleep(0.04)
        now = Family.of(root).cpu
        if now - before < 1.5 / TICKS:
            return
        before = now


def machine_busy() -> float:
    """Seconds that all cores together have been at work since the machine started."""
    user, nice, system, _, _, irq, softirq = map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:8])
    return (user + nice + system + irq + softirq) / TICKS


def _stat(path: Path) -> tuple[int, int, int] | None:
    """Parent, start, and ticks of CPU with those of children that have ended; None if it is gone."""
    try:
        # The name is in parentheses, and may have some itself.
        fields = (path / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(fields[1]), int(fields[19]), sum(map(int, fields[11:15]))


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
