"""Two ways through a list: numbered pages up to a cap, and a cursor at constant cost at any depth."""

from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import QueryDict
from django.template.loader import render_to_string
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.api import keyset
from common.api.ordering import get_terms
from common.api.query import InvalidQuery, integer
from common.exceptions import Missing

M = TypeVar("M", bound=Model)

PAGE_SIZE = 20
MAX_PAGE_SIZE = 100
# Counting and skipping cost as much as the rows they pass: beyond this there is the cursor.
CAP = 10_000


class ResourcePagination(BasePagination):
    """`page` and `page_size`, or `cursor` (empty for the first page)."""

    parameters = ("page", "page_size", "cursor")
    template = "rest_framework/pagination/previous_and_next.html"
    envelope: dict[str, Any] = {}

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        """Two queries for a numbered page, one with a cursor."""
        self.request = request
        params = request.query_params
        self.size = page_size(params)
        if "cursor" not in params:
            return self._numbered(queryset)
        if "page" in params:
            raise InvalidQuery({"cursor": ["Use either page or cursor."]})
        return self._after_cursor(queryset, view)

    def _numbered(self, queryset: QuerySet[M]) -> list[M]:
        page = integer(self.request.query_params, "page", default=1, minimum=1, maximum=2**63 - 1)
        if page * self.size > CAP:
            raise InvalidQuery({"page": [f"Pages end at {CAP:,} rows; use cursor to go deeper."]})
        count = queryset.order_by()[: CAP + 1].count()
        start = (page - 1) * self.size
        if page > 1 and start >= count:
            raise Missing("Page not found", code="page_not_found")
        self.envelope = self.numbered(count, page)
        return list(queryset[start : start + self.size])

    def numbered(self, count: int, page: int) -> dict[str, Any]:
        """What surrounds a numbered page; `count` is up to one more than the cap."""
        more = min(count, CAP) >= page * self.size + 1 and (page + 1) * self.size <= CAP
        return {
            "count": min(count, CAP),
            "count_capped": count > CAP,
            "next": self._link(page=page + 1) if more else None,
            "previous": self._link(page=page - 1) if page > 1 else None,
        }

    def _after_cursor(self, queryset: QuerySet[M], view: APIView | None) -> list[M]:
        terms = get_terms(self.request, queryset, view)
        window = keyset.read(queryset, terms, self.request.query_params["cursor"], self.size)
        self.envelope = self.beside(window)
        return window.rows

    def beside(self, window: keyset.Window[Any]) -> dict[str, Any]:
        """What surrounds a page that was reached by a cursor."""
        return {
            "next": window.next and self._link(cursor=window.next),
            "previous": window.previous and self._link(cursor=window.previous),
        }

    def _link(self, **params: Any) -> str:
        """This very address with another page; without a trailing slash, whichever way it was asked for."""
        request = self.request
        asked = {**dict(request.query_params.lists()), **params}
        return f"{request.build_absolute_uri(request.path.rstrip('/'))}?{urlencode(sorted(asked.items()), doseq=True)}"

    @property
    def display_page_controls(self) -> bool:  # type: ignore[override]
        return bool(self.envelope.get("next") or self.envelope.get("previous"))

    def to_html(self) -> str:
        links = {"previous_url": self.envelope.get("previous"), "next_url": self.envelope.get("next")}
        return render_to_string(self.template, links)

    def get_paginated_response(self, data: Any) -> Response:
        return Response({**self.envelope, "results": data})

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        return [
            _parameter("page", "The page, from 1.", {"type": "integer", "minimum": 1}),
            _parameter("page_size", "Rows a page.", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE}),
            _parameter(
                "cursor",
                "Where to go on: empty for the first page, then as in `next`. Leaves out `count`.",
                {"type": "string"},
            ),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": f"Up to {CAP:,}; left out with a cursor."},
                "count_capped": {"type": "boolean", "description": "Whether there are more rows than `count`."},
                "next": link,
                "previous": link,
                "results": schema,
            },
        }


def page_size(params: QueryDict) -> int:
    return integer(params, "page_size", default=PAGE_SIZE, minimum=1, maximum=MAX_PAGE_SIZE)


def _parameter(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}
