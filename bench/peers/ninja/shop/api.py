from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from django.contrib.auth import authenticate
from django.core.cache import cache
from django.shortcuts import get_object_or_404
from ninja import FilterSchema, NinjaAPI, Query, Schema
from ninja.errors import HttpError
from ninja_jwt.authentication import JWTAuth
from ninja_jwt.exceptions import InvalidToken
from ninja_jwt.tokens import AccessToken
from pydantic import ConfigDict, Field

from shop.models import Category, Item

Name = Annotated[str, Field(min_length=1, max_length=64)]
Description = Annotated[str, Field(max_length=10_000)]
Price = Annotated[Decimal, Field(ge=0, le=Decimal("99999999.99"), decimal_places=2)]


class ItemIn(Schema):
    model_config = ConfigDict(extra="forbid")

    name: Name
    description: Description = ""
    category: Category | None = None
    price_usd: Price = Decimal(0)
    in_stock: bool = True


class ItemPatch(Schema):
    model_config = ConfigDict(extra="forbid")

    name: Name = ""
    description: Description = ""
    category: Category | None = None
    price_usd: Price = Decimal(0)
    in_stock: bool = True


class ItemOut(Schema):
    id: UUID
    name: str
    description: str
    category: str | None
    price_usd: float
    in_stock: bool
    store_manager_id: UUID
    created_at: datetime
    updated_at: datetime


class Page(Schema):
    count: int
    results: list[ItemOut]


class ItemFilter(FilterSchema):
    category: Category | None = None
    in_stock: bool | None = None
    price_usd_min: Annotated[Decimal | None, Field(json_schema_extra={"q": "price_usd__gte"})] = None


class Login(Schema):
    email: str
    password: str


class RevocableJWTAuth(JWTAuth):
    @classmethod
    def get_validated_token(cls, raw_token):
        token = super().get_validated_token(raw_token)
        if cache.get(f"revoked:{token['jti']}"):
            raise InvalidToken("Token is revoked")
        return token

    def authenticate(self, request, token):
        request.claims = self.get_validated_token(token)
        request.user = self.get_user(request.claims)
        return request.user


api = NinjaAPI(auth=RevocableJWTAuth(), openapi_url=None, docs_url=None)


@api.exception_handler(InvalidToken)
def refuse(request, error):
    return api.create_response(request, {"detail": "Invalid or expired token"}, status=401)


@api.post("users/login", auth=None)
def login(request, body: Login):
    user = authenticate(email=body.email, password=body.password)
    if user is None:
        raise HttpError(401, "Incorrect email or password")
    token = AccessToken.for_user(user)
    token["store"] = str(user.store_manager.pk)
    return {"access_token": str(token), "token_type": "bearer", "expires_in": 1800}


@api.get("items", response=Page)
def list_items(
    request,
    filters: Query[ItemFilter],
    page: Annotated[int, Query(ge=1)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100)] = 20,
):
    items = filters.filter(Item.objects.all())
    start = (page - 1) * page_size
    return {"count": items.count(), "results": items[start : start + page_size]}


@api.post("items", response={201: ItemOut})
def create_item(request, body: ItemIn):
    return 201, Item.objects.create(**body.dict(), store_manager_id=request.claims["store"])


@api.post("items/bulk", response={201: list[ItemOut]})
def create_items(request, body: list[ItemIn]):
    store = request.claims["store"]
    return 201, Item.objects.bulk_create(Item(**one.dict(), store_manager_id=store) for one in body)


@api.get("items/{uuid:item_id}", response=ItemOut)
def get_item(request, item_id: UUID):
    return get_object_or_404(Item, pk=item_id)


@api.patch("items/{uuid:item_id}", response=ItemOut)
def update_item(request, item_id: UUID, body: ItemPatch):
    item = get_object_or_404(Item, pk=item_id)
    changed = body.dict(exclude_unset=True)
    for name, value in changed.items():
        setattr(item, name, value)
    item.save(update_fields=[*changed, "updated_at"])
    return item
