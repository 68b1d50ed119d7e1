"""The admin as its registry has it: every address, and a row of somebody else's for each model."""

import re
from collections.abc import Iterator
from importlib import import_module
from inspect import getmembers, isclass
from typing import Any, NamedTuple

from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Model, TextField
from django.urls import URLPattern, URLResolver
from factory.django import DjangoModelFactory

from common.admin.resources import ResourceAdmin
from items.models import Item

ADMINS: list[Any] = sorted(admin.site._registry.values(), key=str)
OWNED = [found for found in ADMINS if isinstance(found, ResourceAdmin) and found.owner]
# A name that stands on no page unless somebody's row does.
SECRET = "Quillfeather"


class Route(NamedTuple):
    """`admin` is the model's, or None for a page of the site itself."""

    path: str
    admin: Any

    @property
    def kind(self) -> str:
        """changelist, add, object, change, history, delete, …: the last part of the address."""
        last = self.path.rstrip("/").rpartition("/")[2]
        return "object" if last.startswith("<") else last if last != self.admin.opts.model_name else "changelist"

    @property
    def of_a_row(self) -> bool:
        return "<" in self.path

    def __str__(self) -> str:
        return self.path or "index"

    def url(self, row: Model) -> str:
        types = ContentType.objects.get_for_model(row).pk
        path = self.path.replace("<int:content_type_id>", str(types)).replace("(?P<url>.*)$", "nowhere/at-all")
        return "/admin/" + re.sub(r"<[^>]+>", str(row.pk), path)


def routes(patterns: list[Any], prefix: str = "", found: ModelAdmin[Any] | None = None) -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield Route(path, getattr(pattern.callback, "model_admin", None))


ROUTES = list(routes(admin.site.get_urls()))
PAGES = [route for route in ROUTES if route.admin is None]
MODEL_ROUTES = [route for route in ROUTES if route.admin is not None]


def factory_of(model: type[Model]) -> type[DjangoModelFactory[Any]]:
    module = import_module(f"{model._meta.app_label}.factories")
    (found,) = (
        member
        for _, member in getmembers(module, isclass)
        if issubclass(member, DjangoModelFactory) and member._meta.model is model
    )
    return found


def make(model: type[Model], owner: Any, text: str = SECRET) -> Any:
    """A row of this account's that has this text wherever it can have one."""
    if isinstance(owner, model):
        return owner
    lookup, texts = getattr(admin.site.get_model_admin(model), "owner", None), dict.fromkeys(text_fields(model), text)
    if not lookup:
        return factory_of(model).create(**texts)
    row = factory_of(model).create(**{lookup: owner})
    # An account has one store, which may be there already.
    model._base_manager.filter(pk=row.pk).update(**texts)
    row.refresh_from_db()
    return row


def text_fields(model: type[Model]) -> list[str]:
    return [
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, CharField | TextField) and field.editable and not field.choices
    ]


def any_row() -> Model:
    return Item.objects.first() or factory_of(Item).create()
