"""What is compared: this project and its peers, how each is started, and by which name it goes in tables."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe

ROOT = Path(__file__).resolve().parents[1]
PEERS = ROOT / "bench" / "peers"
VENVS = ROOT / ".venv-bench"
HERE = Path(sys.prefix) / "bin"

# Nothing of ours is switched off to be measured. What production insists on has a value; rates are on, and too high to
# be met; plain HTTP, since wrk speaks that on loopback to everybody.
OURS: Mapping[str, str] = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": token_urlsafe(64),
    "ALLOWED_HOSTS": "127.0.0.1",
    "SECURE_SSL_REDIRECT": "false",
    "FRONTEND_URL": "https://shop.example.com",
    "EMAIL_URL": "smtp+tls://bench:bench@127.0.0.1:2525",
    "DEFAULT_FROM_EMAIL": "Stockroom <stock@example.com>",
    **{f"RATE_{scope}": "1000000000/minute" for scope in ("READ", "WRITE", "SEARCH", "BULK", "AUTH")},
    "DRAIN_SECONDS": "0",  # nobody comes once it is being stopped
}
# The control: the same without whatever remembers work from one request to the next.
CONTROL: Mapping[str, str] = {"TOKEN_CACHE": "off"}

PEER_SECRET: Mapping[str, str] = {"JWT_SECRET": token_urlsafe(64)}


@dataclass(frozen=True, slots=True)
class System:
    """`command` and `variables` name {bin}, {port} and {workers}; the URLs of the services are added to the latter."""

    key: str
    label: str
    command: tuple[str, ...]
    folder: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    only_writes: bool = False  # reads as another one does

    @property
    def is_ours(self) -> bool:
        return not self.folder

    @property
    def home(self) -> Path:
        return PEERS / self.folder if self.folder else ROOT

    @property
    def bin(self) -> Path:
        return VENVS / self.folder / "bin" if self.folder else HERE

    def argv(self, port: int, workers: int) -> list[str]:
        return [part.format(bin=self.bin, port=port, workers=workers) for part in self.command]

    def environment(self, port: int, workers: int) -> dict[str, str]:
        given = self.variables if self.is_ours else {**PEER_SECRET, **self.variables}
        return {name: value.format(port=port, workers=workers) for name, value in given.items()}


def _granian(interface: str, target: str, *more: str) -> tuple[str, ...]:
    address = ("--host", "127.0.0.1", "--port", "{port}", "--workers", "{workers}")
    return ("{bin}/granian", "--interface", interface, *address, "--http", "1", "--no-ws", *more, target)


def _gunicorn(target: str, *more: str) -> tuple[str, ...]:
    return ("{bin}/gunicorn", "--bind", "127.0.0.1:{port}", "--workers", "{workers}", *more, target)


_UVLOOP = ("--loop", "uvloop")
_THREADS = ("--blocking-threads", "2")
_ON_GUNICORN = {"HOST": "127.0.0.1", "PORT": "{port}", "WEB_CONCURRENCY": "{workers}"}
# As `make serve-granian` has it.
_ON_GRANIAN = _granian(
    "wsgi", "config.wsgi:application", *_THREADS, "--respawn-failed-workers", "--workers-kill-timeout", "25"
)

_F1 = (_gunicorn("app:app", "--worker-class", "uvicorn_worker.UvicornWorker"), "fastapi_sync")
_F2 = (
    (
        *("{bin}/uvicorn", "app:app", "--host", "127.0.0.1", "--port", "{port}", "--workers", "{workers}"),
        *(*_UVLOOP, "--http", "httptools", "--no-access-log", "--log-level", "warning"),
    ),
    "fastapi_async",
)

SYSTEMS = (
    System("ours-granian", "Stockroom on granian", _ON_GRANIAN, variables=OURS),
    System("ours-control", "Stockroom on granian, control", _ON_GRANIAN, variables={**OURS, **CONTROL}),
    System("ours-gunicorn", "Stockroom on gunicorn", ("{bin}/gunicorn",), variables={**OURS, **_ON_GUNICORN}),
    System("f1", "FastAPI, sync SQLAlchemy, gunicorn (F1)", *_F1, {"READ_BACK": "on"}),
    System("f1-lean", "F1 without reading back what it wrote", *_F1, {"READ_BACK": "off"}, only_writes=True),
    System("f2", "FastAPI, async SQLModel, uvicorn (F2)", *_F2, {"READ_BACK": "on"}),
    System("f2-lean", "F2 without reading back what it wrote", *_F2, {"READ_BACK": "off"}, only_writes=True),
    System("f3", "Litestar, async SQLAlchemy, granian (F3)", _granian("asgi", "app:app", *_UVLOOP), "litestar"),
    System("f4", "FastAPI, SQL by hand, granian (F4)", _granian("asgi", "app:app", *_UVLOOP), "fastapi_sql"),
    System("drf-granian", "Plain DRF on granian (D)", _granian("wsgi", "wsgi:application", *_THREADS), "drf"),
    System(
        "drf-gunicorn",
        "Plain DRF on gunicorn (D)",
        _gunicorn("wsgi:application", "--worker-class", "gthread", "--threads", "4"),
        "drf",
    ),
    System("ninja", "Django Ninja on granian (N)", _granian("wsgi", "wsgi:application", *_THREADS), "ninja"),
    System("limit", "A bare function, RSGI (L)", _granian("rsgi", "app:app", *_UVLOOP), "limit"),
    System(
        "fastify",
        "Fastify on Node (G)",
        ("node", "app.js"),
        "fastify",
        {"PORT": "{port}", "WORKERS": "{workers}", "NODE_ENV": "production"},
    ),
)
BY_KEY = {system.key: system for system in SYSTEMS}
