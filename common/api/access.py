"""The one gate to rows: each endpoint of a resource reads, changes and deletes through it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import F, Model, QuerySet

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
        return rows.filter(**{self.owner: self.caller_pk}) if self.owner else rows

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
