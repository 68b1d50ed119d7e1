"""The same application on granian, as `make serve-granian` starts it."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from accounts.tests.server import database_url, free_port, wait_for
from config.env import BASE_DIR
from config.tests.serving.load import ask_once

pytestmark = pytest.mark.django_db(transaction=True)


def options() -> list[str]:
    """Of the Makefile, so that they are those that are used."""
    makefile = (BASE_DIR / "Makefile").read_text().replace("\\\n", " ")
    (line,) = re.findall(r"^GRANIAN := granian (.*)$", makefile, re.MULTILINE)
    return shlex.split(line.replace("$(or $(WEB_THREADS),2)", "4"))


def test_it_serves_the_same_and_stops_when_asked(tmp_path: Path, token: str) -> None:
    port, log = free_port(), tmp_path / "log"
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "DATABASE_URL": database_url(),
        "ALLOWED_HOSTS": "127.0.0.1",
    }
    command = ["granian", *options(), "--host", "127.0.0.1", "--port", str(port), "config.wsgi:application"]
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=BASE_DIR, env=environment, stdout=out, stderr=out
        )
        try:
            url = f"http://127.0.0.1:{port}"
            wait_for(url, server, log)
            made = ask_once(url, "POST", "/api/v1/todos", {"title": "on granian"}, token)
            assert (made.status, made.body["title"]) == (201, "on granian")
            assert ask_once(url, "GET", "/api/v1/nothing").body["code"] == "not_found"
        finally:
            server.terminate()
            assert server.wait(timeout=30) == 0
