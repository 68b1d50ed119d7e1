"""Changes that go from JSON to the database and back without an object between: one statement and what it returns.
Where nobody has begun a transaction it is one by itself.

As in `common.api.direct`, what is wrong or out of the ordinary makes a function return None before anything is written,
and the endpoint goes on in DRF's own way.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.db.models.constants import LOOKUP_SEP
from django.http import HttpResponse
from django.utils import timezone
from rest_framework import status
from rest_framework.reverse import reverse

from common import prepared
from common.api import plain
from common.api.answers import Answer
from common.api.compiled import Query
from common.api.conditional import tagged_json
from common.api.intake import Intake, intake
from common.api.renderers import JSONRenderer
from common.api.rendering import Layout, layout
from common.api.shapes import (
    View,
    changes_plainly,
    creates_many_plainly,
    creates_plainly,
    insert_many_query,
    insert_query,
    update_query,
)
from common.api.slots import NotCompiled
from common.exceptions import Missing

if TYPE_CHECKING:
    from common.api.viewsets import ResourceBase

    Resource = ResourceBase[Any]


def create(view: "Resource") -> HttpResponse | None:
    """A new row. None also where the caller has no row yet that it would belong to."""
    kind: View = type(view)
    parts = _parts(view) if creates_plainly(kind) else None
    query = insert_query(kind) if parts else None
    values = parts[0].created(view.request.data) if parts and query else None
    if not parts or not query or values is None:
        return None
    model, caller = kind.queryset.model, view.request.user.pk
    row = plain.new_row(model, values)
    if kind.owner and LOOKUP_SEP not in kind.owner:
        row[model._meta.get_field(kind.owner).attname] = caller
    rows = _written(query, _new(row) | {"owner": caller})
    if not rows:
        return None
    headers = {"Location": f"{_place(view)}{rows[0][-1]}"}
    return tagged_json(view.request, parts[1].row(rows[0]), status=status.HTTP_201_CREATED, headers=headers)


def create_many(view: "Resource", bodies: Sequence[Any]) -> HttpResponse | None:
    """New rows, in the order sent. None also for no rows, which need no owner."""
    kind: View = type(view)
    parts = _parts(view) if bodies and creates_many_plainly(kind) else None
    query = insert_many_query(kind) if parts else None
    values = parts[0].created_each(bodies) if parts and query else None
    if not parts or not query or values is None:
        return None
    model, caller = kind.queryset.model, view.request.user.pk
    columns = plain.new_columns(model, values)
    if kind.owner and LOOKUP_SEP not in kind.owner:
        columns[model._meta.get_field(kind.owner).attname] = [caller] * len(values)
    rows = _written(query, _new(columns) | {"owner": caller})
    if not rows:
        return None
    return Answer(parts[1].rows(rows), status=status.HTTP_201_CREATED)


def update(view: "Resource") -> HttpResponse | None:
    """A change that depends on nothing that was read. Which row is missing or somebody else's, DRF's way finds out."""
    return None if depends_on_what_was_read(view) else _update(view)


def update_locked(view: "Resource") -> HttpResponse | None:
    """One that does, once the row is locked and has been found to be what the client read."""
    return _update(view) if depends_on_what_was_read(view) else None


def depends_on_what_was_read(view: "Resource") -> bool:
    return view.require_if_match or "HTTP_IF_MATCH" in view.request._request.META


def _update(view: "Resource") -> HttpResponse | None:
    kind: View = type(view)
    parts = _parts(view) if changes_plainly(kind) else None
    values = parts[0].changed(view.request.data) if parts else None
    query = update_query(kind, view.access.owner, tuple(values)) if values else None
    if not parts or not values or not query:
        return None
    row = {**values, **dict.fromkeys(plain.stamps(kind.queryset.model), timezone.now())}
    try:
        rows = _written(query, _new(row) | {"pk": view.read_key(), "owner": view.access.caller_pk})
    except Missing:
        return None
    return tagged_json(view.request, parts[1].row(rows[0])) if rows else None


def _new(row: Mapping[str, Any]) -> dict[Any, Any]:
    return {("new", name): value for name, value in row.items()}


def _parts(view: "Resource") -> tuple[Intake, Layout] | None:
    """How a body is read, and how a row is shown; None where either is not plain."""
    if not view.reads_directly or type(view.request.accepted_renderer) is not JSONRenderer:
        return None
    kind: View = type(view)
    is_usual = view.serializer_class is kind.serializer_class  # an @action may have its own
    serializer_class, model = kind.serializer_class, kind.queryset.model
    if not is_usual or not plain.is_plain(model) or not view.request.user.pk:
        return None
    taken, shown = intake(serializer_class, model), layout(serializer_class, model)
    return (taken, shown) if taken and shown else None


def _written(query: Query, values: Mapping[Any, Any]) -> list[prepared.Row] | None:
    try:
        return query.fetch(values, apart=True)
    except NotCompiled:
        return None


def _place(view: "Resource") -> str:
    assert view.lookup_url_kwarg is not None
    return _place_of(view.basename, view.lookup_url_kwarg, view.request.META.get("SCRIPT_NAME", ""))


@lru_cache(maxsize=100)
def _place_of(basename: str, key: str, script_name: str) -> str:
    """The address of a row, without its key at the end. Django puts `script_name` before it."""
    found: str = reverse(f"{basename}-detail", kwargs={key: "0"})
    assert found.endswith("/0")
    return found[:-1]
