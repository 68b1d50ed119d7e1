"""Litestar with msgspec and SQLAlchemy on asyncpg: what a team picks that wants an ORM and speed; granian."""

import os
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import anyio.to_thread
import jwt
import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from litestar import Litestar, Router, get, patch, post
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.exceptions import NotAuthorizedException, NotFoundException
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult, DefineMiddleware
from litestar.params import Parameter
from msgspec import UNSET, Meta, Struct, UnsetType
from redis.asyncio import Redis
from sqlalchemy import DateTime, Numeric, func, make_url, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from uuid_utils.compat import uuid4, uuid7

SECRET = os.environ["JWT_SECRET"]
LIFETIME = 1800
engine = create_async_engine(
    make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+asyncpg"), pool_size=20, max_overflow=0
)
sessions = async_sessionmaker(engine, expire_on_commit=False)
revoked = Redis.from_url(os.environ["REDIS_URL"])
hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

Category = Literal[
    "Grocery", "Household", "Electronics", "Stationery", "Personal Care", "Apparel", "Home Improvement", "Pet"
]
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Description = Annotated[str, Meta(max_length=10_000)]
Price = Annotated[float, Meta(ge=0, le=99_999_999.99)]


def now() -> datetime:
    return datetime.now(UTC)


class Base(DeclarativeBase):
    pass


class Item(Base):
    __tablename__ = "items_item"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    name: Mapped[str]
    description: Mapped[str]
    category: Mapped[str | None]
    price_usd: Mapped[float] = mapped_column(Numeric(10, 2, asdecimal=False))
    in_stock: Mapped[bool]
    store_manager_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, onupdate=now)


class ItemIn(Struct, forbid_unknown_fields=True):
    name: Name
    description: Description = ""
    category: Category | None = None
    price_usd: Price = 0
    in_stock: bool = True

    def __post_init__(self) -> None:
        _check_cents(self.price_usd)


class ItemPatch(Struct, forbid_unknown_fields=True):
    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    category: Category | None | UnsetType = UNSET
    price_usd: Price | UnsetType = UNSET
    in_stock: bool | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.price_usd is not UNSET:
            _check_cents(self.price_usd)


class ItemOut(Struct):
    id: UUID
    name: str
    description: str
    category: str | None
    price_usd: float
    in_stock: bool
    store_manager_id: UUID
    created_at: datetime
    updated_at: datetime


class Page(Struct):
    count: int
    results: list[ItemOut]


class Login(Struct):
    email: str
    password: str


class Token(Struct):
    access_token: str
    token_type: str = "bearer"
    expires_in: int = LIFETIME


def _check_cents(price: float) -> None:
    if round(price, 2) != price:
        raise ValueError("at most two decimals")


def out(item: Item) -> ItemOut:
    return msgspec.convert(item, ItemOut, from_attributes=True)


class BearerMiddleware(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise NotAuthorizedException("Not authenticated")
        try:
            claims = jwt.decode(token, SECRET, algorithms=["HS256"])
        except jwt.InvalidTokenError:
            raise NotAuthorizedException("Invalid or expired token") from None
        if await revoked.get(f"revoked:{claims['jti']}"):
            raise NotAuthorizedException("Invalid or expired token")
        return AuthenticationResult(user=claims["sub"], auth=claims)


async def provide_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


@post("/users/login", status_code=200, exclude_from_auth=True)
async def login(data: Login, db: AsyncSession) -> Token:
    result = await db.execute(
        text(
            "SELECT u.id, u.password, s.id FROM accounts_user u LEFT JOIN stores_storemanager s ON s.user_id = u.id"
            " WHERE u.email_key = :email"
        ),
        {"email": data.email.casefold()},
    )
    found = result.first()
    try:
        hashed = found[1].removeprefix("argon2") if found else ""
        await anyio.to_thread.run_sync(hasher.verify, hashed, data.password)
    except (VerifyMismatchError, ValueError):
        raise NotAuthorizedException("Incorrect email or password") from None
    issued = int(time.time())
    claims = {"sub": str(found[0]), "store": str(found[2]), "jti": uuid4().hex, "iat": issued, "exp": issued + LIFETIME}
    return Token(jwt.encode(claims, SECRET, algorithm="HS256"))


@get("/items")
async def list_items(
    db: AsyncSession,
    page: Annotated[int, Parameter(ge=1)] = 1,
    page_size: Annotated[int, Parameter(ge=1, le=100)] = 20,
    category: Category | None = None,
    in_stock: bool | None = None,
    price_usd_min: Decimal | None = None,
) -> Page:
    asked = []
    if category is not None:
        asked.append(Item.category == category)
    if in_stock is not None:
        asked.append(Item.in_stock == in_stock)
    if price_usd_min is not None:
        asked.append(Item.price_usd >= price_usd_min)
    count = await db.scalar(select(func.count()).select_from(Item).where(*asked))
    rows = select(Item).where(*asked).order_by(Item.id.desc()).limit(page_size).offset((page - 1) * page_size)
    return Page(count, [out(item) for item in await db.scalars(rows)])


@get("/items/{item_id:uuid}")
async def get_item(item_id: UUID, db: AsyncSession) -> ItemOut:
    if (item := await db.get(Item, item_id)) is None:
        raise NotFoundException("Item not found")
    return out(item)


@post("/items")
async def create_item(data: ItemIn, db: AsyncSession, request: Any) -> ItemOut:
    item = Item(**msgspec.structs.asdict(data), store_manager_id=UUID(request.auth["store"]))
    db.add(item)
    await db.commit()
    return out(item)


@post("/items/bulk")
async def create_items(data: list[ItemIn], db: AsyncSession, request: Any) -> list[ItemOut]:
    store = UUID(request.auth["store"])
    items = [Item(**msgspec.structs.asdict(one), store_manager_id=store) for one in data]
    db.add_all(items)
    await db.commit()
    return [out(item) for item in items]


@patch("/items/{item_id:uuid}")
async def update_item(item_id: UUID, data: ItemPatch, db: AsyncSession) -> ItemOut:
    if (item := await db.get(Item, item_id)) is None:
        raise NotFoundException("Item not found")
    for name, value in msgspec.structs.asdict(data).items():
        if value is not UNSET:
            setattr(item, name, value)
    await db.commit()
    return out(item)


app = Litestar(
    [Router("/api/v1", route_handlers=[login, list_items, get_item, create_item, create_items, update_item])],
    dependencies={"db": Provide(provide_session)},
    middleware=[DefineMiddleware(BearerMiddleware)],
    openapi_config=None,
)
