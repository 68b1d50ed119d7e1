"""CPU and members of a family of processes, as /proc has them."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.processes import Family

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="Linux keeps these figures in /proc")

BURN = "import time; began = time.process_time()\nwhile time.process_time() - began < 0.2: pass\n"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}]); print('done', flush=True); input()"


def test_what_a_child_used_that_has_ended_is_counted_and_the_child_is_not():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        family = Family.of(parent.pid)
        parent.communicate(b"\n")
    assert {pid for pid, _ in family.members} == {parent.pid}
    assert family.cpu >= 0.19


def test_a_process_that_is_gone_has_no_members_and_used_nothing():
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert Family.of(ended.pid) == Family(frozenset(), 0.0)


def test_who_ends_while_we_look_is_not_lost(monkeypatch):
    parent, child = (1, 10), (2, 20)
    alone, both = frozenset({parent}), frozenset({parent, child})
    # The child has ended, and its parent has not been told yet.
    looks = iter([Family(both, 5.0), Family(alone, 1.0), Family(alone, 5.0)])
    monkeypatch.setattr(Family, "_look", lambda root: next(looks))
    assert Family.of(1) == Family(alone, 5.0)
