"""FastAPI as its tutorial has it: sync handlers in the thread pool, SQLAlchemy on psycopg2, Pydantic in and out."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import jwt
import redis
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import DateTime, Numeric, create_engine, func, make_url, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from uuid_utils.compat import uuid4, uuid7

SECRET = os.environ["JWT_SECRET"]
LIFETIME = 1800
# As FastAPI's tutorial does after each commit. What was written is known without.
READS_BACK = os.environ["READ_BACK"] == "on"
# As many connections as AnyIO's pool has threads, which run the handlers.
engine = create_engine(
    make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql+psycopg2"), pool_size=20, max_overflow=20
)
SessionLocal = sessionmaker(engine, expire_on_commit=False)
revoked = redis.Redis.from_url(os.environ["REDIS_URL"])
hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

Category = Literal[
    "Grocery", "Household", "Electronics", "Stationery", "Personal Care", "Apparel", "Home Improvement", "Pet"
]
Name = Annotated[str, Field(min_length=1, max_length=64)]
Description = Annotated[str, Field(max_length=10_000)]
Price = Annotated[Decimal, Field(ge=0, le=Decimal("99999999.99"), decimal_places=2)]


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
    price_usd: Mapped[Decimal] = mapped_column(Numeric(10, 2))
    in_stock: Mapped[bool]
    store_manager_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=now, onupdate=now)


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


def get_session() -> Iterator[Session]:
    with SessionLocal() as session:
        yield session


def get_claims(credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> dict[str, Any]:
    try:
        claims = jwt.decode(credentials.credentials, SECRET, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401, "Invalid or expired token") from None
    if revoked.get(f"revoked:{claims['jti']}"):
        raise HTTPException(401, "Invalid or expired token")
    return claims


Db = Annotated[Session, Depends(get_session)]
Claims = Annotated[dict[str, Any], Depends(get_claims)]
app = FastAPI()
router = APIRouter(prefix="/api/v1")


@router.post("/users/login")
def login(body: Login, db: Db) -> Token:
    found = db.execute(
        text(
            "SELECT u.id, u.password, s.id FROM accounts_user u LEFT JOIN stores_storemanager s ON s.user_id = u.id"
            " WHERE u.email_key = :email"
        ),
        {"email": body.email.casefold()},
    ).first()
    try:
        hasher.verify(found[1].removeprefix("argon2") if found else "", body.password)
    except (VerifyMismatchError, ValueError):
        raise HTTPException(401, "Incorrect email or password") from None
    issued = int(time.time())
    claims = {"sub": str(found[0]), "store": str(found[2]), "jti": uuid4().hex, "iat": issued, "exp": issued + LIFETIME}
    return Token(access_token=jwt.encode(claims, SECRET, algorithm="HS256"))


@router.get("/items", response_model=Page)
def list_items(
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
    count = db.scalar(select(func.count()).select_from(Item).where(*asked))
    rows = select(Item).where(*asked).order_by(Item.id.desc()).limit(page_size).offset((page - 1) * page_size)
    return {"count": count, "results": db.scalars(rows).all()}


@router.get("/items/{item_id}", response_model=ItemOut)
def get_item(item_id: UUID, db: Db, claims: Claims) -> Item:
    if (item := db.get(Item, item_id)) is None:
        raise HTTPException(404, "Item not found")
    return item


@router.post("/items", response_model=ItemOut, status_code=201)
def create_item(body: ItemIn, db: Db, claims: Claims) -> Item:
    item = Item(**body.model_dump(), store_manager_id=UUID(claims["store"]))
    db.add(item)
    db.commit()
    if READS_BACK:
        db.refresh(item)
    return item


@router.post("/items/bulk", response_model=list[ItemOut], status_code=201)
def create_items(body: list[ItemIn], db: Db, claims: Claims) -> list[Item]:
    store = UUID(claims["store"])
    items = [Item(**one.model_dump(), store_manager_id=store) for one in body]
    db.add_all(items)
    db.commit()
    return items


@router.patch("/items/{item_id}", response_model=ItemOut)
def update_item(item_id: UUID, body: ItemPatch, db: Db, claims: Claims) -> Item:
    if (item := db.get(Item, item_id)) is None:
        raise HTTPException(404, "Item not found")
    for name, value in body.model_dump(exclude_unset=True).items():
        setattr(item, name, value)
    db.commit()
    if READS_BACK:
        db.refresh(item)
    return item


app.include_router(router)
