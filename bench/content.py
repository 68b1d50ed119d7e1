"""Whether all systems do the same work: the same rows in their answers, the same refusals."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import redis

from bench.client import ITEMS, Client, Unexpected
from bench.database import Database
from bench.servers import Server
from bench.services import Services
from bench.workloads import BULK, CAP, DEEP_PAGE, PAGE, filtered_path, new_item

FIELDS = (
    "id",
    "name",
    "description",
    "category",
    "price_usd",
    "in_stock",
    "store_manager_id",
    "created_at",
    "updated_at",
)
SENT = ("name", "description", "category", "price_usd", "in_stock")
REFUSED = ({"name": ""}, {"name": "x" * 65}, {"price_usd": -1}, {"price_usd": 1e9}, {"category": "Weapons"})


def check(servers: Sequence[Server], database: Database, services: Services) -> None:
    """Raises Unexpected at the first difference from the first server."""
    pages = (
        f"{ITEMS}?page_size={PAGE}",
        f"{ITEMS}?page_size={PAGE}&page={DEEP_PAGE}",
        filtered_path(database),
    )
    addresses = [*(f"{ITEMS}/{key}" for key in database.ids[::100]), *pages]
    expected: dict[str, Any] = {}
    for server in servers:
        client = server.client
        client.log_in()
        for path in addresses:
            given = _normal(client.expect(200, "GET", path))
            if given != expected.setdefault(path, given):
                raise Unexpected(f"{client.name} answers otherwise than {servers[0].client.name} at {path}")
        _check_writes(client)
        _check_guard(server, services)
        database.tidy()


def _check_writes(client: Client) -> None:
    sent = new_item(1)
    created = _normal(client.expect(201, "POST", ITEMS, sent))
    path = f"{ITEMS}/{created['id']}"
    _same(client, {name: created[name] for name in SENT}, sent)
    _same(client, created, _normal(client.expect(200, "GET", path)))
    changed = _normal(client.expect(200, "PATCH", path, {"price_usd": 2.5, "in_stock": False}))
    _same(client, {name: changed[name] for name in SENT}, {**sent, "price_usd": 2.5, "in_stock": False})
    if changed["updated_at"] <= created["updated_at"]:
        raise Unexpected(f"{client.name} does not move updated_at.")
    many = [new_item(number) for number in range(BULK)]
    answer = client.expect(201, "POST", f"{ITEMS}/bulk", many)
    _same(client, [{name: _normal(row)[name] for name in SENT} for row in answer], many)
    for fault in REFUSED:
        status, _ = client.ask("POST", ITEMS, {**sent, **fault})
        if status not in (400, 422):
            raise Unexpected(f"{client.name} takes {fault}: {status}")


def _check_guard(server: Server, services: Services) -> None:
    """No token, a forged one and a revoked one are all refused."""
    client = server.client
    good = client.token
    head, body, signature = good.split(".")
    for bad in ("", f"{head}.{body}.{signature[::-1]}"):
        client.token = bad
        status, _ = client.ask("GET", ITEMS)
        if status not in (401, 403):
            raise Unexpected(f"{client.name} takes a bad token: {status}")
    client.token = good
    if server.system.is_ours:
        client.expect(200, "POST", "/api/v1/users/logout")
    else:
        jti = json.loads(base64.urlsafe_b64decode(body + "=="))["jti"]
        redis.Redis.from_url(services.redis_url).set(f"revoked:{jti}", 1, ex=3600)
    client.expect(401, "GET", ITEMS)
    client.log_in()


def _same(client: Client, given: Any, expected: Any) -> None:
    if given != expected:
        raise Unexpected(f"{client.name} answers {str(given)[:300]} instead of {str(expected)[:300]}")


def _normal(answer: dict[str, Any]) -> dict[str, Any]:
    """What a row or a page says, whatever else is around it and however its numbers and times are written.

    We stop counting at CAP, which is our bargain for large catalogues; up to there all count alike.
    """
    if "results" in answer:
        return {"count": min(answer["count"], CAP), "results": [_normal(row) for row in answer["results"]]}
    row = {name: answer[name] for name in FIELDS}
    for name in ("created_at", "updated_at"):
        row[name] = datetime.fromisoformat(row[name]).astimezone(UTC)
    return {**row, "price_usd": float(row["price_usd"]), "id": UUID(row["id"])}
