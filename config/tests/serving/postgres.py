"""A PostgreSQL of the test's own, to restart, to fill and to freeze."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection, connect

from accounts.tests.server import free_port
from config.env import BASE_DIR

USER = "stockroom"


@dataclass
class Postgres:
    """Each method returns when it is done."""

    binaries: Path
    data: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgres://{USER}@127.0.0.1:{self.port}/{USER}"

    def connect(self, user: str = USER) -> Connection[Any]:
        return connect(host="127.0.0.1", port=self.port, user=user, dbname=USER, autocommit=True)

    def run(self, *command: str) -> None:
        """PostgreSQL does not run as root."""
        as_somebody = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        program, *arguments = command
        subprocess.run(
            [*as_somebody, str(self.binaries / program), *arguments],
            cwd=self.data.parent,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=60,
        )

    def create(self) -> None:
        self.run("initdb", "--pgdata", str(self.data), "--username=postgres", "--auth=trust", "--no-sync")
        options = {"port": self.port, "listen_addresses": "127.0.0.1", "fsync": "off"}
        with (self.data / "postgresql.auto.conf").open("a") as conf:
            conf.writelines(f"{name} = '{value}'\n" for name, value in options.items())
            conf.write("unix_socket_directories = ''\n")
        self.control("start")
        with closing(connect(host="127.0.0.1", port=self.port, user="postgres", autocommit=True)) as admin:
            admin.execute(f"CREATE ROLE {USER} LOGIN CREATEDB")
            admin.execute(f"CREATE DATABASE {USER} OWNER {USER}")

    def control(self, action: str, mode: str = "fast") -> None:
        log = str(self.data / "log")
        self.run("pg_ctl", action, "--pgdata", str(self.data), "--mode", mode, "--log", log, "--wait", "--silent")

    def manage(self, *command: str, **variables: str) -> str:
        """The output of a command of ours, on this database."""
        environment = {"PATH": os.environ["PATH"], "DATABASE_URL": self.url, **variables}
        environment["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
        done = subprocess.run(
            [sys.executable, "manage.py", *command], cwd=BASE_DIR, env=environment, check=True, capture_output=True
        )
        return done.stdout.decode().strip()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It takes connections, which the kernel does for it, and says nothing."""
        processes = self.processes()
        for pid in processes:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in processes:
                os.kill(pid, signal.SIGCONT)

    def processes(self) -> list[int]:
        master = int((self.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return [master, *map(int, children)]

    @contextmanager
    def full(self) -> Iterator[None]:
        """The application's connections are ended, and it gets no other (53300, as when all are taken)."""
        with closing(self.connect("postgres")) as admin:
            admin.execute(f"ALTER ROLE {USER} CONNECTION LIMIT 0")
            try:
                admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (USER,))
                yield
            finally:
                admin.execute(f"ALTER ROLE {USER} CONNECTION LIMIT -1")


@contextmanager
def postgres() -> Iterator[Postgres]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    binary = str(found[-1]) if found else shutil.which("initdb")
    if not binary:
        pytest.skip("PostgreSQL's server is not installed (Debian, Ubuntu: apt-get install postgresql)")
    # Not pytest's directory: that one is for its owner only.
    root = Path(tempfile.mkdtemp(prefix="stockroom-postgres-"))
    try:
        if os.getuid() == 0:
            shutil.chown(root, "postgres")
        server = Postgres(Path(binary).parent, root / "data", free_port())
        server.create()
        try:
            yield server
        finally:
            server.control("stop", "immediate")
    finally:
        shutil.rmtree(root)
