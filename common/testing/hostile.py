"""Bodies and headers that nobody means well with: each has its answer, none is a 500, none changes a row."""

import json
from typing import Any

import pytest

from common.api.endpoints import Endpoint
from common.testing.base import ContractCase, check_problem, fields_at_fault

JSON = "application/json"

# Not JSON at all, or JSON that two readers would understand in two ways: 400.
NOT_JSON: dict[str, bytes] = {
    "syntax": b'{"title": ',
    "trailing": b"{} {}",
    "single quotes": b"{'a': 1}",
    "comment": b"{} // no",
    "duplicate keys": b'{"a": 1, "a": 2}',
    "duplicate keys by escape": b'{"a": 1, "\\u0061": 2}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "nested 33 deep": b"[" * 33 + b"]" * 33,
    "nested 33 deep in objects": b'{"a":' * 33 + b"1" + b"}" * 33,
    "nested a thousand deep": b'{"a":' * 1000 + b"1" + b"}" * 1000,
    "nested a hundred thousand deep": b"[" * 100_000,
    "huge exponent": b'{"a": 1e1000000}',
    "5,000 digits": b'{"a": ' + b"9" * 5000 + b"}",
    "past 64 bits": b'{"a": 9223372036854775808}',
    "below 64 bits": b'{"a": -9223372036854775809}',
    "not UTF-8": b'{"a": "\xff"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "overlong": b'{"a": "\xc0\x80"}',
    "a surrogate in CESU": b'{"a": "\xed\xa0\x80"}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "raw control character": b'{"a": "\x01"}',
}

# JSON of the wrong shape, or with characters that have no place in it: 422.
WRONG: dict[str, bytes] = {
    "null": b"null",
    "number": b"1",
    "text": b'"text"',
    "true": b"true",
    "list": b"[]",
    "NUL": b'{"a": "\\u0000"}',
    "lone surrogate": b'{"a": "\\ud800"}',
    "control character in a key": b'{"a\\u0007": 1}',
    "lone surrogate in a key": b'{"\\udfff": 1}',
    "control character far inside": b'{"a": [{"b": "\\u001b"}]}',
    "C1 control character": b'{"a": "\xc2\x85"}',
}

# Not what a JSON route reads: 415.
UNSUPPORTED: dict[str, dict[str, str]] = {
    "none": {"content_type": ""},
    "form": {"content_type": "application/x-www-form-urlencoded"},
    "multipart": {"content_type": "multipart/form-data; boundary=x"},
    "text": {"content_type": "text/plain"},
    "xml": {"content_type": "application/xml"},
    "not quite": {"content_type": "application/jsonx"},
    "patch+json": {"content_type": "application/merge-patch+json"},
    "nonsense": {"content_type": "; ; ="},
    "huge": {"content_type": "application/" + "j" * 5000},
    "anything": {"content_type": "*/*"},
    "any application": {"content_type": "application/*"},
    "any json": {"content_type": "*/json"},
    "latin-1": {"content_type": "application/json; charset=iso-8859-1"},
    "utf-16": {"content_type": "application/json; charset=utf-16"},
    "unknown charset": {"content_type": "application/json; charset=klingon"},
    "gzip": {"content_type": JSON, "HTTP_CONTENT_ENCODING": "gzip"},
    "br, gzip": {"content_type": JSON, "HTTP_CONTENT_ENCODING": "br, gzip"},
}


READS_A_BODY = (
    Endpoint.CREATE,
    Endpoint.BULK_CREATE,
    Endpoint.BULK_UPDATE,
    Endpoint.BULK_DELETE,
    Endpoint.SEARCH,
    Endpoint.UPDATE,
    Endpoint.PARTIAL_UPDATE,
)


class Hostile(ContractCase):
    @pytest.fixture
    def quiet(self, caplog: pytest.LogCaptureFixture) -> Any:
        """Fails when a line of the log was written by the client."""
        yield
        assert not [record for record in caplog.records if "\n" in record.getMessage() or "\r" in record.getMessage()]

    def writes(self) -> list[tuple[str, str]]:
        """A method and an address for every endpoint that reads a body."""
        row = self.row()
        there = self.viewset.endpoints()
        return [
            (endpoint.shape.method, self.endpoint_url(endpoint, row)) for endpoint in READS_A_BODY if endpoint in there
        ]

    def send(self, client: Any, method: str, url: str, body: bytes, **extra: Any) -> Any:
        return client.generic(method.upper(), url, body, **{"content_type": JSON, **extra})

    @pytest.mark.parametrize("name", NOT_JSON)
    def test_what_is_not_json_is_400(self, name: str, quiet: None) -> None:
        client, routes, before = self.client(), self.writes(), self.snapshot()
        for method, url in routes:
            response = self.send(client, method, url, NOT_JSON[name])
            assert response.status_code == 400, (method, url, response.content)
            check_problem(response)
        assert self.snapshot() == before

    @pytest.mark.parametrize("name", WRONG)
    def test_what_is_wrongly_shaped_is_422(self, name: str, quiet: None) -> None:
        client, routes, before = self.client(), self.writes(), self.snapshot()
        for method, url in routes:
            if name == "list" and url.endswith("/bulk"):
                continue
            assert fields_at_fault(self.send(client, method, url, WRONG[name])), (method, url)
        assert self.snapshot() == before

    @pytest.mark.parametrize("name", UNSUPPORTED)
    def test_what_is_not_sent_as_json_is_415(self, name: str, quiet: None) -> None:
        client, routes, before = self.client(), self.writes(), self.snapshot()
        body = json.dumps(self.new_body()).encode()
        for method, url in routes:
            response = self.send(client, method, url, body, **UNSUPPORTED[name])
            assert response.status_code == 415, (method, url, response.content)
            check_problem(response)
        assert self.snapshot() == before

    def test_json_that_says_it_is_utf_8_is_read(self) -> None:
        self.has(Endpoint.CREATE)
        client = self.client()
        for content_type in ("application/json; charset=utf-8", 'application/json;charset="UTF-8"', "APPLICATION/JSON"):
            body = json.dumps(self.new_body()).encode()
            assert self.send(client, "post", self.url(), body, content_type=content_type).status_code == 201

    @pytest.mark.parametrize("size", [2_621_441, 3_000_000, 17_000_000])
    def test_a_body_that_is_too_large_is_413(self, size: int) -> None:
        client, routes, before = self.client(), self.writes(), self.snapshot()
        body = b'"' + b"a" * (size - 2) + b'"'
        for method, url in routes:
            response = self.send(client, method, url, body)
            assert response.status_code == 413, (method, url)
            check_problem(response)
        assert self.snapshot() == before

    def test_of_a_million_unknown_names_a_few_are_told(self) -> None:
        client, routes = self.client(), self.writes()
        body = json.dumps({f"n{number}": 1 for number in range(10_000)}).encode()
        for method, url in routes:
            if not url.endswith(("/bulk", "/bulk-delete")):
                assert 0 < len(fields_at_fault(self.send(client, method, url, body))) < 100, (method, url)

    def test_no_body_is_422_where_fields_are_required_and_nothing_elsewhere(self) -> None:
        client, row = self.client(), self.row()
        before = self.snapshot()
        for endpoint in self.viewset.endpoints().intersection(READS_A_BODY):
            response = client.generic(endpoint.shape.method.upper(), self.endpoint_url(endpoint, row))
            if endpoint in (Endpoint.SEARCH, Endpoint.UPDATE, Endpoint.PARTIAL_UPDATE):
                assert response.status_code == 200, endpoint
            else:
                assert fields_at_fault(response), endpoint
        assert self.snapshot() == before

    def test_what_cannot_be_accepted_is_406(self) -> None:
        self.has(Endpoint.LIST)
        client = self.client()
        for accept in ("application/xml", "image/png", "nonsense", "*"):
            response = client.get(self.url(), headers={"Accept": accept})
            assert response.status_code == 406, accept
            check_problem(response)
        for accept in ("", "*/*", "application/*", "text/html, */*;q=0.1", "application/json;q=0.5", "," * 9000):
            assert client.get(self.url(), headers={"Accept": accept}).status_code == 200, accept

    def test_a_method_cannot_be_smuggled(self) -> None:
        self.has(Endpoint.RETRIEVE, Endpoint.CREATE)
        client, row = self.client(), self.row()
        for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
            assert client.get(self.detail(row), headers={header: "DELETE"}).status_code == 200
        assert client.post(self.detail(row), {"_method": "DELETE"}).status_code == 405
        for method in ("TRACE", "CONNECT", "FOO"):
            response = client.generic(method, self.detail(row))
            assert response.status_code == 405, method
            check_problem(response)
        assert self.model._default_manager.filter(pk=row.pk).exists()

    def test_queries_of_every_shape_are_answered(self, quiet: None) -> None:
        self.has(Endpoint.LIST)
        client = self.client()
        for query in (
            "self=1&errors=1",
            "%00=1", "page=%00", "q=%ff", "q=%ed%a0%80", "page[]=1", "ordering[0]=id", "&&&", "=", "page=1%0d%0aX: y",
            "a" * 10_000, "q=" + "a" * 10_000, "&".join(f"p{n}=1" for n in range(1_500)), "cursor=%F0%9F%A6%86",
        ):  # fmt: skip
            response = client.generic("GET", f"{self.url()}?{query}")
            assert response.status_code in {"&&&": (200,), "=": (422,)}.get(query, (400, 422)), query
            if response.status_code != 200:
                check_problem(response)
