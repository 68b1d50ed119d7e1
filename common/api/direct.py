"""Reads that go from the database to JSON without an object between: a compiled query, and rows written as they come.

Only what is sure to be answered alike is answered here. For anything else, a mistake in the request included, each
function returns None and the endpoint goes on in DRF's own way: so there is one place that says no, and how.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import DEFAULT_DB_ALIAS
from django.db.transaction import get_connection
from django.http import HttpResponse
from django_filters.constants import EMPTY_VALUES
from rest_framework.exceptions import ValidationError

from common import prepared
from common.api import keyset, pagination
from common.api.access import OWNER_PK
from common.api.answers import Answer
from common.api.compiled import Query
from common.api.conditional import tagged_json
from common.api.endpoints import Endpoint
from common.api.filters import MAX_Q_LENGTH, MAX_Q_WORDS, ChoiceFilter, TextSearch
from common.api.list_shapes import (
    MAX_SLOTS,
    PageShape,
    Shape,
    count_query,
    known_criteria,
    known_filters,
    list_layout,
    page_query,
    places,
)
from common.api.ordering import Term, get_terms
from common.api.query import integer
from common.api.renderers import JSONRenderer, dump
from common.api.rendering import Layout
from common.api.search import Condition, build
from common.api.shapes import locked_query, owner_query, row_layout, row_query
from common.api.slots import NotCompiled
from common.exceptions import Missing

if TYPE_CHECKING:
    from common.api.viewsets import ResourceBase

    Resource = ResourceBase[Any]

# What an @action, or `as_view`, may give its view that its class does not have.
_OF_AN_ACTION = frozenset(
    {
        "filter_backends",
        "filterset_class",
        "ordering_fields",
        "owner",
        "pagination_class",
        "part_of",
        "queryset",
        "search_fields",
        "serializer_class",
    }
)
_OF_ONE = (Endpoint.RETRIEVE, Endpoint.SELF_RETRIEVE)

# What a request may hold that DRF's way has an answer for.
_OTHERWISE = (NotCompiled, ValidationError, forms.ValidationError, Missing)


# Whose rows the endpoint was last asked for: the same kind of caller asks again and again.
_usual_owner: dict[tuple[type[Any], str], str | None] = {}


def foresee(view: "Resource") -> prepared.Foreseen | None:
    """The query of the row that is asked for, to travel with the one about who asks. What it finds counts for nothing
    until that is known, and if the caller's reach is another than usual it is asked anew."""
    if view.endpoint not in _OF_ONE or not _may_be_direct(view) or not row_layout(type(view)):
        return None
    query = row_query(type(view), _usual_owner.get((type(view), view.action)))
    try:
        return query.foresee({"pk": view.read_key()}) if query else None
    except _OTHERWISE:
        return None


def retrieve(view: "Resource") -> HttpResponse | None:
    """One row. Whether one that is not found is missing or somebody else's, DRF's way finds out."""
    shown = row_layout(type(view)) if _may_be_direct(view) else None
    query = shown and row_query(type(view), view.access.owner)
    if not shown or not query:
        return None
    _usual_owner[type(view), view.action] = view.access.owner
    try:
        rows = query.foreseen(view.foreseen)
        if rows is None:
            rows = query.fetch({"pk": view.read_key()})
    except _OTHERWISE:
        return None
    if not rows or (view.access.owner and rows[0][-1] != view.access.caller_pk):
        return None
    return tagged_json(view.request, shown.row(rows[0]))


def lock(view: "Resource") -> Any:
    """The row to be changed, as the ORM would have it, locked; None also where there is none."""
    may_lock = view.reads_directly and get_connection().in_atomic_block
    query = locked_query(type(view), view.access.owner) if may_lock else None
    try:
        rows = query.fetch({"pk": view.read_key()}) if query else []
    except _OTHERWISE:
        return None
    if not rows:
        return None
    names = [field.attname for field in view.model._meta.concrete_fields]
    row = view.model.from_db(DEFAULT_DB_ALIAS, names, rows[0][: len(names)])
    if view.access.owner:
        setattr(row, OWNER_PK, rows[0][-1])
    return row


def page(view: "Resource", conditions: Sequence[Condition] = ()) -> HttpResponse | None:
    """A page of the list, by number or by cursor."""
    shown = list_layout(type(view)) if _may_be_direct(view) else None
    if not shown:
        return None
    try:
        shape, values = _rows(view, conditions)
        by = _by_cursor if "cursor" in view.request.query_params else _by_number
        return by(view, shown, shape, values)
    except _OTHERWISE:
        return None


def search(view: "Resource") -> HttpResponse | None:
    """A page of what the body asks for."""
    known = known_criteria(type(view)) if _may_be_direct(view) else None
    if known is None:
        return None
    body = view.request.data  # what is wrong with it DRF says once: asked again, it would be empty
    try:
        return page(view, build(body, known))
    except ValidationError:
        return None


def count(view: "Resource") -> HttpResponse | None:
    """How many rows there are in the list."""
    if not _may_be_direct(view) or not list_layout(type(view)):
        return None
    try:
        shape, values = _rows(view)
        query = count_query(shape)
        rows = query and query.fetch(values)
    except _OTHERWISE:
        return None
    return Answer(dump({"count": rows[0][0]})) if rows else None


def _by_number(view: "Resource", shown: Layout, shape: Shape, values: dict[Any, Any]) -> HttpResponse | None:
    params, paginator = view.request.query_params, _paginator(view)
    number = integer(params, "page", default=1, minimum=1, maximum=pagination.CAP)
    if number * paginator.size > pagination.CAP:
        return None
    values["offset"] = (number - 1) * paginator.size
    rows = _page_query(
        PageShape(shape, _terms(view), limit=paginator.size, count_to=pagination.CAP + 1, is_first=number == 1)
    ).fetch(values)
    if not rows and (number > 1 or view.part_of):
        return None
    # Each row brings the number of all; no row on the first page is none at all.
    return Answer(shown.page(rows, paginator.numbered(rows[0][-1] if rows else 0, number)))


def _by_cursor(view: "Resource", shown: Layout, shape: Shape, values: dict[Any, Any]) -> HttpResponse | None:
    params, paginator, terms = view.request.query_params, _paginator(view), _terms(view)
    if "page" in params:
        return None
    position = keyset.locate(view.model, terms, params["cursor"])
    values |= {"offset": 0} | {("after", index): value for index, value in enumerate(position.values)}
    nulls = tuple(value is None for value in position.values)
    rest = PageShape(shape, terms, limit=paginator.size + 1, nulls=nulls, backwards=position.backwards)
    rows = keyset.collect(
        keyset.parts(terms, position), rest.limit, lambda part, _: _page_query(replace(rest, part=part)).fetch(values)
    )
    if not rows and view.part_of:
        return None
    found = places(type(view), terms)
    window = keyset.window(view.model, terms, position, paginator.size, rows, lambda row: [row[one] for one in found])
    return Answer(shown.page(window.rows, paginator.beside(window)))


def _rows(view: "Resource", conditions: Sequence[Condition] = ()) -> tuple[Shape, dict[Any, Any]]:
    """What is asked for, and with which values; raises what is wrong with the query string."""
    params, known = view.request.query_params, known_filters(type(view))
    asked_of, values = _lookups(view, conditions)
    filters = []
    for name, one in known.items():
        if name not in params:
            continue
        if one is None:
            raise NotCompiled
        is_repeatable = isinstance(one, ChoiceFilter)
        asked = one.field.clean(params.getlist(name) if is_repeatable else params[name])
        if asked not in EMPTY_VALUES:
            several = sorted(set(asked)) if is_repeatable else [asked]
            filters.append((name, len(several)))
            values.update({(name, index): value for index, value in enumerate(several)})
    text = params.get(TextSearch.parameter, "")
    words = text.split()
    if len(text) > MAX_Q_LENGTH or len(words) > MAX_Q_WORDS:
        raise NotCompiled
    values.update({(TextSearch.parameter, index): word for index, word in enumerate(words)})
    return Shape(type(view), asked_of, tuple(filters), len(words)), values


def _lookups(view: "Resource", conditions: Sequence[Condition]) -> tuple[tuple[tuple[str, int], ...], dict[Any, Any]]:
    """Whose rows and which part of them, and what else has been settled: with how many values, and with which."""
    whose = [_whose(view)] if view.access.owner else []
    part = [(view.part_of, view.read_whole())] if view.part_of else []
    found: list[tuple[str, int]] = []
    values: dict[Any, Any] = {}
    for index, (name, value) in enumerate((*whose, *part, *conditions)):
        several = [] if value is True and name.endswith("__isnull") else value if name.endswith("__in") else [value]
        if len(several) > MAX_SLOTS or value == []:
            raise NotCompiled
        found.append((name, len(several)))
        values.update({("lookup", index, at): one for at, one in enumerate(several)})
    return tuple(found), values


def _whose(view: "Resource") -> tuple[str, Any]:
    """The column by which rows are the caller's, and its value, which a plan can be made for."""
    query = owner_query(type(view))
    if query is None:
        return str(view.access.owner), view.access.caller_pk
    rows = query[1].fetch({"owner": view.access.caller_pk})
    return query[0], rows[0][0] if rows else None


def _page_query(shape: PageShape) -> Query:
    query = page_query(shape)
    if query is None:
        raise NotCompiled
    return query


def _paginator(view: "Resource") -> pagination.ResourcePagination:
    found = pagination.ResourcePagination()
    found.request = view.request
    found.size = pagination.page_size(view.request.query_params)
    return found


def _terms(view: "Resource") -> tuple[Term, ...]:
    return get_terms(view.request, type(view).queryset, view)


def _may_be_direct(view: "Resource") -> bool:
    return (
        view.reads_directly
        and type(view.request.accepted_renderer) is JSONRenderer
        and _OF_AN_ACTION.isdisjoint(vars(view))
    )
