"""What the text of a resource's query depends on, and the query of each such shape, compiled once.

Conservative: a viewset or a filter set that finds or shows its rows in any way of its own has no shape, and is left
to DRF.
"""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from inspect import getattr_static
from typing import Any

from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db.models.constants import LOOKUP_SEP

from common.api import plain
from common.api.access import OWNER_PK, Access, Way, way_to
from common.api.compiled import Query, compile_key, compile_rows
from common.api.compiled_writes import compile_insert, compile_insert_many, compile_locked, compile_update, keys_of
from common.api.rendering import Layout, layout
from common.api.slots import NotCompiled, Slot

# The class of a resource's viewset.
View = Any

# What of a viewset's may not be its own. Whether an endpoint is there, and for whom, has been settled before.
SHOWING = ("get_queryset", "access", "represent", "get_serializer", "get_serializer_class", "get_serializer_context")
_LOCKING = ("get_queryset", "access", "get_lookup", "read_key")
_FINDING = (*SHOWING, *_LOCKING, "get_object")
_CREATING = (*SHOWING, "create", "perform_create", "get_ownership", "location")
_CREATING_MANY = (*SHOWING, "bulk_create", "perform_bulk_create", "get_ownership")
_CHANGING = (*_FINDING, "update", "perform_update", "lock_object")
# Texts that a process keeps. Clients ask in few ways; whoever asks in all of them pays for the writing.
MAX_QUERIES = 1_000


@cache
def row_layout(view: View) -> Layout | None:
    return layout_of(view) if has_none_of_its_own(view, _FINDING) else None


@lru_cache(maxsize=MAX_QUERIES)
def row_query(view: View, owner: str | None) -> Query | None:
    """The row of the slot "pk"; of what has an owner, the last value is who that is."""
    shown = row_layout(view)
    assert shown is not None
    rows = Access(None, owner).mark(view.queryset.all()).filter(pk=Slot("pk")).order_by()
    try:
        return compile_rows(rows, (*shown.columns, *([OWNER_PK] if owner else ())), limit=1)
    except (NotCompiled, FieldError):
        return None


@lru_cache(maxsize=MAX_QUERIES)
def locked_query(view: View, owner: str | None) -> Query | None:
    """The row of the slot "pk" for its model, locked; None where the queryset gives its rows anything more."""
    if not has_none_of_its_own(view, _LOCKING):
        return None
    query, fields = view.queryset.query, view.queryset.model._meta.concrete_fields
    if (
        query.select_related
        or query.annotations
        or query.deferred_loading[0]
        or view.queryset._prefetch_related_lookups
    ):
        return None
    rows = Access(None, owner).mark(view.queryset.all()).filter(pk=Slot("pk")).order_by()
    try:
        return compile_locked(rows, (*(one.attname for one in fields), *([OWNER_PK] if owner else ())))
    except (NotCompiled, FieldError):
        return None


@cache
def creates_plainly(view: View) -> bool:
    return has_none_of_its_own(view, _CREATING)


@cache
def creates_many_plainly(view: View) -> bool:
    return has_none_of_its_own(view, _CREATING_MANY)


@cache
def changes_plainly(view: View) -> bool:
    return has_none_of_its_own(view, _CHANGING)


@cache
def insert_query(view: View) -> Query | None:
    """A new row of the slots ("new", column), and its key at the end. Where `owner` leads by way of another row, it is
    the slot "owner"'s, and there is no new row if they have none."""
    return _insert_query(view, compile_insert, [*_shown_fields(view), view.queryset.model._meta.pk])


@cache
def insert_many_query(view: View) -> Query | None:
    """New rows of the slots ("new", column), which are lists; all or none of them, as there."""
    return _insert_query(view, compile_insert_many, _shown_fields(view))


def _insert_query(view: View, write: Callable[..., Query], shown: Sequence[Any]) -> Query | None:
    model, owner = view.queryset.model, None
    fields = list(plain.inserted(model))
    try:
        if LOOKUP_SEP in (view.owner or ""):
            way = _way_to(model, view.owner)
            column = model._meta.get_field(way.relation)
            fields = [one for one in fields if one is not column]
            owner = (column, way.keys_of(Slot("owner")))
        return write(model, fields, shown, owner)
    except (NotCompiled, FieldError, FieldDoesNotExist):
        return None


@lru_cache(maxsize=MAX_QUERIES)
def update_query(view: View, owner: str | None, names: tuple[str, ...]) -> Query | None:
    """The row of the slot "pk", if it is the slot "owner"'s, gets the slots ("new", column)."""
    model, rows = view.queryset.model, view.queryset.all().filter(pk=Slot("pk"))
    stamps = plain.stamps(model)
    fields = [field for field in model._meta.concrete_fields if field.name in names or field.attname in stamps]
    try:
        if owner and LOOKUP_SEP in owner:
            way = _way_to(model, owner)
            rows = rows.filter(**{f"{way.relation}__in": keys_of(way.keys_of(Slot("owner")))})
        elif owner:
            rows = rows.filter(**{owner: Slot("owner")})
        return compile_update(rows, fields, _shown_fields(view))
    except (NotCompiled, FieldError, FieldDoesNotExist):
        return None


def _way_to(model: type[Any], owner: str) -> Way:
    found = way_to(model, owner)
    if found is None:
        raise NotCompiled
    return found


@cache
def owner_query(view: View) -> tuple[str, Query] | None:
    """Where the view's owner is found by way of another row: the relation to it, and its key, of the slot "owner"."""
    model = view.queryset.model
    try:
        way = _way_to(model, view.owner)
        return way.relation, compile_key(way.keys_of(Slot("owner")))
    except (NotCompiled, FieldError):
        return None


def _shown_fields(view: View) -> list[Any]:
    shown = layout_of(view)
    if shown is None:
        raise NotCompiled
    by_column = {field.attname: field for field in view.queryset.model._meta.concrete_fields}
    return [by_column[name] for name in shown.columns]


def layout_of(view: View) -> Layout | None:
    found: Layout | None = layout(view.serializer_class, view.queryset.model)
    return found


def has_none_of_its_own(view: View, hooks: tuple[str, ...]) -> bool:
    from common.api.viewsets import ResourceViewSet

    if view.queryset is None:
        return False
    return all(getattr_static(view, name) is getattr_static(ResourceViewSet, name) for name in hooks)
