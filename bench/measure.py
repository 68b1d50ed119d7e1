"""One measurement: wrk at one system, with what the processors did meanwhile."""

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from bench.processes import Family, machine_busy, settle
from bench.servers import Server
from bench.services import Services

SCRIPT = Path(__file__).with_name("wrk.lua")
RESULT = "RESULT "
LOOP_SECONDS = 600  # of a warm-up, which is broken off


class Failed(Exception):
    """Not every answer was one, or a worker died: then the figures say nothing."""


@dataclass(frozen=True, slots=True)
class Sample:
    """CPU in seconds; latencies in milliseconds."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    server: float
    postgres: float
    redis: float
    wrk: float
    others: float  # whatever else ran on this machine

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of CPU a request: the server, PostgreSQL and Redis."""
        return (self.server + self.postgres + self.redis) / self.requests * 1e6


def warm_up(server: Server, plan: Path, clients: int, seconds: float) -> None:
    with subprocess.Popen(_argv(server, plan, clients, LOOP_SECONDS), stdout=subprocess.PIPE, text=True) as wrk:
        time.sleep(seconds)
        wrk.send_signal(signal.SIGINT)
        output, _ = wrk.communicate()
    _checked(server, output)
    settle(server.process.pid)


def measure(server: Server, services: Services, plan: Path, clients: int, seconds: int) -> Sample:
    roots = (server.process.pid, services.postgres, services.redis)
    busy, before = machine_busy(), [Family.of(root) for root in roots]
    with subprocess.Popen(_argv(server, plan, clients, seconds), stdout=subprocess.PIPE, text=True) as wrk:
        assert wrk.stdout is not None
        output = wrk.stdout.read()
        _, _, usage = os.wait4(wrk.pid, 0)
        after = [Family.of(root) for root in roots]
        busy = machine_busy() - busy
    result = _checked(server, output)
    if not result["requests"]:
        raise Failed(f"{server.system.label}: not one answer in {seconds} s.")
    if after[0].members != before[0].members:
        raise Failed(f"{server.system.label}: a worker was restarted.")
    ours, postgres, redis = (then.cpu - now.cpu for now, then in zip(before, after, strict=True))
    driver = usage.ru_utime + usage.ru_stime
    settle(server.process.pid)
    return Sample(
        requests=int(result["requests"]),
        seconds=result["seconds"],
        p50_ms=result["p50_ms"],
        p99_ms=result["p99_ms"],
        server=ours,
        postgres=postgres,
        redis=redis,
        wrk=driver,
        others=max(0.0, busy - ours - postgres - redis - driver),
    )


def _argv(server: Server, plan: Path, clients: int, seconds: int) -> list[str]:
    load = ("--threads", "1", "--connections", str(clients), "--duration", f"{seconds}s", "--timeout", "20s")
    return ["wrk", *load, "--script", str(SCRIPT), server.url, "--", str(plan)]


def _checked(server: Server, output: str) -> dict[str, float]:
    line = next((line for line in output.splitlines() if line.startswith(RESULT)), None)
    if line is None:
        raise Failed(f"{server.system.label}: wrk said nothing of use:\n{output}")
    result: dict[str, float] = json.loads(line.removeprefix(RESULT))
    if result["socket_errors"] or result["not_2xx"] or result["timeouts"]:
        raise Failed(f"{server.system.label}: {line.removeprefix(RESULT)}")
    return result
