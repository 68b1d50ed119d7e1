"""The one gate to rows: each endpoint of a resource reads, changes and deletes through it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, ForeignKey, Model, QuerySet, Subquery
from django.db.models.constants import LOOKUP_SEP

from common.exceptions import Forbidden

M = TypeVar("M", bound=Model)

OWNER_PK = "_owner_pk"


@dataclass(frozen=True, slots=True)
class Access:
    """The rows of one resource that one caller may touch on one endpoint.

    `owner` is the lookup from a row to the account that owns it; `None` opens every row.
    """

    caller_pk: object
    owner: str | None

    def restrict(self, rows: QuerySet[M]) -> QuerySet[M]:
        """Only what the caller may see: for lists, searches and counts."""
        if not self.owner:
            return rows
        if way := way_to(rows.model, self.owner):
            # By a join, PostgreSQL is ready to look through all rows for those of one.
            return rows.filter(**{way.relation: Subquery(way.keys_of(self.caller_pk))})
        return rows.filter(**{self.owner: self.caller_pk})

    def mark(self, rows: QuerySet[M]) -> QuerySet[M]:
        """All rows, with what `check` needs to tell mine from theirs without another query."""
        return rows.annotate(**{OWNER_PK: F(self.owner)}) if self.owner else rows

    def check(self, rows: Iterable[Model]) -> None:
        """Refuse when one of these rows, read through `mark`, is someone else's."""
        if not self.owner:
            return
        for row in rows:
            if getattr(row, OWNER_PK) != self.caller_pk:
                raise Forbidden(f"Not authorized to access this {row._meta.verbose_name}")


@dataclass(frozen=True, slots=True)
class Way:
    """To an owner by way of another row, of which each account has one at most."""

    relation: str
    to: type[Model]
    further: str

    def keys_of(self, account: Any) -> QuerySet[Any]:
        rows: QuerySet[Any] = self.to._base_manager.filter(**{self.further: account})
        return rows.values_list("pk")


def way_to(model: type[Model], owner: str) -> Way | None:
    """None where the account stands in the row itself, or may have several of what stands between."""
    relation, _, further = owner.partition(LOOKUP_SEP)
    if not further or LOOKUP_SEP in further:
        return None
    try:
        column = model._meta.get_field(relation)
        to = column.related_model
        if not isinstance(column, ForeignKey) or not isinstance(to, type) or column.target_field is not to._meta.pk:
            return None
        return Way(relation, to, further) if getattr(to._meta.get_field(further), "unique", False) else None
    except FieldDoesNotExist:
        return None
