"""What is asked of every system, as lists of requests that wrk goes through in a ring."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bench.client import ITEMS, LOGIN, Client
from bench.database import ACCOUNTS, PASSWORD, Database, email

PAGE = 50
BULK = 100
CAP = 10_000  # where our counts and numbered pages end
DEEP_PAGE = CAP // PAGE
CURSOR_STEP = 100


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    body: Any = None

    def as_lua(self, token: str) -> str:
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if self.body is not None:
            headers["Content-Type"] = "application/json"
        fields = ", ".join(f"[ {_quoted(name)} ] = {_quoted(value)}" for name, value in headers.items())
        body = "nil" if self.body is None else _quoted(json.dumps(self.body))
        return f"wrk.format({_quoted(self.method)}, {_quoted(self.path)}, {{{fields}}}, {body})"


def as_lua(requests: Sequence[Request], token: str) -> str:
    """For bench/wrk.lua."""
    return "return {\n" + "".join(f"  {request.as_lua(token)},\n" for request in requests) + "}\n"


def _quoted(text: str) -> str:
    return f"[==[{text}]==]"


@dataclass(frozen=True, slots=True)
class Workload:
    key: str
    title: str
    requests: Callable[[Database, Client], list[Request]]
    writes: bool = False
    only_ours: bool = False  # nobody else has it
    most_clients: int = 1_000
    signed_in: bool = True


def _get(database: Database, client: Client) -> list[Request]:
    return [Request("GET", f"{ITEMS}/{key}") for key in database.ids]


def _list(database: Database, client: Client) -> list[Request]:
    return [Request("GET", f"{ITEMS}?page_size={PAGE}")]


def filtered_path(database: Database) -> str:
    """As many rows match in a catalogue of any size."""
    return f"{ITEMS}?page_size={PAGE}&category=Pet&in_stock=true&price_usd_min={database.price_usd_min}"


def _filtered(database: Database, client: Client) -> list[Request]:
    return [Request("GET", filtered_path(database))]


def _deep(database: Database, client: Client) -> list[Request]:
    return [Request("GET", f"{ITEMS}?page_size={PAGE}&page={DEEP_PAGE}")]


def _keyset(database: Database, client: Client) -> list[Request]:
    return [Request("GET", f"{ITEMS}?page_size={PAGE}&cursor=")]


def _keyset_deep(database: Database, client: Client) -> list[Request]:
    """In the middle of the catalogue, by following the links."""
    path = f"{ITEMS}?page_size={CURSOR_STEP}&cursor="
    for _ in range(database.rows // 2 // CURSOR_STEP):
        link = urlsplit(client.expect(200, "GET", path)["next"])
        path = f"{link.path}?{link.query}"
    return [Request("GET", path.replace(f"page_size={CURSOR_STEP}", f"page_size={PAGE}"))]


def new_item(number: int) -> dict[str, Any]:
    return {
        "name": f"Copperfield enamel mug, set of {number}",
        "description": "Dishwasher-safe. Two years of guarantee.",
        "category": "Household",
        "price_usd": number + 0.95,
        "in_stock": number % 8 > 0,
    }


def _post(database: Database, client: Client) -> list[Request]:
    return [Request("POST", ITEMS, new_item(number)) for number in range(64)]


def _patch(database: Database, client: Client) -> list[Request]:
    """With other values each time round; more rows than there are clients, so that hardly two change one at once."""
    return [
        Request("PATCH", f"{ITEMS}/{key}", {"price_usd": number % 89 + 0.49, "in_stock": number % 3 > 0})
        for number, key in enumerate(database.ids * 3)
    ]


def _bulk(database: Database, client: Client) -> list[Request]:
    return [
        Request("POST", f"{ITEMS}/bulk", [new_item(first + number) for number in range(BULK)]) for first in range(8)
    ]


def _login(database: Database, client: Client) -> list[Request]:
    """Many more accounts than clients, so that no two sign in to one at once."""
    return [Request("POST", LOGIN, {"email": email(number), "password": PASSWORD}) for number in range(ACCOUNTS)]


WORKLOADS = (
    Workload("get", "GET one", _get),
    Workload("list", f"list {PAGE}, counted", _list),
    Workload("post", "POST", _post, writes=True),
    Workload("patch", "PATCH", _patch, writes=True),
    Workload("filtered", f"list {PAGE}, three filters", _filtered),
    Workload("deep", f"list {PAGE}, page {DEEP_PAGE}", _deep),
    Workload("keyset", f"list {PAGE}, cursor", _keyset, only_ours=True),
    Workload("keyset-deep", f"list {PAGE}, cursor half-way", _keyset_deep, only_ours=True),
    Workload("bulk", f"POST {BULK} at once", _bulk, writes=True),
    # Ours hashes two at a time, and sends away whom that would keep waiting for more than two seconds.
    Workload("login", "log in", _login, most_clients=16, signed_in=False),
)
BY_KEY = {workload.key: workload for workload in WORKLOADS}
MAIN = tuple(BY_KEY[key] for key in ("get", "list", "post", "patch"))
WRITES_ONE = ("post", "patch")
# What should cost the same in a catalogue of any size, and what its samples are kept as: of one system, in turn.
SIZES = "sizes"
OF_ANY_SIZE = tuple(BY_KEY[key] for key in ("list", "filtered", "keyset", "keyset-deep"))
AT_SCALE = tuple(BY_KEY[key] for key in ("get", "list", "filtered", "deep", "keyset", "keyset-deep"))
