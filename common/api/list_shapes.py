"""What the text of a list's query depends on, and the query of each such shape, compiled once: on the terms of
`common.api.shapes`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, reduce
from inspect import getattr_static
from operator import or_
from typing import Any

from django import forms
from django.core.exceptions import FieldError
from django.db.models import Q, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django_filters import Filter, MultipleChoiceFilter

from common.api import keyset
from common.api.compiled import Query, compile_count, compile_rows
from common.api.filters import ChoiceFilter, QueryField, ResourceFilter, TextSearch
from common.api.ordering import Term
from common.api.rendering import Layout
from common.api.search import Criterion, criteria
from common.api.shapes import MAX_QUERIES, SHOWING, View, has_none_of_its_own, layout_of
from common.api.slots import NotCompiled, Slot

_LISTING = (
    *SHOWING,
    "get_rows",
    "page",
    "filter_queryset",
    "filter_backends",
    "paginate_queryset",
    "paginator",
    "pagination_class",
    "get_paginated_response",
)
# More values of one lookup are left to the ORM: each number of them is another text.
MAX_SLOTS = 10

_FILTERING = ("__init__", "filters", "filter_queryset", "qs", "form", "get_form_class", "is_valid", "errors")


@dataclass(frozen=True, slots=True)
class Shape:
    """By which lookups and which filters, with how many values each, and by how many words. Not which values and
    words. What is given by lookups has been settled before: whose rows, say."""

    view: View
    lookups: tuple[tuple[str, int], ...] = ()
    filters: tuple[tuple[str, int], ...] = ()
    words: int = 0

    @property
    def conditions(self) -> int:
        return sum(number or 1 for _, number in (*self.lookups, *self.filters)) + self.words

    @property
    def equality(self) -> tuple[Any, Any] | None:
        """The column that has to have one value, and that value's slot, where this is the one condition."""
        if self.conditions != 1 or self.words:
            return None
        if self.lookups:
            column, _, kind = self.lookups[0][0].partition(LOOKUP_SEP)
            slot: Any = ("lookup", 0, 0)
        else:
            one = known_filters(self.view)[self.filters[0][0]]
            column, slot = one.field_name, (self.filters[0][0], 0)
            kind = one.lookup_expr if _finds_by_lookup(one) else "its own"
        columns = {
            one: field
            for field in self.view.queryset.model._meta.concrete_fields
            for one in (field.name, field.attname)
        }
        return (columns[column], slot) if kind in ("", "exact") and column in columns else None

    @property
    def part(self) -> tuple[str, Any] | None:
        """The same, where an index has the rows of each value together, in the order of their keys."""
        meta, found = self.view.queryset.model._meta, self.equality
        if found and any(
            [field.removeprefix("-") for field in index.fields[:2]] == [found[0].name, meta.pk.name]
            for index in meta.indexes
        ):
            return found[0].attname, found[1]  # to order by a relation is to order by the other row
        return None


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
        return not self.rows.conditions or (len(self.terms) == 1 and self.rows.equality is not None)


@cache
def list_layout(view: View) -> Layout | None:
    if not has_none_of_its_own(view, _LISTING) or not _is_plain(getattr(view, "filterset_class", None)):
        return None
    return layout_of(view)


@cache
def known_criteria(view: View) -> Mapping[str, Criterion] | None:
    """Of a search; None where the view has a way of its own to find or show what is asked for."""
    if list_layout(view) is None or not has_none_of_its_own(view, ("get_criteria",)):
        return None
    found: Mapping[str, Criterion] = criteria(view.serializer_class(), view.queryset.model)
    return found


@cache
def known_filters(view: View) -> Mapping[str, Any]:
    """By their names; None instead of one that does more than to compare a column."""
    filterset_class = getattr(view, "filterset_class", None)
    if filterset_class is None:
        return {}
    bound = filterset_class(queryset=view.queryset).filters
    return {name: one if _compares(one) else None for name, one in bound.items()}


@lru_cache(maxsize=MAX_QUERIES)
def page_query(shape: PageShape) -> Query | None:
    """A page of rows: slots "offset", ("after", n) where a cursor starts, and those of the lookups and filters."""
    try:
        columns = _columns(shape.rows.view, shape.terms)
        by_keys = not (shape.is_first and shape.is_planned_once)
        query = compile_rows(_sought(shape), columns, limit=shape.limit, count_to=shape.count_to, by_keys=by_keys)
        return query if shape.is_planned_once else query.planned_each_time()
    except (NotCompiled, FieldError):
        return None


@lru_cache(maxsize=MAX_QUERIES)
def count_query(shape: Shape) -> Query | None:
    try:
        rows = _within(shape.view, *shape.part) if shape.part else _filtered(shape)
        query = compile_count(rows)
        return query if not shape.conditions or shape.equality else query.planned_each_time()
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


def _sought(shape: PageShape) -> QuerySet[Any]:
    """The rows of a page and those behind it, in the order of reading."""
    terms = shape.terms
    after: list[Any] = [None if null else Slot(("after", index)) for index, null in enumerate(shape.nulls or ())]
    part = shape.rows.part if shape.is_planned_once else None
    if part is None:
        rows = _filtered(shape.rows)
    else:
        column, key = part
        descending = terms[0].descending is not shape.backwards
        terms = (Term(column, terms[0].descending, nullable=False), *terms)
        # Only the bound that a cursor does not give, or the scan might start at the other one.
        rows = _within(shape.rows.view, column, key, low=descending or not after, high=not (descending and after))
        after = after and [Slot(key), *after]
    return keyset.seek(rows, terms, keyset.Position(after, shape.backwards))[shape.part]


def _within(view: View, column: str, key: Any, *, low: bool = True, high: bool = True) -> QuerySet[Any]:
    """The rows with this value, said by its bounds, to be ordered by the column too.

    To PostgreSQL an ordering by what is equal anyway is none, and a plan for all values is of as many rows as the
    average one has: among few owners, half of the table, which it is ready to walk by the key alone. These are found by
    the index on both, or not in order.
    """
    bounds = {f"{column}__{kind}": Slot(key) for kind, given in (("gte", low), ("lte", high)) if given}
    rows: QuerySet[Any] = view.queryset.filter(**bounds)
    return rows


def _filtered(shape: Shape) -> QuerySet[Any]:
    rows: QuerySet[Any] = shape.view.queryset.all()
    known = known_filters(shape.view)
    for index, (name, several) in enumerate(shape.lookups):
        slots = [Slot(("lookup", index, at)) for at in range(several)]
        each = name.removesuffix(f"{LOOKUP_SEP}in")  # IN would be another text for each order of its values
        rows = rows.filter(reduce(or_, (Q((each, slot)) for slot in slots)) if slots else Q((name, True)))
    for name, several in shape.filters:
        slots = [Slot((name, index)) for index in range(several)]
        rows = known[name].filter(rows, slots if isinstance(known[name], ChoiceFilter) else slots[0])
    for index in range(shape.words):
        rows = rows.filter(TextSearch.occurs(Slot((TextSearch.parameter, index)), shape.view.search_fields))
    return rows


def _is_plain(filterset: Any) -> bool:
    if filterset is None:
        return True
    if any(
        getattr_static(filterset, name, None) is not getattr_static(ResourceFilter, name, None) for name in _FILTERING
    ):
        return False
    required = any(one.extra.get("required") for one in filterset.base_filters.values())
    return filterset._meta.form is forms.Form and not required


def _finds_by_lookup(one: Any) -> bool:
    return not one.exclude and type(one).filter in (Filter.filter, MultipleChoiceFilter.filter)


def _compares(one: Any) -> bool:
    return one.method is None and (isinstance(one.field, QueryField) or type(one) is ChoiceFilter)
