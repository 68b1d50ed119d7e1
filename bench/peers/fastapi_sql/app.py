"""FastAPI by hand: SQL on asyncpg, orjson to bytes, Pydantic for what comes in; granian with uvloop."""

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import anyio.to_thread
import asyncpg
import jwt
import orjson
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from redis.asyncio import Redis
from uuid_utils.compat import uuid4, uuid7

SECRET = os.environ["JWT_SECRET"]
LIFETIME = 1800
COLUMNS = (
    "id::text, name, description, category, price_usd::float8, in_stock, store_manager_id::text, created_at, updated_at"
)
INSERT = (
    "INSERT INTO items_item (id, name, description, category, price_usd, in_stock, store_manager_id, created_at,"
    " updated_at)"
)
hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

Category = Literal[
    "Grocery", "Household", "Electronics", "Stationery", "Personal Care", "Apparel", "Home Improvement", "Pet"
]
Name = Annotated[str, Field(min_length=1, max_length=64)]
Description = Annotated[str, Field(max_length=10_000)]
Price = Annotated[Decimal, Field(ge=0, le=Decimal("99999999.99"), decimal_places=2)]


class ItemIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    description: Description = ""
    category: Category | None = None
    price_usd: Price = Decimal(0)
    in_stock: bool = True


class ItemPatch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name = ""
    description: Description = ""
    category: Category | None = None
    price_usd: Price = Decimal(0)
    in_stock: bool = True


class Login(BaseModel):
    email: str
    password: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.redis = Redis.from_url(os.environ["REDIS_URL"])
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=10, max_size=20) as app.state.pool:
        yield


app = FastAPI(lifespan=lifespan)
router = APIRouter(prefix="/api/v1")


def answer(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content, option=orjson.OPT_UTC_Z), status, media_type="application/json")


async def get_claims(request: Request) -> dict[str, Any]:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise HTTPException(401, "Not authenticated")
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401, "Invalid or expired token") from None
    if await request.app.state.redis.get(f"revoked:{claims['jti']}"):
        raise HTTPException(401, "Invalid or expired token")
    return claims


Claims = Annotated[dict[str, Any], Depends(get_claims)]


@router.post("/users/login")
async def login(body: Login, request: Request) -> Response:
    found = await request.app.state.pool.fetchrow(
        "SELECT u.id, u.password, s.id FROM accounts_user u LEFT JOIN stores_storemanager s ON s.user_id = u.id"
        " WHERE u.email_key = $1",
        body.email.casefold(),
    )
    try:
        hashed = found[1].removeprefix("argon2") if found else ""
        await anyio.to_thread.run_sync(hasher.verify, hashed, body.password)
    except (VerifyMismatchError, ValueError):
        raise HTTPException(401, "Incorrect email or password") from None
    now = int(time.time())
    claims = {"sub": str(found[0]), "store": str(found[2]), "jti": uuid4().hex, "iat": now, "exp": now + LIFETIME}
    token = jwt.encode(claims, SECRET, algorithm="HS256")
    return answer({"access_token": token, "token_type": "bearer", "expires_in": LIFETIME})


@router.get("/items")
async def list_items(
    request: Request,
    claims: Claims,
    page: Annotated[int, Query(ge=1)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100)] = 20,
    category: Category | None = None,
    in_stock: bool | None = None,
    price_usd_min: Decimal | None = None,
) -> Response:
    asked = {"category = ": category, "in_stock = ": in_stock, "price_usd >= ": price_usd_min}
    given = {condition: value for condition, value in asked.items() if value is not None}
    where = " AND ".join(f"{condition}${number}" for number, condition in enumerate(given, 1)) or "true"
    async with request.app.state.pool.acquire() as connection:
        count = await connection.fetchval(f"SELECT count(*) FROM items_item WHERE {where}", *given.values())
        rows = await connection.fetch(
            # Inside, so that nothing is cast of the rows that are skipped.
            f"SELECT {COLUMNS} FROM (SELECT * FROM items_item WHERE {where} ORDER BY id DESC"
            f" LIMIT ${len(given) + 1} OFFSET ${len(given) + 2}) AS page ORDER BY page.id DESC",
            *given.values(),
            page_size,
            (page - 1) * page_size,
        )
    return answer({"count": count, "results": [dict(row) for row in rows]})


@router.get("/items/{item_id}")
async def get_item(item_id: UUID, request: Request, claims: Claims) -> Response:
    row = await request.app.state.pool.fetchrow(f"SELECT {COLUMNS} FROM items_item WHERE id = $1", item_id)
    if row is None:
        raise HTTPException(404, "Item not found")
    return answer(dict(row))


def values(body: ItemIn, store: UUID, now: datetime) -> tuple[Any, ...]:
    return uuid7(), body.name, body.description, body.category, body.price_usd, body.in_stock, store, now


@router.post("/items")
async def create_item(body: ItemIn, request: Request, claims: Claims) -> Response:
    row = await request.app.state.pool.fetchrow(
        f"{INSERT} VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING {COLUMNS}",
        *values(body, UUID(claims["store"]), datetime.now(UTC)),
    )
    return answer(dict(row), 201)


@router.post("/items/bulk")
async def create_items(body: list[ItemIn], request: Request, claims: Claims) -> Response:
    store, now = UUID(claims["store"]), datetime.now(UTC)
    rows = await request.app.state.pool.fetch(
        f"{INSERT} SELECT *, $8::timestamptz, $8::timestamptz FROM unnest($1::uuid[], $2::text[], $3::text[],"
        f" $4::text[], $5::numeric[], $6::bool[], $7::uuid[]) RETURNING {COLUMNS}",
        *map(list, zip(*(values(one, store, now)[:7] for one in body), strict=True)),
        now,
    )
    return answer([dict(row) for row in rows], 201)


@router.patch("/items/{item_id}")
async def update_item(item_id: UUID, body: ItemPatch, request: Request, claims: Claims) -> Response:
    changed = {**body.model_dump(exclude_unset=True), "updated_at": datetime.now(UTC)}
    assignments = ", ".join(f"{name} = ${number}" for number, name in enumerate(changed, 2))
    row = await request.app.state.pool.fetchrow(
        f"UPDATE items_item SET {assignments} WHERE id = $1 RETURNING {COLUMNS}", item_id, *changed.values()
    )
    if row is None:
        raise HTTPException(404, "Item not found")
    return answer(dict(row))


app.include_router(router)
