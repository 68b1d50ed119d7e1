"""What a list may be asked for is found by an index, however many rows there are. PostgreSQL's plans show it.

Mixed into the contract of a resource whose table may grow large.
"""

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from common.api import keyset, pagination
from common.api.access import way_to
from common.api.compiled import Query
from common.api.endpoints import Endpoint
from common.api.filters import ContainsFilter
from common.api.list_shapes import PageShape, Shape, known_filters, list_layout, page_query
from common.api.ordering import Term, terms
from common.testing.base import ContractCase

is_postgresql = connection.vendor == "postgresql"
only_postgresql = pytest.mark.skipif(not is_postgresql, reason="needs PostgreSQL")


# What is the best of a few rows and not of many.
COSTLY = ("enable_seqscan", "enable_sort", "enable_incremental_sort")


def plan(rows: QuerySet[Any], *, costly: Sequence[str] = COSTLY) -> str:
    """As it would be with many rows."""
    with connection.cursor() as cursor:
        for name in costly:
            cursor.execute(f"SET LOCAL {name} = off")
    return rows.explain()


def plan_of_pattern(rows: QuerySet[Any]) -> str:
    """Comparing each entry of another index is no way to find a pattern either."""
    return plan(rows, costly=(*COSTLY, "enable_indexscan", "enable_indexonlyscan"))


def plan_for_all(query: Query) -> str:
    """As it would be with many rows, of whichever values."""
    statement = query.statement
    with connection.cursor() as cursor:
        for setting in (*(f"{name} = off" for name in COSTLY), "plan_cache_mode = force_generic_plan"):
            cursor.execute(f"SET LOCAL {setting}")
        cursor.execute(f"PREPARE asked AS {statement.command.decode()}")
        cursor.execute(f"EXPLAIN EXECUTE asked ({', '.join(['NULL'] * len(statement.names))})")
        found = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("DEALLOCATE asked")
        return found


def has_trigrams() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
        return cursor.fetchone() is not None


class Scale(ContractCase):
    def everything(self) -> QuerySet[Any]:
        rows: Any = self.viewset.queryset
        plain: QuerySet[Any] = rows.select_related(None).order_by()
        return plain

    @only_postgresql
    def test_each_ordering_is_read_off_an_index(self) -> None:
        for name in self.viewset.ordering_fields:
            for sign in ("", "-"):
                (rows,) = keyset.seek(self.everything(), terms([sign + name], self.model), keyset.Position([], False))
                found = plan(rows[:20])
                assert "Sort" not in found, found
                assert "Seq Scan" not in found, found

    @only_postgresql
    def test_a_cursor_starts_where_the_last_page_ended(self) -> None:
        nullable = {column.name for column in self.model._meta.concrete_fields if column.null}
        full = self.row(**{name: value for name, value in self.body.items() if name in nullable})
        bare = self.row(**dict.fromkeys(nullable))
        signed = [sign + name for name in self.viewset.ordering_fields for sign in ("", "-")]
        for ordering, row, backwards in product(signed, (full, bare), (False, True)):
            order = terms([ordering], self.model)
            values = [getattr(row, column) for column in keyset.columns(self.model, order)]
            for rows in keyset.seek(self.everything(), order, keyset.Position(values, backwards)):
                found = plan(rows[:20])
                assert "Index Cond: " in found, found
                assert "Filter: " not in found, found
                assert "Sort" not in found, found

    @only_postgresql
    def test_the_rows_of_one_value_are_read_off_its_index_by_any_cursor(self) -> None:
        """Of few owners, each has a great part of the table on average; some may have next to none."""
        if list_layout(self.viewset) is None:
            pytest.skip("is not read directly")
        own = way_to(self.model, self.viewset.owner or "")
        lookups = [(own.relation if own else self.viewset.owner, 1)] if self.viewset.owner else []
        exact = [name for name, one in known_filters(self.viewset).items() if one.lookup_expr == "exact"]
        shapes = [Shape(self.viewset, (one,)) for one in lookups]
        shapes += [Shape(self.viewset, (), ((name, 1),)) for name in exact]
        for shape, sign in product(shapes, ("", "-")):
            order = terms([f"{sign}pk"], self.model)
            for nulls, backwards in ((None, False), ((), False), ((False,), False), ((False,), True)):
                query = page_query(PageShape(shape, order, limit=20, nulls=nulls, backwards=backwards))
                assert query is not None
                found = plan_for_all(query)
                # The bound at which the scan starts is the cursor, if there is one.
                assert found.count(">= ") + found.count("<= ") == (1 if nulls else 2), found
                assert "Index Cond: " in found, found
                assert "Filter: " not in found, found
                assert "Sort" not in found, found

    def test_ones_own_rows_are_asked_for_by_a_column_of_theirs(self) -> None:
        self.has(Endpoint.SELF_LIST)
        owner = self.make_user(f"{self.viewset.resource}:read:self")
        self.rows(2, owner)
        client = self.bearer(owner)
        with CaptureQueriesContext(connection) as captured:
            for accept in ("application/json", "application/json; case=camel"):
                assert len(client.get(self.url("self"), headers={"Accept": accept}).json()["results"]) == 2
        of_rows = [query["sql"] for query in captured if f'FROM "{self.model._meta.db_table}"' in query["sql"]]
        assert of_rows
        joined = [sql for sql in of_rows if " JOIN " in sql]
        assert not joined, joined

    def test_what_may_be_few_rows_or_many_is_planned_with_its_values(self) -> None:
        """One plan for all walks an ordering's index through the whole table for the few."""
        if list_layout(self.viewset) is None:
            pytest.skip("is not read directly")
        by_key, by_other = (terms([self.viewset.ordering_fields[at]], self.model) for at in (0, 1))
        assert self.is_planned_once((), by_key)
        assert self.is_planned_once((), by_other)
        for name, one in known_filters(self.viewset).items():
            assert not self.is_planned_once(((name, 1),), by_other), name
            assert not self.is_planned_once(((name, 2),), by_key), name
            assert self.is_planned_once(((name, 1),), by_key) is (one.lookup_expr == "exact"), name

    def is_planned_once(self, filters: tuple[tuple[str, int], ...], order: tuple[Term, ...]) -> bool:
        query = page_query(PageShape(Shape(self.viewset, (), filters), order, limit=20))
        assert query is not None
        # Planned with its values, and for more than one page.
        assert ("MATERIALIZED" in query.statement.sql) is (not query.statement.is_planned_once) or not is_postgresql
        return query.statement.is_planned_once

    @only_postgresql
    @pytest.mark.parametrize("known", [None, 0, 2, 1_000_000])
    def test_all_are_counted_right_whatever_postgresql_knows_of_the_table(
        self, known: int | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.has(Endpoint.LIST)
        self.rows(3)
        client, table = self.client(), self.model._meta.db_table
        number = self.everything().count()
        if known is not None:
            with connection.cursor() as cursor:
                cursor.execute("UPDATE pg_class SET reltuples = %s WHERE relname = %s", [known, table])
        for cap in (number - 1, number, number + 1):
            monkeypatch.setattr(pagination, "CAP", cap)
            page = client.get(self.url(), {"page_size": 1}).json()
            assert (page["count"], page["count_capped"]) == (min(number, cap), number > cap)

    @only_postgresql
    def test_each_filter_is_found_by_an_index(self) -> None:
        self.has(Endpoint.LIST)
        filterset: Any = getattr(self.viewset, "filterset_class", None)
        row = self.row()
        for name, one in (filterset.base_filters if filterset else {}).items():
            if isinstance(one, ContainsFilter) and not has_trigrams():
                continue
            value = "abcdef" if isinstance(one, ContainsFilter) else getattr(row, one.field_name)
            value = [one.extra["choices"][0][0]] if "choices" in one.extra else value
            rows = filterset(queryset=self.everything()).filters[name].filter(self.everything(), value)
            found = plan_of_pattern(rows) if isinstance(one, ContainsFilter) else plan(rows)
            assert "Index Cond: " in found, found
            assert "Seq Scan" not in found, found

    @only_postgresql
    def test_words_are_found_by_an_index(self) -> None:
        if not has_trigrams():
            pytest.skip("PostgreSQL has no pg_trgm")
        for name in self.viewset.search_fields:
            found = plan_of_pattern(self.everything().filter(**{f"{name}__contains_any_case": "abcdef"}))
            assert "Index Cond: (upper(" in found, found
