"""What the text of a resource's query depends on, and the query of each such shape, compiled once.

Conservative: a viewset or a filter set that finds or shows its rows in any way of its own has no shape, and is left
to DRF.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from inspect import getattr_static
from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db.models import QuerySet
from django.db.models.constants import LOOKUP_SEP

from common.api import keyset, plain
from common.api.access import OWNER_PK, Access
from common.api.compiled import (
    NotCompiled,
    Query,
    Slot,
    compile_count,
    compile_locked,
    compile_rows,
)
from common.api.compiled_writes import compile_insert, compile_update, keys_of
from common.api.filters import ChoiceFilter, QueryField, ResourceFilter, TextSearch
from common.api.ordering import Term
from common.api.rendering import Layout, layout

# The class of a resource's viewset.
View = Any

# What of a viewset's may not be its own. Whether an endpoint is there, and for whom, has been settled before.
_SHOWING = ("get_queryset", "access", "represent", "get_serializer", "get_serializer_class", "get_serializer_context")
_LOCKING = ("get_queryset", "access", "get_lookup", "read_key")
_FINDING = (*_SHOWING, *_LOCKING, "get_object")
_CREATING = (*_SHOWING, "create", "perform_create", "get_ownership", "location")
_CHANGING = (*_FINDING, "update", "perform_update", "lock_object")
_LISTING = (
    *_SHOWING,
    "get_rows",
    "page",
    "filter_queryset",
    "filter_backends",
    "paginate_queryset",
    "paginator",
    "pagination_class",
    "get_paginated_response",
)
_FILTERING = ("__init__", "filters", "filter_queryset", "qs", "form", "get_form_class", "is_valid", "errors")

# Texts that a process keeps. Clients ask in few ways; whoever asks in all of them pays for the writing.
MAX_QUERIES = 1_000


@dataclass(frozen=True, slots=True)
class Shape:
    """Whose rows, by which filters with how many values each, and by how many words. Not which values and words."""

    view: View
    owner: str | None
    filters: tuple[tuple[str, int], ...] = ()
    words: int = 0

    @property
    def has_equality_alone(self) -> bool:
        known = known_filters(self.view)
        return all(known[name].lookup_expr == "exact" for name, _ in self.filters)


@dataclass(frozen=True, slots=True)
class PageShape:
    """A page by number, counted up to `count_to`; or by cursor: `nulls` says which of the values it starts from are,
    and `part` which part of `keyset.seek` it is."""

    rows: Shape
    terms: tuple[Term, ...]
    limit: int
    count_to: int = 0
    is_first: bool = True
    nulls: tuple[bool, ...] | None = None
    backwards: bool = False
    part: int = 0

    @property
    def is_planned_once(self) -> bool:
        """Where one plan is the best for all values: no conditions, or one that its index finds in this order. What is
        few rows of one value and most rows of another is planned with the values, at some 200 µs."""
        several = sum(number for _, number in self.rows.filters) + bool(self.rows.owner) + self.rows.words
        return not several or (several == 1 and len(self.terms) == 1 and self.rows.has_equality_alone)


@cache
def row_layout(view: View) -> Layout | None:
    return _layout(view) if _has_none_of_its_own(view, _FINDING) else None


@cache
def list_layout(view: View) -> Layout | None:
    if not _has_none_of_its_own(view, _LISTING) or not _is_plain(getattr(view, "filterset_class", None)):
        return None
    return _layout(view)


@cache
def known_filters(view: View) -> Mapping[str, Any]:
    """By their names; None instead of one that does more than to compare a column."""
    filterset_class = getattr(view, "filterset_class", None)
    if filterset_class is None:
        return {}
    bound = filterset_class(queryset=view.queryset).filters
    return {name: one if _compares(one) else None for name, one in bound.items()}


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
    if not _has_none_of_its_own(view, _LOCKING):
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
    return _has_none_of_its_own(view, _CREATING)


@cache
def changes_plainly(view: View) -> bool:
    return _has_none_of_its_own(view, _CHANGING)


@cache
def insert_query(view: View) -> Query | None:
    """A new row of the slots ("new", column), and its key at the end. Where `owner` leads by way of another row, it is
    the slot "owner"'s, and there is no new row if they have none."""
    model, owner = view.queryset.model, None
    fields = list(plain.inserted(model))
    relation, _, further = (view.owner or "").partition(LOOKUP_SEP)
    try:
        if further:
            column = model._meta.get_field(relation)
            fields = [one for one in fields if one is not column]
            owner = (column, _owners(column, further))
        return compile_insert(model, fields, [*_shown_fields(view), model._meta.pk], owner)
    except (NotCompiled, FieldError, FieldDoesNotExist):
        return None


@lru_cache(maxsize=MAX_QUERIES)
def update_query(view: View, owner: str | None, names: tuple[str, ...]) -> Query | None:
    """The row of the slot "pk", if it is the slot "owner"'s, gets the slots ("new", column)."""
    model, rows = view.queryset.model, view.queryset.all().filter(pk=Slot("pk"))
    stamps = plain.stamps(model)
    fields = [field for field in model._meta.concrete_fields if field.name in names or field.attname in stamps]
    relation, _, further = (owner or "").partition(LOOKUP_SEP)
    try:
        if further:
            rows = rows.filter(**{f"{relation}__in": keys_of(_owners(model._meta.get_field(relation), further))})
        elif relation:
            rows = rows.filter(**{relation: Slot("owner")})
        return compile_update(rows, fields, _shown_fields(view))
    except (NotCompiled, FieldError, FieldDoesNotExist):
        return None


def _owners(column: Any, further: str) -> QuerySet[Any]:
    """The row of the slot "owner"'s that this column refers to: one at most."""
    target = column.related_model
    if column.target_field is not target._meta.pk or not target._meta.get_field(further).unique:
        raise NotCompiled
    found: QuerySet[Any] = target._base_manager.filter(**{further: Slot("owner")})
    return found


def _shown_fields(view: View) -> list[Any]:
    shown = _layout(view)
    if shown is None:
        raise NotCompiled
    by_column = {field.attname: field for field in view.queryset.model._meta.concrete_fields}
    return [by_column[name] for name in shown.columns]


@lru_cache(maxsize=MAX_QUERIES)
def page_query(shape: PageShape) -> Query | None:
    """A page of rows: slots "owner", "offset", ("after", n) where a cursor starts, and those of the filters."""
    try:
        rows = _filtered(shape.rows)
        if shape.nulls is None:
            rows = rows.order_by(*(term.expression() for term in shape.terms))
        else:
            after = [None if null else Slot(("after", index)) for index, null in enumerate(shape.nulls)]
            rows = keyset.seek(rows, shape.terms, keyset.Position(after, shape.backwards))[shape.part]
        columns = _columns(shape.rows.view, shape.terms)
        by_keys = not (shape.is_first and shape.is_planned_once)
        query = compile_rows(rows, columns, limit=shape.limit, count_to=shape.count_to, by_keys=by_keys)
        return query if shape.is_planned_once else query.planned_each_time()
    except (NotCompiled, FieldError):
        return None


@lru_cache(maxsize=MAX_QUERIES)
def count_query(shape: Shape) -> Query | None:
    try:
        return compile_count(_filtered(shape))
    except (NotCompiled, FieldError):
        return None


@lru_cache(maxsize=MAX_QUERIES)
def places(view: View, terms: tuple[Term, ...]) -> tuple[int, ...]:
    """Where in a row the values stand that a cursor is made of."""
    columns = _columns(view, terms)
    return tuple(columns.index(name) for name in keyset.columns(view.queryset.model, terms))


def _columns(view: View, terms: tuple[Term, ...]) -> tuple[str, ...]:
    """Those that are shown, and behind them what else a cursor is made of."""
    shown = list_layout(view)
    assert shown is not None
    ordered = keyset.columns(view.queryset.model, terms)
    return (*shown.columns, *(name for name in ordered if name not in shown.columns))


def _filtered(shape: Shape) -> QuerySet[Any]:
    rows = Access(Slot("owner"), shape.owner).restrict(shape.view.queryset.all())
    known = known_filters(shape.view)
    for name, several in shape.filters:
        slots = [Slot((name, index)) for index in range(several)]
        rows = known[name].filter(rows, slots if isinstance(known[name], ChoiceFilter) else slots[0])
    for index in range(shape.words):
        rows = rows.filter(TextSearch.occurs(Slot((TextSearch.parameter, index)), shape.view.search_fields))
    return rows


def _layout(view: View) -> Layout | None:
    found: Layout | None = layout(view.serializer_class, view.queryset.model)
    return found


def _has_none_of_its_own(view: View, hooks: tuple[str, ...]) -> bool:
    from common.api.viewsets import ResourceViewSet

    if view.queryset is None:
        return False
    return all(getattr_static(view, name) is getattr_static(ResourceViewSet, name) for name in hooks)


def _is_plain(filterset: Any) -> bool:
    if filterset is None:
        return True
    if any(
        getattr_static(filterset, name, None) is not getattr_static(ResourceFilter, name, None) for name in _FILTERING
    ):
        return False
    required = any(one.extra.get("required") for one in filterset.base_filters.values())
    return filterset._meta.form is forms.Form and not required


def _compares(one: Any) -> bool:
    return one.method is None and (isinstance(one.field, QueryField) or type(one) is ChoiceFilter)
