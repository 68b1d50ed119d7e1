"""`POST /r/search`: each field by its own kind, and nothing that is not a field."""

from typing import Any

import pytest

from common.api.endpoints import Endpoint
from common.api.search import MAX_IN, RANGE, Criterion
from common.testing.base import ContractCase, fields_at_fault, ids
from common.testing.writing import wrong_types


class Searching(ContractCase):
    @pytest.fixture(autouse=True)
    def _searchable(self) -> None:
        self.criteria: dict[str, Criterion] = {}

    def prepare(self) -> tuple[Any, list[dict[str, Any]]]:
        self.has(Endpoint.SEARCH)
        client = self.client()
        self.rows(3)
        view: Any = self.viewset(action="search", request=None, format_kwarg=None)
        self.criteria = view.get_criteria()
        return client, client.post(self.url("search"), {}).json()["results"]

    def search(self, client: Any, **body: Any) -> list[Any]:
        return ids(client.post(self.url("search"), body))

    def test_nothing_asked_is_everything(self) -> None:
        client, rows = self.prepare()
        assert len(rows) == self.everything().count()
        assert client.post(f"{self.url('search')}?page_size=2&ordering=id").json()["next"]

    def test_every_field_finds_the_row_by_its_own_value(self) -> None:
        client, rows = self.prepare()
        for name in self.criteria:
            for row in rows:
                assert row["id"] in self.search(client, **{name: row[name]}), name

    def test_texts_match_inside_and_in_any_case(self) -> None:
        client, _ = self.prepare()
        for name, criterion in self.criteria.items():
            if criterion.is_text and name in self.serializer_texts():
                row = self.row(**{name: "Zwölf Boxkämpfer"})
                assert self.search(client, **{name: "ZWÖLF box"}) == [self.key(row)]

    def serializer_texts(self) -> set[str]:
        serializer: Any = self.viewset.serializer_class
        return {name for name, field in serializer().fields.items() if not field.read_only}

    def test_operators_bound_and_list(self) -> None:
        client, rows = self.prepare()
        row = rows[1]
        for name, criterion in self.criteria.items():
            value = row[name]
            if value is None:
                continue
            if "gte" in criterion.operators:
                assert row["id"] in self.search(client, **{name: {"gte": value, "lte": value}})
                assert row["id"] not in self.search(client, **{name: {"gt": value}})
                assert row["id"] not in self.search(client, **{name: {"lt": value}})
            if "in" in criterion.operators:
                assert row["id"] in self.search(client, **{name: {"in": [value]}})
                assert self.search(client, **{name: {"in": []}}) == []
                if rows[0][name] is not None:
                    either = self.search(client, **{name: {"in": [value, rows[0][name]]}})
                    assert {row["id"], rows[0]["id"]} <= set(either)

    def test_null_is_asked_for_where_there_can_be_one(self) -> None:
        client, rows = self.prepare()
        for name, criterion in self.criteria.items():
            if criterion.nullable:
                assert set(self.search(client, **{name: None})) == {row["id"] for row in rows if row[name] is None}
            else:
                assert fields_at_fault(client.post(self.url("search"), {name: None})) == [f"body.{name}"]

    def test_filters_are_joined_by_and(self) -> None:
        client, rows = self.prepare()
        one, other = rows[0], rows[1]
        name = next(name for name in self.criteria if name != "id" and str(other[name]) not in str(one[name]))
        assert self.search(client, id=one["id"], **{name: one[name]}) == [one["id"]]
        assert self.search(client, id=one["id"], **{name: other[name]}) == []

    def test_what_cannot_be_asked_is_named(self) -> None:
        client, rows = self.prepare()
        url = self.url("search")
        assert fields_at_fault(client.post(url, {"nope": 1, "password": "x"})) == ["body.nope", "body.password"]
        assert fields_at_fault(client.post(url, ["id"])) == ["body"]
        for name, criterion in self.criteria.items():
            assert fields_at_fault(client.post(url, {name: {}})) == [f"body.{name}"]
            assert fields_at_fault(client.post(url, {name: {"like": "%"}})) == [f"body.{name}.like"]
            for operator in {*RANGE, "in"} - set(criterion.operators):
                assert fields_at_fault(client.post(url, {name: {operator: [1]}})) == [f"body.{name}.{operator}"]
            if "in" in criterion.operators:
                many = {name: {"in": [rows[0][name]] * (MAX_IN + 1)}}
                assert fields_at_fault(client.post(url, many)) == [f"body.{name}.in"]
                assert fields_at_fault(client.post(url, {name: {"in": "ab"}})) == [f"body.{name}.in"]
            for value in ([], [1], {"eq": 1}, {"gt": [1]}):
                assert fields_at_fault(client.post(url, {name: value}))[0].startswith(f"body.{name}")

    def test_json_types_are_taken_for_what_they_are(self) -> None:
        client, _ = self.prepare()
        for name, criterion in self.criteria.items():
            values = [value for value in wrong_types(criterion.field) if not isinstance(value, dict)]
            for value in values:
                for asked in (value, {"in": [value]}, {"gte": value}):
                    response = client.post(self.url("search"), {name: asked})
                    assert fields_at_fault(response)[0].startswith(f"body.{name}"), asked

    def test_the_query_string_pages_and_does_not_filter(self) -> None:
        client, _ = self.prepare()
        filterset: Any = getattr(self.viewset, "filterset_class", None)
        for name in filterset.base_filters if filterset else ():
            assert fields_at_fault(client.post(f"{self.url('search')}?{name}=1", {})) == [f"query.{name}"]
        page = client.post(f"{self.url('search')}?cursor=&page_size=2", {}).json()
        assert len(client.post(page["next"], {}).json()["results"]) >= 1
