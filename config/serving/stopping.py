"""SIGTERM in two steps: readiness says no while everything is still served; then gunicorn stops as it always does."""

import signal
from types import FrameType

from gunicorn.arbiter import Arbiter

from common import draining


def drain_first(server: Arbiter, seconds: float) -> None:
    """In the master. A second SIGTERM ends the waiting; SIGINT and SIGQUIT do not wait at all."""

    def stop(signum: int, frame: FrameType | None) -> None:
        server.signal(signal.SIGTERM, frame)

    def drain(signum: int, frame: FrameType | None) -> None:
        if draining.has_begun() or seconds <= 0:
            stop(signum, frame)
        else:
            draining.begin()
            # Not by sleeping: meanwhile the master replaces workers that die.
            signal.setitimer(signal.ITIMER_REAL, seconds)

    signal.signal(signal.SIGALRM, stop)
    signal.signal(signal.SIGTERM, drain)
