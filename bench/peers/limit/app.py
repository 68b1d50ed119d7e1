"""The limit: a bare function that does the I/O of a request and nothing else. RSGI, asyncpg, orjson, no framework.

One check of the token, one call of Redis, one SQL. It is no way to write a service; it says what there is to win.
"""

import asyncio
import base64
import hmac
import os
import re
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import asyncpg
import orjson
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from redis.asyncio import Redis
from uuid_utils.compat import uuid4, uuid7

SECRET = os.environ["JWT_SECRET"].encode()
LIFETIME = 1800
JSON = [("content-type", "application/json")]
HEADER = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=").decode()
ITEM = re.compile(r"/api/v1/items/([0-9a-f-]{36})")
CATEGORIES = {
    "Grocery", "Household", "Electronics", "Stationery", "Personal Care", "Apparel", "Home Improvement", "Pet", None,
}  # fmt: skip
COLUMNS = (
    "id::text, name, description, category, price_usd::float8, in_stock, store_manager_id::text, created_at, updated_at"
)
INSERT = (
    "INSERT INTO items_item (name, description, category, price_usd, in_stock, id, store_manager_id, created_at,"
    " updated_at)"
)
CHECKS = {
    "name": lambda value: type(value) is str and 1 <= len(value) <= 64,
    "description": lambda value: type(value) is str and len(value) <= 10_000,
    "category": lambda value: value in CATEGORIES,
    "price_usd": lambda value: type(value) in (int, float) and 0 <= value <= 99_999_999.99 and round(value, 2) == value,
    "in_stock": lambda value: type(value) is bool,
}
CONDITIONS = {"category": "category = ", "in_stock": "in_stock = ", "price_usd_min": "price_usd >= "}
VALUES = {"category": str, "in_stock": "true".__eq__, "price_usd_min": Decimal}
hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Refusal(Exception):
    """With the status of the answer."""


def signed(claims: dict[str, Any]) -> str:
    body = f"{HEADER}.{base64.urlsafe_b64encode(orjson.dumps(claims)).rstrip(b'=').decode()}"
    signature = hmac.digest(SECRET, body.encode(), "sha256")
    return f"{body}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def verified(token: str) -> dict[str, Any]:
    try:
        body, _, signature = token.rpartition(".")
        given = base64.urlsafe_b64decode(signature + "==")
        if not hmac.compare_digest(given, hmac.digest(SECRET, body.encode(), "sha256")):
            raise Refusal(401)
        claims: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(body.partition(".")[2] + "=="))
    except ValueError:
        raise Refusal(401) from None
    if claims["exp"] <= time.time():
        raise Refusal(401)
    return claims


def checked(row: Any) -> dict[str, Any]:
    if type(row) is not dict or not all(name in CHECKS and CHECKS[name](value) for name, value in row.items()):
        raise Refusal(422)
    if "price_usd" in row:
        row["price_usd"] = Decimal(str(row["price_usd"]))
    return row


def new(row: Any) -> tuple[Any, ...]:
    row = checked(row)
    if "name" not in row:
        raise Refusal(422)
    return (
        row["name"], row.get("description", ""), row.get("category"), row.get("price_usd", Decimal(0)),
        row.get("in_stock", True), uuid7(),
    )  # fmt: skip


class App:
    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.redis = Redis.from_url(os.environ["REDIS_URL"])
        self.pool = loop.run_until_complete(asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=10, max_size=20))

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        try:
            status, content = await self.answer(scope, protocol)
        except (Refusal, orjson.JSONDecodeError) as error:
            status, content = error.args[0] if isinstance(error, Refusal) else 400, None
        protocol.response_bytes(status, JSON, orjson.dumps(content, option=orjson.OPT_UTC_Z))

    async def answer(self, scope: Any, protocol: Any) -> tuple[int, Any]:
        method, path = scope.method, scope.path
        if path == "/api/v1/users/login":
            return 200, await self.login(orjson.loads(await protocol()))
        claims = verified((scope.headers.get("authorization") or "").removeprefix("Bearer "))
        if await self.redis.get(f"revoked:{claims['jti']}"):
            raise Refusal(401)
        if path == "/api/v1/items":
            if method == "GET":
                return 200, await self.list_items(dict(parse_qsl(scope.query_string)))
            return 201, await self.create_item(claims, orjson.loads(await protocol()))
        if path == "/api/v1/items/bulk":
            return 201, await self.create_items(claims, orjson.loads(await protocol()))
        if not (match := ITEM.fullmatch(path)):
            raise Refusal(404)
        if method == "GET":
            row = await self.pool.fetchrow(f"SELECT {COLUMNS} FROM items_item WHERE id = $1", UUID(match[1]))
        else:
            row = await self.update_item(UUID(match[1]), checked(orjson.loads(await protocol())))
        if row is None:
            raise Refusal(404)
        return 200, dict(row)

    async def login(self, body: dict[str, str]) -> dict[str, Any]:
        found = await self.pool.fetchrow(
            "SELECT u.id, u.password, s.id FROM accounts_user u LEFT JOIN stores_storemanager s ON s.user_id = u.id"
            " WHERE u.email_key = $1",
            body["email"].casefold(),
        )
        try:
            hashed = found[1].removeprefix("argon2") if found else ""
            await asyncio.to_thread(hasher.verify, hashed, body["password"])
        except (VerifyMismatchError, ValueError):
            raise Refusal(401) from None
        claims = {"sub": str(found[0]), "store": str(found[2]), "jti": uuid4().hex, "exp": int(time.time()) + LIFETIME}
        return {"access_token": signed(claims), "token_type": "bearer", "expires_in": LIFETIME}

    async def list_items(self, query: dict[str, str]) -> dict[str, Any]:
        size, page = int(query.get("page_size", 20)), int(query.get("page", 1))
        given = {name: VALUES[name](query[name]) for name in CONDITIONS if name in query}
        where = " AND ".join(f"{CONDITIONS[name]}${number}" for number, name in enumerate(given, 1)) or "true"
        rows = await self.pool.fetch(
            # Inside, so that nothing is cast of the rows that are skipped.
            f"SELECT (SELECT count(*) FROM items_item WHERE {where}) AS total, {COLUMNS} FROM (SELECT * FROM items_item"
            f" WHERE {where} ORDER BY id DESC LIMIT ${len(given) + 1} OFFSET ${len(given) + 2}) AS page"
            " ORDER BY page.id DESC",
            *given.values(),
            size,
            (page - 1) * size,
        )
        results = [dict(row) for row in rows]
        return {"count": [row.pop("total") for row in results][0] if results else 0, "results": results}

    async def create_item(self, claims: dict[str, Any], body: Any) -> dict[str, Any]:
        sql = f"{INSERT} VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING {COLUMNS}"
        return dict(await self.pool.fetchrow(sql, *new(body), UUID(claims["store"]), datetime.now(UTC)))

    async def create_items(self, claims: dict[str, Any], body: list[Any]) -> list[dict[str, Any]]:
        sql = (
            f"{INSERT} SELECT *, $7::uuid, $8::timestamptz, $8::timestamptz FROM unnest($1::text[], $2::text[],"
            f" $3::text[], $4::numeric[], $5::bool[], $6::uuid[]) RETURNING {COLUMNS}"
        )
        columns = map(list, zip(*map(new, body), strict=True))
        rows = await self.pool.fetch(sql, *columns, UUID(claims["store"]), datetime.now(UTC))
        return [dict(row) for row in rows]

    async def update_item(self, item_id: UUID, changed: dict[str, Any]) -> Any:
        assignments = "".join(f"{name} = ${number}, " for number, name in enumerate(changed, 3))
        sql = f"UPDATE items_item SET {assignments}updated_at = $2 WHERE id = $1 RETURNING {COLUMNS}"
        return await self.pool.fetchrow(sql, item_id, datetime.now(UTC), *changed.values())


app = App()
