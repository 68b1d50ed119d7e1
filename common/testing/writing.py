"""Single rows: what goes in comes out, and nothing else goes in."""

import json
from typing import Any
from urllib.parse import unquote

import pytest
from rest_framework import serializers

from common.api.endpoints import Endpoint
from common.testing.base import ContractCase, check_problem, fields_at_fault

UPDATES = ("put", "patch")


class Writing(ContractCase):
    def serializer_fields(self) -> dict[str, Any]:
        assert self.viewset.serializer_class is not None
        found: Any = self.viewset.serializer_class()
        return dict(found.fields)

    def test_what_was_posted_is_answered_as_a_get_would(self) -> None:
        self.has(Endpoint.CREATE, Endpoint.RETRIEVE)
        client = self.client()
        posted = client.post(self.url(), self.new_body())
        assert posted.status_code == 201, posted.content
        got = client.get(posted.headers["Location"])
        assert got.json() == posted.json()
        assert got.headers["ETag"] == posted.headers["ETag"]
        assert {name: posted.json()[name] for name in self.body if name in posted.json()}.keys() <= got.json().keys()

    def test_both_forms_of_every_address_answer_without_a_redirect(self) -> None:
        self.has(Endpoint.LIST, Endpoint.CREATE, Endpoint.RETRIEVE)
        client, row = self.client(), self.row()
        assert client.post(f"{self.url()}/", self.new_body()).status_code == 201
        assert client.get(f"{self.url()}/").status_code == 200
        assert client.get(f"{self.detail(row)}/").status_code == 200
        assert client.get(f"{self.detail(row)}//").status_code == 404

    @pytest.mark.parametrize("method", UPDATES)
    def test_an_update_changes_what_it_names_and_nothing_else(self, method: str) -> None:
        self.has(Endpoint.UPDATE, Endpoint.PARTIAL_UPDATE, Endpoint.RETRIEVE)
        client, row = self.client(), self.row()
        for name, value in self.change.items():
            before = client.get(self.detail(row)).json()
            after = getattr(client, method)(self.detail(row), {name: value})
            assert after.status_code == 200, after.content
            assert after.json()[name] == value
            assert client.get(self.detail(row)).json() == after.json()
            changed = {key for key in before if before[key] != after.json()[key]}
            assert changed <= {name, "updated_at"}

    @pytest.mark.parametrize("method", UPDATES)
    def test_an_update_of_nothing_changes_nothing(self, method: str) -> None:
        self.has(Endpoint.UPDATE, Endpoint.PARTIAL_UPDATE)
        client, row = self.client(), self.row()
        before = self.snapshot()
        assert getattr(client, method)(self.detail(row), {}).status_code == 200
        assert self.snapshot() == before

    def test_what_was_read_can_be_put(self) -> None:
        self.has(Endpoint.RETRIEVE, Endpoint.UPDATE)
        client, row = self.client(), self.row()
        read = client.get(self.detail(row)).json()
        put = client.put(self.detail(row), read)
        assert put.status_code == 200, put.content
        assert {**put.json(), "updated_at": None} == {**read, "updated_at": None}

    def test_read_only_fields_are_ignored(self) -> None:
        self.has(Endpoint.PARTIAL_UPDATE)
        client, row = self.client(), self.row()
        before = self.snapshot()
        for name, field in self.serializer_fields().items():
            if field.read_only:
                assert client.patch(self.detail(row), {name: "forged"}).status_code == 200, name
        assert self.snapshot() == before

    def test_an_unknown_field_is_named_and_refused(self) -> None:
        self.has(Endpoint.CREATE)
        before = self.snapshot()
        response = self.client().post(self.url(), {**self.new_body(), "colour": "red", "$where": 1})
        assert fields_at_fault(response) == ["body.colour", "body.$where"]
        assert self.snapshot() == before

    def test_each_wrong_value_is_named_and_changes_nothing(self) -> None:
        self.has(Endpoint.CREATE, Endpoint.PARTIAL_UPDATE)
        client, row = self.client(), self.row()
        before = self.snapshot()
        for name, values in self.invalid.items():
            for value in values:
                posted = client.post(self.url(), {**self.new_body(), name: value})
                assert fields_at_fault(posted) == [f"body.{name}"], value
                patched = client.patch(self.detail(row), {name: value})
                assert fields_at_fault(patched) == [f"body.{name}"], value
        assert self.snapshot() == before

    def test_json_types_are_taken_for_what_they_are(self) -> None:
        self.has(Endpoint.PARTIAL_UPDATE)
        client, row = self.client(), self.row()
        before = self.snapshot()
        for name, field in self.serializer_fields().items():
            if field.read_only:
                continue
            for value in wrong_types(field):
                assert fields_at_fault(client.patch(self.detail(row), {name: value})) == [f"body.{name}"], value
        assert self.snapshot() == before

    def test_null_is_stored_where_it_may_be_and_leaves_a_text_as_it_is(self) -> None:
        self.has(Endpoint.PARTIAL_UPDATE)
        client, row = self.client(), self.row()
        for name, field in self.serializer_fields().items():
            if field.read_only:
                continue
            before = client.get(self.detail(row)).json()[name]
            response = client.patch(self.detail(row), {name: None})
            if field.allow_null:
                assert response.json()[name] is None
            elif isinstance(field, serializers.CharField):
                assert response.status_code == 200, response.content
                assert response.json()[name] == before
            else:
                assert fields_at_fault(response) == [f"body.{name}"]

    def test_missing_rows_are_404_by_every_method(self) -> None:
        self.has(Endpoint.RETRIEVE, Endpoint.UPDATE, Endpoint.PARTIAL_UPDATE, Endpoint.DESTROY)
        client, name = self.client(), str(self.model._meta.verbose_name).capitalize()
        for key in (self.missing_key(), *BAD_KEYS):
            url = f"{self.url()}/{key}"
            for method in ("get", "put", "patch", "delete"):
                response = getattr(client, method)(url)
                assert response.status_code == 404, f"{method} {url}"
                check_problem(response, None if "/" in unquote(str(key)) else f"{name} not found")

    def test_a_deleted_row_is_gone(self) -> None:
        self.has(Endpoint.DESTROY, Endpoint.RETRIEVE)
        client, row = self.client(), self.row()
        response = client.delete(self.detail(row))
        assert (response.status_code, response.content) == (204, b"")
        assert client.get(self.detail(row)).status_code == 404

    def test_camel_case_comes_and_goes_when_asked_for(self) -> None:
        self.has(Endpoint.RETRIEVE, Endpoint.PARTIAL_UPDATE)
        client, row, camel = self.client(), self.row(), "application/json; case=camel"
        plain = client.get(self.detail(row)).json()
        response = client.get(self.detail(row), headers={"Accept": camel})
        assert response.headers["Content-Type"] == camel
        assert response.json() == {to_camel(name): value for name, value in plain.items()}
        sent = {to_camel(name): value for name, value in self.change.items()}
        assert client.patch(self.detail(row), json.dumps(sent), content_type=camel).status_code == 200
        after = client.get(self.detail(row)).json()
        assert {name: after[name] for name in self.change} == self.change
        # The names of fields in an error stay as they are.
        broken = client.patch(self.detail(row), {"no_field": 1}, headers={"Accept": camel})
        assert broken.json()["errors"][0]["field"] == "body.no_field"
        assert "requestId" in broken.json()


BAD_KEYS = (
    "abc", "%00", "%0A", "0", "-1", "1.0", "1e3", "1_000", "%D9%A1", "9223372036854775808", "1" * 400, "None", "true",
    "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057", "{01890a5d-ac96-774b-bcce-b302099a8057}",
    "01890a5dac96774bbcceb302099a8057", "..", "%2e%2e", "/evil.com/todos", "%2F%2Fevil.com", "%FF", "🦆", "1%20",
)  # fmt: skip


def wrong_types(field: Any) -> list[Any]:
    """Values of every JSON type but the field's own."""
    values: list[Any] = ["text", 1, 1.5, True, ["a"], {"a": 1}]
    if isinstance(field, serializers.BooleanField):
        return [value for value in values if not isinstance(value, bool)] + ["true", "yes", 0, "1"]
    if isinstance(field, serializers.IntegerField):
        return [value for value in values if type(value) is not int] + ["1", "1_000", "١٢"]
    if isinstance(field, serializers.DecimalField | serializers.FloatField):
        return [value for value in values if type(value) not in (int, float)] + ["1_000", "١٢", "1e2", "NaN", " 1"]
    return [value for value in values if not isinstance(value, str)]


def to_camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
