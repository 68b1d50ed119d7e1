import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config.env import BASE_DIR
from config.secret_key import MIN_LENGTH, shared_secret_key, weakness

_READY_THEN_ASK = """
import sys
from pathlib import Path
from config.secret_key import shared_secret_key
print("ready", flush=True)
sys.stdin.readline()
print(shared_secret_key(Path(sys.argv[1])))
"""


def _start(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _READY_THEN_ASK, str(path)],
        cwd=BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_processes_that_start_at_once_share_one_secret(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret_key"
    processes = [_start(path) for _ in range(6)]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    secrets = {process.communicate()[0].strip() for process in processes}
    assert len(secrets) == 1
    assert weakness(secrets.pop()) == ""
    assert [file.name for file in path.parent.iterdir()] == ["secret_key"]


def test_a_loser_of_the_race_takes_the_winners_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret_key"
    path.write_text("the winner's")
    monkeypatch.setattr(Path, "exists", lambda path: False)
    assert shared_secret_key(path) == "the winner's"


def test_it_is_kept_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    secret = shared_secret_key(path)
    assert len(secret) >= MIN_LENGTH
    assert shared_secret_key(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
