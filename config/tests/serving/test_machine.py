import os
from pathlib import Path

import pytest

from config.serving.machine import cpus


@pytest.fixture(autouse=True)
def _eight_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))


def machine(root: Path, own: str, files: dict[str, str]) -> int:
    (root / "own").write_text(own)
    for name, content in files.items():
        path = root / "cgroups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return cpus(root / "cgroups", root / "own")


def test_without_a_quota_they_are_those_that_it_may_run_on(tmp_path: Path) -> None:
    assert cpus(tmp_path / "none", tmp_path / "none") == 8
    assert machine(tmp_path, "0::/\n", {"cpu.max": "max 100000\n"}) == 8


@pytest.mark.parametrize(("quota", "expected"), [(50_000, 1), (100_000, 1), (150_000, 2), (1_600_000, 8)])
def test_a_container_has_its_quota_rounded_up(tmp_path: Path, quota: int, expected: int) -> None:
    assert machine(tmp_path, "0::/\n", {"cpu.max": f"{quota} 100000\n"}) == expected


def test_the_smallest_quota_of_the_groups_above_counts(tmp_path: Path) -> None:
    files = {"a.slice/cpu.max": "300000 100000\n", "a.slice/b.service/cpu.max": "max 100000\n"}
    assert machine(tmp_path, "0::/a.slice/b.service\n", files) == 3


@pytest.mark.parametrize(("quota", "expected"), [("-1", 8), ("250000", 3)])
def test_version_1_has_two_files(tmp_path: Path, quota: str, expected: int) -> None:
    files = {"cpu/cpu.cfs_quota_us": f"{quota}\n", "cpu/cpu.cfs_period_us": "100000\n"}
    assert machine(tmp_path, "4:cpu:/docker/abc\n", files) == expected
