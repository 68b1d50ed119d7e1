"""FastAPI, async: SQLModel on psycopg, redis.asyncio; uvicorn with uvloop and httptools."""

import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import anyio.to_thread
import jwt
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis
from sqlalchemy import DateTime, func, make_url, text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid4, uuid7

SECRET = os.environ["JWT_SECRET"]
LIFETIME = 1800
# As FastAPI's tutorial does after each commit. What was written is known without.
READS_BACK = os.environ["READ_BACK"] == "on"
engine = create_async_engine(
    make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg"), pool_size=20, max_overflow=0
)
sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
revoked = Redis.from_url(os.environ["REDIS_URL"])
hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

Category = Literal[
    "Grocery", "Household", "Electronics", "Stationery", "Personal Care", "Apparel", "Home Improvement", "Pet"
]
Name = Annotated[str, Field(min_length=1, max_length=64)]
Description = Annotated[str, Field(max_length=10_000)]
Price = Annotated[Decimal, Field(ge=0, le=Decimal("99999999.99"), decimal_places=2)]


def now() -> datetime:
    return datetime.now(UTC)


class Item(SQLModel, table=True):
    __tablename__ = "items_item"

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    name: str
    description: str
    category: str | None
    price_usd: Decimal = Field(max_digits=10, decimal_places=2)
    in_stock: bool
    store_manager_id: UUID
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(
        default_factory=now, sa_type=DateTime(timezone=True), sa_column_kwargs={"onupdate": now}
    )


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


class ItemOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    description: str
    category: str | None
    price_usd: float
    in_stock: bool
    store_manager_id: UUID
    created_at: datetime
    updated_at: datetime


class Page(BaseModel):
    count: int
    results: list[ItemOut]


class Login(BaseModel):
    email: str
    password: str


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"
    expires_in: int = LIFETIME


async def get_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


async def get_claims(credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> dict[str, Any]:
    try:
        claims = jwt.decode(credentials.credentials, SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401, "Invalid or expired token") from None
    if await revoked.get(f"revoked:{claims['jti']}"):
        raise HTTPException(401, "Invalid or expired token")
    return claims


Db = Annotated[AsyncSession, Depends(get_session)]
Claims = Annotated[dict[str, Any], Depends(get_claims)]
app = FastAPI()
router = APIRouter(prefix="/api/v1")


@router.post("/users/login")
async def login(body: Login, db: Db) -> Token:
    result = await db.exec(
        text(
            "SELECT u.id, u.password, s.id FROM accounts_user u LEFT JOIN stores_storemanager s ON s.user_id = u.id"
            " WHERE u.email_key = :email"
        ),
        params={"email": body.email.casefold()},
    )
    found = result.first()
    try:
        hashed = found[1].removeprefix("argon2") if found else ""
        await anyio.to_thread.run_sync(hasher.verify, hashed, body.password)
    except (VerifyMismatchError, ValueError):
        raise HTTPException(401, "Incorrect email or password") from None
    issued = int(time.time())
    claims = {"sub": str(found[0]), "store": str(found[2]), "jti": uuid4().hex, "iat": issued, "exp": issued + LIFETIME}
    return Token(access_token=jwt.encode(claims, SECRET, algorithm="HS256"))


@router.get("/items", response_model=Page)
async def list_items(
    db: Db,
    claims: Claims,
    page: Annotated[int, Query(ge=1)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100)] = 20,
    category: Category | None = None,
    in_stock: bool | None = None,
    price_usd_min: Decimal | None = None,
) -> dict[str, Any]:
    asked = []
    if category is not None:
        asked.append(Item.category == category)
    if in_stock is not None:
        asked.append(Item.in_stock == in_stock)
    if price_usd_min is not None:
        asked.append(Item.price_usd >= price_usd_min)
    count = (await db.exec(select(func.count()).select_from(Item).where(*asked))).one()
    rows = select(Item).where(*asked).order_by(col(Item.id).desc()).limit(page_size).offset((page - 1) * page_size)
    return {"count": count, "results": (await db.exec(rows)).all()}


@router.get("/items/{item_id}", response_model=ItemOut)
async def get_item(item_id: UUID, db: Db, claims: Claims) -> Item:
    if (item := await db.get(Item, item_id)) is None:
        raise HTTPException(404, "Item not found")
    return item


@router.post("/items", response_model=ItemOut, status_code=201)
async def create_item(body: ItemIn, db: Db, claims: Claims) -> Item:
    item = Item(**body.model_dump(), store_manager_id=UUID(claims["store"]))
    db.add(item)
    await db.commit()
    if READS_BACK:
        await db.refresh(item)
    return item


@router.post("/items/bulk", response_model=list[ItemOut], status_code=201)
async def create_items(body: list[ItemIn], db: Db, claims: Claims) -> list[Item]:
    store = UUID(claims["store"])
    items = [Item(**one.model_dump(), store_manager_id=store) for one in body]
    db.add_all(items)
    await db.commit()
    return items


@router.patch("/items/{item_id}", response_model=ItemOut)
async def update_item(item_id: UUID, body: ItemPatch, db: Db, claims: Claims) -> Item:
    if (item := await db.get(Item, item_id)) is None:
        raise HTTPException(404, "Item not found")
    for name, value in body.model_dump(exclude_unset=True).items():
        setattr(item, name, value)
    await db.commit()
    if READS_BACK:
        await db.refresh(item)
    return item


app.include_router(router)
