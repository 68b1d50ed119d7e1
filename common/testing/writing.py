"""Single rows: what goes in comes out, and nothing else goes in."""

import json
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from rest_framework import serializers

from common.api.endpoints import Endpoint
from common.testing.base import ContractCase, check_problem, fields_at_fault, ids

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
        for tail in ("//", "%0A", "/%0A", "%20"):
            assert client.get(f"{self.url()}{tail}").status_code == 404, tail
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

    def test_each_wrong_value_is_named_and_creates_nothing(self) -> None:
        self.has(Endpoint.CREATE)
        client, before = self.client(), self.snapshot()
        for name, values in self.invalid.items():
            for value in values:
                posted = client.post(self.url(), {**self.new_body(), name: value})
                assert fields_at_fault(posted) == [f"body.{name}"], value
        assert self.snapshot() == before

    def test_each_wrong_value_is_named_and_changes_nothing(self) -> None:
        self.has(Endpoint.PARTIAL_UPDATE)
        client, row = self.client(), self.row()
        before = self.snapshot()
        for name, values in self.invalid.items():
            for value in values:
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
        client.patch(self.detail(row), self.change)
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

    def test_null_for_a_text_that_is_never_null_is_an_empty_one_when_it_is_created(self) -> None:
        self.has(Endpoint.CREATE, Endpoint.BULK_CREATE)
        client = self.client()
        for name, field in self.serializer_fields().items():
            if field.read_only or field.allow_null or not isinstance(field, serializers.CharField):
                continue
            body = {**self.new_body(), name: None}
            one, many = client.post(self.url(), body), client.post(self.url("bulk"), [body])
            if field.allow_blank:
                assert (one.status_code, many.status_code) == (201, 201), name
                assert one.json()[name] == many.json()[0][name] == ""
            else:
                assert fields_at_fault(one) == [f"body.{name}"]
                assert fields_at_fault(many) == [f"body.0.{name}"]

    def test_a_decimal_keeps_every_digit(self) -> None:
        self.has(Endpoint.PARTIAL_UPDATE, Endpoint.SEARCH)
        client, row = self.client(), self.row()
        self.row()
        for name, field in self.serializer_fields().items():
            if field.read_only or not isinstance(field, serializers.DecimalField):
                continue
            digits, places = field.max_digits, field.decimal_places
            assert digits is not None
            assert places is not None
            step = Decimal(1).scaleb(-places)
            top = Decimal(10) ** (digits - places) - step
            for value in (step, 3 * step, top / 3 // step * step, top - step, top):
                for sent in (float(value), str(value)):
                    answer = client.patch(self.detail(row), {name: sent})
                    assert answer.json()[name] == float(value), answer.content
                    assert self.model._default_manager.values_list(name, flat=True).get(pk=row.pk) == value
                    for asked in (sent, {"in": [sent]}, {"gte": sent, "lte": sent}):
                        assert ids(client.post(self.url("search"), {name: asked})) == [self.key(row)], asked

    def test_missing_rows_are_404_by_every_method(self) -> None:
        self.has(Endpoint.RETRIEVE)
        by_row = {Endpoint.RETRIEVE, Endpoint.UPDATE, Endpoint.PARTIAL_UPDATE, Endpoint.DESTROY}
        methods = [endpoint.shape.method for endpoint in by_row & self.viewset.endpoints()]
        client, name = self.client(), str(self.model._meta.verbose_name).capitalize()
        for key in (self.missing_key(), *BAD_KEYS):
            url = f"{self.url()}/{key}"
            for method in methods:
                response = getattr(client, method)(url)
                assert response.status_code == 404, f"{method} {url}"
                check_problem(response, None if "/" in unquote(str(key)) else f"{name} not found")

    def test_a_deleted_row_is_gone(self) -> None:
        self.has(Endpoint.DESTROY, Endpoint.RETRIEVE)
        client, row = self.client(), self.row()
        response = client.delete(self.detail(row))
        assert (response.status_code, response.content) == (204, b"")
        assert client.get(self.detail(row)).status_code == 404

    def test_camel_case_comes_when_asked_for(self) -> None:
        self.has(Endpoint.RETRIEVE)
        client, row, camel = self.client(), self.row(), "application/json; case=camel"
        plain = client.get(self.detail(row)).json()
        response = client.get(self.detail(row), headers={"Accept": camel})
        assert response.headers["Content-Type"] == camel
        assert response.json() == {to_camel(name): value for name, value in plain.items()}

    def test_camel_case_is_read_where_it_says_so(self) -> None:
        self.has(Endpoint.RETRIEVE, Endpoint.PARTIAL_UPDATE)
        client, row, camel = self.client(), self.row(), "application/json; case=camel"
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
    if isinstance(field, serializers.ListField):
        return [value for value in values if not isinstance(value, list)]
    return [value for value in values if not isinstance(value, str)]


def to_camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
