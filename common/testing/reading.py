"""Lists: pages, cursors, ordering, filters and `q`."""

import operator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db.models import Field

from common.api import pagination
from common.api.endpoints import Endpoint
from common.api.filters import (
    BooleanFilter,
    ChoiceFilter,
    ContainsFilter,
    DateTimeFilter,
    DecimalFilter,
    IntegerFilter,
    IPAddressFilter,
    TextFilter,
    UUIDFilter,
)
from common.testing.base import ContractCase, check_problem, fields_at_fault, ids

BAD_NUMBERS = ("0", "-1", "abc", "", "1.0", "1_000", "١٢", "10" * 20, "1 ", "+1", "true", "0x10")
INCLUSIVE = {"gte": operator.ge, "lte": operator.le}
BAD_CURSORS = ("junk", "e30", "eyJhIjoxfQ:x", "a" * 3000, "'; DROP TABLE", "=" * 50, "🦆")


class Reading(ContractCase):
    def names(self) -> tuple[str, ...]:
        return self.viewset.ordering_fields

    def varied(self, client: Any, *names: str) -> list[dict[str, Any]]:
        """All rows, some alike and some different in these columns, with NULL where there can be one."""
        self.rows(3)
        for name in names:
            values = [body[name] for body in (self.body, self.change) if name in body]
            if getattr(self.model._meta.get_field(name), "null", False):
                values += [None]
            for value in values:
                self.row(**{name: value})
        found: list[dict[str, Any]] = client.get(self.url(), {"page_size": 100}).json()["results"]
        return found

    def python(self, name: str, value: Any) -> Any:
        """The value of this column, from the one in JSON."""
        column = self.model._meta.get_field(name)
        return column.to_python(value) if isinstance(column, Field) else value

    def ordered(self, rows: list[Any], name: str, *, descending: bool) -> list[Any]:
        """Ids by this column and then by id; NULL counts as greater than every value."""
        values = {row["id"]: self.python(name, row[name]) for row in rows}
        keyed = sorted(values, key=lambda pk: (values[pk] is None, 0 if values[pk] is None else values[pk], pk))
        # The ties are broken in the direction of the last column named.
        return keyed[::-1] if descending else keyed

    def test_a_page_says_where_it_stands(self) -> None:
        self.has(Endpoint.LIST)
        client = self.client()
        self.rows(5)
        first = client.get(self.url(), {"page_size": 2}).json()
        assert first["count"] == 5
        assert first["count_capped"] is False
        assert first["previous"] is None
        second = client.get(first["next"]).json()
        third = client.get(second["next"]).json()
        assert third["next"] is None
        assert client.get(third["previous"]).json()["results"] == second["results"]
        found = [row["id"] for page in (first, second, third) for row in page["results"]]
        assert len(set(found)) == 5

    def test_links_show_the_form_without_a_slash_and_keep_the_rest(self) -> None:
        self.has(Endpoint.LIST)
        self.rows(3)
        link = self.client().get(f"{self.url()}/", {"page_size": 1, "ordering": "id"}).json()["next"]
        assert urlsplit(link).path == self.url()
        assert "ordering=id" in link
        assert "page_size=1" in link

    def test_an_empty_list_is_a_page_and_a_page_past_the_end_is_404(self) -> None:
        self.has(Endpoint.LIST)
        client = self.client()
        self.remove(self.everything())
        assert client.get(self.url()).json()["results"] == []
        self.rows(2)
        check_problem(client.get(self.url(), {"page": 2}), "Page not found")
        assert client.get(self.url(), {"page": 2}).status_code == 404

    @pytest.mark.parametrize("name", ["page", "page_size"])
    def test_a_number_that_is_none_is_named(self, name: str) -> None:
        self.has(Endpoint.LIST)
        client = self.client()
        for value in BAD_NUMBERS:
            assert fields_at_fault(client.get(self.url(), {name: value})) == [f"query.{name}"], value
        assert fields_at_fault(client.get(self.url(), {"page_size": 101})) == ["query.page_size"]

    def test_counting_and_paging_stop_at_the_cap(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.has(Endpoint.LIST)
        client = self.client()
        monkeypatch.setattr(pagination, "CAP", 4)
        self.rows(4)
        at_the_cap = client.get(self.url(), {"page_size": 2, "page": 2}).json()
        assert (at_the_cap["count"], at_the_cap["count_capped"], at_the_cap["next"]) == (4, False, None)
        self.row()
        beyond = client.get(self.url(), {"page_size": 2, "page": 2}).json()
        assert (beyond["count"], beyond["count_capped"], beyond["next"]) == (4, True, None)
        response = client.get(self.url(), {"page_size": 2, "page": 3})
        assert fields_at_fault(response) == ["query.page"]
        assert "use cursor" in response.json()["errors"][0]["message"]

    def test_an_unknown_or_repeated_parameter_is_named(self) -> None:
        self.has(Endpoint.LIST)
        client = self.client()
        assert fields_at_fault(client.get(self.url(), {"in_stok": "true", "PAGE": 1})) == [
            "query.in_stok",
            "query.PAGE",
        ]
        assert fields_at_fault(client.get(f"{self.url()}?page=1&page=2")) == ["query.page"]
        assert fields_at_fault(client.get(f"{self.url()}?format=xml")) == ["query.format"]
        assert client.get(f"{self.url()}?format=json").status_code == 200
        if Endpoint.RETRIEVE in self.viewset.endpoints():
            row = self.row()
            assert fields_at_fault(client.get(self.detail(row), {"page": 1})) == ["query.page"]
            assert client.get(self.detail(row), {"format": "json"}).status_code == 200

    def test_every_ordering_holds_page_by_page_and_by_cursor(self) -> None:
        self.has(Endpoint.LIST)
        client = self.client()
        rows = self.varied(client, *self.names())
        for name in self.names():
            for descending in (False, True):
                ordering = f"-{name}" if descending else name
                expected = self.ordered(rows, name, descending=descending)
                assert ids(client.get(self.url(), {"ordering": ordering})) == expected, ordering
                assert self.walk(client, {"ordering": ordering, "page_size": 2, "cursor": ""}) == expected, ordering

    def walk(self, client: Any, params: dict[str, Any]) -> list[Any]:
        """Forward to the end by `next`, and back again by `previous`, which must show the same."""
        page = client.get(self.url(), params).json()
        assert "count" not in page
        assert page["previous"] is None
        forth = [[row["id"] for row in page["results"]]]
        while page["next"]:
            page = client.get(page["next"]).json()
            forth.append([row["id"] for row in page["results"]])
        back = [forth[-1]]
        while page["previous"]:
            page = client.get(page["previous"]).json()
            back.insert(0, [row["id"] for row in page["results"]])
        assert back == forth
        return [pk for one in forth for pk in one]

    def test_a_cursor_is_stable_under_inserts_and_deletes(self) -> None:
        self.has(Endpoint.LIST)
        client = self.client()
        self.rows(4)
        page = client.get(self.url(), {"cursor": "", "page_size": 2, "ordering": "-id"}).json()
        seen = [row["id"] for row in page["results"]]
        newer = self.row()
        self.remove(self.model._default_manager.filter(pk=seen[-1]))
        rest = [row["id"] for row in client.get(page["next"]).json()["results"]]
        assert not {*seen, self.key(newer)} & set(rest)
        assert len(rest) == 2

    def test_a_wrong_cursor_is_named(self) -> None:
        self.has(Endpoint.LIST)
        client = self.client()
        self.rows(3)
        for cursor in BAD_CURSORS:
            assert fields_at_fault(client.get(self.url(), {"cursor": cursor})) == ["query.cursor"]
        link = client.get(self.url(), {"cursor": "", "page_size": 1, "ordering": "id"}).json()["next"]
        assert fields_at_fault(client.get(link.replace("ordering=id", "ordering=-id"))) == ["query.cursor"]
        assert fields_at_fault(client.get(self.url(), {"cursor": "", "page": 1})) == ["query.cursor"]

    def test_a_wrong_ordering_is_named(self) -> None:
        self.has(Endpoint.LIST)
        client = self.client()
        for ordering in ("", "nope", "--id", "id,", "id,id", "-id,id", "user__password", "?", "id;drop", "ID"):
            assert fields_at_fault(client.get(self.url(), {"ordering": ordering})) == ["query.ordering"], ordering

    def filters(self, *kinds: type[Any]) -> list[tuple[str, Any]]:
        filterset: Any = getattr(self.viewset, "filterset_class", None)
        found = filterset.base_filters.items() if filterset else ()
        return [(name, one) for name, one in found if isinstance(one, kinds)]

    def test_each_filter_refuses_what_it_cannot_read(self) -> None:
        self.has(Endpoint.LIST)
        client = self.client()
        wrong: dict[type[Any], tuple[str, ...]] = {
            BooleanFilter: ("", "yes", "1", "True", "null"),
            DateTimeFilter: ("", "yesterday", "2026-13-01", "1e9", "0001-01-01T00:00:00+14:00"),
            DecimalFilter: ("", "abc", "1_000", "١٢", "NaN", "Infinity", "1e2", " 1"),
            UUIDFilter: ("", "abc", "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057"),
            ChoiceFilter: ("", "nope"),
            ContainsFilter: ("x" * 256, "a\tb", "\u202e"),
            TextFilter: ("", "x" * 256, "a\tb", "\u202e"),
            IntegerFilter: ("", "abc", "1.0", "1_000", "١٢", "9" * 30),
            IPAddressFilter: ("", "abc", "1.2.3", "192.0.2.0/24", "fe80::1%eth0", "fe80::1%'", "١.٢.٣.٤"),
        }
        for kind, values in wrong.items():
            for name, _ in self.filters(kind):
                for value in values:
                    assert fields_at_fault(client.get(self.url(), {name: value})) == [f"query.{name}"], value

    def test_text_filters_find_a_substring_in_any_case(self) -> None:
        self.has(Endpoint.LIST)
        client = self.client()
        for name, one in self.filters(ContainsFilter):
            row = self.row(**{one.field_name: "Ärger mit 100% Öl"})
            self.row(**{one.field_name: "ganz anders"})
            for text in ("ärger", "ÖL", "100%", "R MIT"):
                assert ids(client.get(self.url(), {name: text})) == [self.key(row)], text
            for text in ("_rger", "1000", "%"):
                assert ids(client.get(self.url(), {name: text})) == ([self.key(row)] if text == "%" else [])

    def test_true_and_false_part_the_rows(self) -> None:
        self.has(Endpoint.LIST)
        client = self.client()
        for name, one in self.filters(BooleanFilter):
            yes, no = self.row(**{one.field_name: True}), self.row(**{one.field_name: False})
            for text, wanted, other in (("true", yes, no), ("false", no, yes)):
                found = ids(client.get(self.url(), {name: text}))
                assert self.key(wanted) in found
                assert self.key(other) not in found

    def test_bounds_are_inclusive(self) -> None:
        self.has(Endpoint.LIST)
        client = self.client()
        filters = self.filters(DateTimeFilter, DecimalFilter)
        rows = self.varied(client, *{one.field_name for _, one in filters})
        for name, one in filters:
            values = {row["id"]: self.python(one.field_name, row[one.field_name]) for row in rows}
            for row in rows:
                within = {pk for pk in values if INCLUSIVE[one.lookup_expr](values[pk], values[row["id"]])}
                assert set(ids(client.get(self.url(), {name: row[one.field_name], "page_size": 100}))) == within, name
        for name, one in self.filters(DateTimeFilter):
            ends = {"gte": ("1999-12-31T23:59:59Z", "2999-01-01"), "lte": ("2999-01-01", "1999-12-31")}
            everything, nothing = ends[one.lookup_expr]
            assert len(ids(client.get(self.url(), {name: everything, "page_size": 100}))) == len(rows)
            assert ids(client.get(self.url(), {name: nothing})) == []

    def test_an_exact_filter_finds_its_rows_and_no_others(self) -> None:
        self.has(Endpoint.LIST)
        client = self.client()
        exact = [(name, one) for name, one in self.filters(UUIDFilter, IntegerFilter) if one.lookup_expr == "exact"]
        rows = self.varied(client, *{one.field_name for _, one in exact})
        for name, one in exact:
            for value in {row[one.field_name] for row in rows} - {None}:
                same = {row["id"] for row in rows if row[one.field_name] == value}
                assert set(ids(client.get(self.url(), {name: value}))) == same, name

    def test_a_choice_given_twice_finds_either(self) -> None:
        self.has(Endpoint.LIST)
        client = self.client()
        for name, one in self.filters(ChoiceFilter):
            choices = [value for value, _ in one.extra["choices"]]
            rows = {value: self.key(self.row(**{one.field_name: value})) for value in choices}
            assert ids(client.get(self.url(), {name: choices[0]})) == [rows[choices[0]]]
            assert set(ids(client.get(self.url(), {name: choices[:2]}))) == {rows[value] for value in choices[:2]}
            assert fields_at_fault(client.get(self.url(), {name: [choices[0], "nope"]})) == [f"query.{name}"]

    def test_every_word_of_q_must_occur_somewhere(self) -> None:
        self.has(Endpoint.LIST, Endpoint.COUNT)
        client = self.client()
        if not self.viewset.search_fields:
            assert fields_at_fault(client.get(self.url(), {"q": "x"})) == ["query.q"]
            return
        name = self.viewset.search_fields[0]
        row = self.row(**{name: "Crème brûlée, 50% off"})
        self.row(**{name: "Crème caramel"})
        for q in ("BRÛLÉE", "crème 50%", "  crème   off ", "rème ûlé"):
            assert ids(client.get(self.url(), {"q": q})) == [self.key(row)], q
        assert client.get(self.url("count"), {"q": "brûlée"}).json() == {"count": 1}
        assert ids(client.get(self.url(), {"q": "brûlée tea"})) == []
        for q in ("x" * 101, "a b c d e f g h i", "a\x00b"):
            assert fields_at_fault(client.get(self.url(), {"q": q})) == ["query.q"], q

    def test_count_takes_the_filters_and_no_paging(self) -> None:
        self.has(Endpoint.COUNT)
        client = self.client()
        self.rows(3)
        assert client.get(self.url("count")).json() == {"count": self.everything().count()}
        assert fields_at_fault(client.get(self.url("count"), {"page": 1})) == ["query.page"]
