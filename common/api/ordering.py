"""Ordering by named fields, ties broken by the primary key; both databases agree on where NULL stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Model, OrderBy, QuerySet
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from common.api.query import InvalidQuery

PARAMETER = "ordering"


@dataclass(frozen=True, slots=True)
class Term:
    """One column of an ordering."""

    column: str
    descending: bool
    nullable: bool

    @classmethod
    def parse(cls, term: Any, model: type[Model]) -> "Term":
        if isinstance(term, OrderBy):
            column: Any = term.expression
            term = f"-{column.name}" if term.descending else column.name
        name = term.removeprefix("-")
        field = model._meta.pk if name == "pk" else model._meta.get_field(name)
        return cls(column=field.name, descending=term.startswith("-"), nullable=bool(getattr(field, "null", False)))

    def expression(self, *, reverse: bool = False) -> str | OrderBy:
        """NULL counts as greater than every value, as in PostgreSQL, whose indexes are kept that way."""
        descending = self.descending is not reverse
        if not self.nullable:
            return f"-{self.column}" if descending else self.column
        column = F(self.column)
        return column.desc(nulls_first=True) if descending else column.asc(nulls_last=True)

    def __str__(self) -> str:
        return f"-{self.column}" if self.descending else self.column


def terms(texts: Iterable[Any], model: type[Model]) -> tuple[Term, ...]:
    """A total order of these fields, each a name or an `OrderBy` of one: the primary key comes last, if not before."""
    found = [Term.parse(text, model) for text in texts]
    pk = model._meta.pk.name
    for index, term in enumerate(found):
        if term.column == pk:
            return tuple(found[: index + 1])
    return (*found, Term(column=pk, descending=bool(found) and found[-1].descending, nullable=False))


def get_terms(request: Request, queryset: Any, view: Any) -> tuple[Term, ...]:
    """The ordering that this request asks for, else the queryset's, else the model's."""
    text = request.query_params.get(PARAMETER)
    if text is None:
        return terms(queryset.query.order_by or queryset.model._meta.ordering, queryset.model)
    names = text.split(",")
    known = view.ordering_fields
    if wrong := [name for name in names if name.removeprefix("-") not in known]:
        quoted = ", ".join(f"'{name[:40]}'" for name in wrong[:3])
        raise InvalidQuery({"ordering": [f"Cannot order by {quoted}. Choose from: {', '.join(known)}."]})
    if len({name.removeprefix("-") for name in names}) < len(names):
        raise InvalidQuery({"ordering": ["A field is named twice."]})
    return terms(tuple(names), queryset.model)


class Ordering(BaseFilterBackend):
    """`?ordering=-price_usd,name`, by the viewset's `ordering_fields` and no others."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        return queryset.order_by(*(term.expression() for term in get_terms(request, queryset, view)))

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        names = [sign + name for name in view.ordering_fields for sign in ("", "-")]
        return [
            {
                "name": PARAMETER,
                "in": "query",
                "description": "Fields to order by, `-` for descending; ties are broken by id.",
                "style": "form",
                "explode": False,
                "schema": {"type": "array", "items": {"type": "string", "enum": names}},
            }
        ]
