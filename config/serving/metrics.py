"""Where the workers count, so that any of them can tell what all have counted (`common.metrics`)."""

import os
import shutil
from pathlib import Path
from tempfile import mkdtemp


def directory(given: str) -> str:
    """An empty one, before anything is counted: as it is named, or in memory."""
    if not given:
        return mkdtemp(prefix="metrics-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    Path(given).mkdir(parents=True, exist_ok=True)
    for counts in Path(given).glob("*.db"):
        counts.unlink()
    return given


def forget(pid: int, path: str) -> None:
    """A worker that has ended has nothing under way; what it had counted stays counted."""
    # Not at the top: whoever imports it before the directory is named counts for itself alone.
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid, path)


def clear(path: str) -> None:
    shutil.rmtree(path, ignore_errors=True)
