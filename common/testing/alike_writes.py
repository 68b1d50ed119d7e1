"""Whatever is written, `common.api.direct_writes` stores and answers as DRF does, or leaves it to DRF."""

import re
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.fields import CharField
from rest_framework.response import Response

from common.api.endpoints import Endpoint
from common.api.intake import intake
from common.api.rendering import layout
from common.api.shapes import changes_plainly, creates_many_plainly, creates_plainly
from common.testing.base import ContractCase

EXAMPLES = 60
JSON = "application/json"
ACCEPT = (JSON, JSON, JSON, "*/*", "application/json; case=camel", "text/plain")
ODD: tuple[Any, ...] = (
    None,
    "",
    " padded ",
    'Ä "ß" \\ %_',
    "a\n\tb\u2028",
    "x\u0000",
    0,
    -0.0,
    1.10,
    "1.1",
    True,
    [],
    {},
)
# Each means more than itself where an array of PostgreSQL is written as text.
TEXTS = ("NULL", 'a "b" c', "a, b", "{a}", "\\", "\\\"'", "%s $1", "é 𝄞")
_LETTERS = re.compile(r"[0-9a-f]")
# They differ between any two answers, or with the moment that stands in the body.
_OF_THE_MOMENT = ("Set-Cookie", "Date", "RateLimit", "ETag", "Location")


class AlikeWrites(ContractCase):
    @pytest.fixture
    def writers(self) -> dict[str, Any]:
        """Who writes, and which rows are there to be written."""
        self.has(Endpoint.CREATE, Endpoint.PARTIAL_UPDATE)
        resource = self.viewset.resource
        owner, admin = self.make_user(f"{resource}:read", f"{resource}:write:self"), self.make_user("*")
        clients = [self.bearer(one) for one in (admin, owner, self.make_user(f"{resource}:read"))]
        for client in clients[:2]:  # who has nothing to own yet is left to DRF
            client.post(self.url(), self.new_body())
        mine, others = self.row(owner), self.row()
        return {"clients": clients, "keys": [self.key(mine), self.key(others), self.missing_key(), "x"]}

    def right(self) -> dict[str, st.SearchStrategy[Any]]:
        return {name: st.just(self.body[name]) for name in self.body}

    def whole_bodies(self) -> st.SearchStrategy[Any]:
        """Right ones, also with more than is needed, and with texts that mean more where SQL has them in an array."""
        serializer_class: Any = self.viewset.serializer_class
        fields = serializer_class().fields
        texts = [name for name in self.body if isinstance(fields[name], CharField)]
        changed = st.fixed_dictionaries({}, optional={name: st.just(value) for name, value in self.change.items()})
        odd = st.fixed_dictionaries({}, optional={name: st.sampled_from(TEXTS) for name in texts})
        parts = st.tuples(st.fixed_dictionaries(self.right()), changed, odd)
        return parts.map(lambda three: three[0] | three[1] | three[2])

    def bodies(self) -> st.SearchStrategy[Any]:
        """Mostly right ones, and now and then something that is none at all."""
        right = self.right()
        assert self.viewset.serializer_class is not None
        fields: Any = self.viewset.serializer_class()
        known = {
            name: st.sampled_from([*[self.change.get(name)] * 6, *self.invalid.get(name, ()), *ODD])
            for name in (*fields.fields, "colour")
        }
        other = st.sampled_from(sorted(known)).flatmap(lambda name: known[name].map(lambda value: {name: value}))
        some = st.fixed_dictionaries({}, optional=right)
        strange: st.SearchStrategy[Any] = st.sampled_from([{}, [], None, "x", {"colour": "red"}])
        whole = st.tuples(st.fixed_dictionaries(right), st.one_of(st.just({}), other)).map(lambda two: two[0] | two[1])
        return st.one_of(whole, whole, st.tuples(some, other).map(lambda two: two[0] | two[1]), strange)

    def written(self, client: Any, method: str, path: str, body: Any, **headers: str) -> tuple[Any, Any]:
        """The answer, and all rows afterwards; then it is undone."""
        before = self.snapshot()
        with transaction.atomic():
            answer = getattr(client, method)(path, body, headers={"X-Request-ID": "the-same", **headers})
            after = self.snapshot()
            transaction.set_rollback(True)
        assert self.snapshot() == before
        return answer, after

    def written_both_ways(self, client: Any, method: str, path: str, body: Any, **headers: str) -> Any:
        """The answer, once it is known to be the same in both ways."""
        direct, stored = self.written(client, method, path, body, **headers)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.viewset, "reads_directly", False)
            slow, by_drf = self.written(client, method, path, body, **headers)
        assert direct.status_code == slow.status_code, (method, path, body)
        assert self.content(direct) == self.content(slow), (method, path, body)
        assert list(map(self.timeless, stored)) == list(map(self.timeless, by_drf)), (method, path, body)
        assert _headers(direct) == _headers(slow), (method, path, body)
        return direct

    def content(self, response: Any) -> Any:
        if response.status_code >= 300 or response.headers["Content-Type"] != JSON:
            return _LETTERS.sub("0", response.content.decode()) if response.status_code < 300 else response.content
        shown = response.json()
        return [list(self.timeless(row).items()) for row in (shown if isinstance(shown, list) else [shown])]

    def timeless(self, row: dict[str, Any]) -> dict[str, Any]:
        """Without what is made for each row anew; what it looks like stays."""
        made = {
            field.name
            for field in self.model._meta.concrete_fields
            if field.primary_key or getattr(field, "auto_now", False) or callable(field.default)
        }
        return {name: _LETTERS.sub("0", str(value)) if name in made else value for name, value in row.items()}

    def test_new_rows(self, writers: dict[str, Any]) -> None:
        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        @given(self.bodies(), st.sampled_from([0, 0, 1, 2]), st.sampled_from(ACCEPT), st.booleans())
        def check(body: Any, client: int, accept: str, has_key: bool) -> None:
            headers = {"Idempotency-Key": "one"} if has_key else {}
            self.written_both_ways(writers["clients"][client], "post", self.url(), body, Accept=accept, **headers)

        check()

    def test_new_rows_at_once(self, writers: dict[str, Any]) -> None:
        self.has(Endpoint.BULK_CREATE)
        whole = st.lists(self.whole_bodies(), min_size=1, max_size=5)
        mixed = st.lists(self.bodies(), max_size=4)

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            st.one_of(whole, whole, mixed, self.bodies()),
            st.sampled_from([0, 0, 1, 2]),
            st.sampled_from(ACCEPT),
            st.booleans(),
        )
        def check(bodies: Any, client: int, accept: str, has_key: bool) -> None:
            headers = {"Idempotency-Key": "one"} if has_key else {}
            self.written_both_ways(
                writers["clients"][client], "post", self.url("bulk"), bodies, Accept=accept, **headers
            )

        check()

    def test_changes(self, writers: dict[str, Any]) -> None:
        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            self.bodies(),
            st.sampled_from([0, 0, 1, 2]),
            st.sampled_from([0, 0, 0, 1, 2, 3]),
            st.sampled_from(["patch", "put"]),
            st.sampled_from(ACCEPT),
            st.sampled_from(["", "", "", "*", '"x"']),
        )
        def check(body: Any, client: int, key: int, method: str, accept: str, tag: str) -> None:
            path = f"{self.url()}/{writers['keys'][key]}"
            headers = {"If-Match": tag} if tag else {}
            self.written_both_ways(writers["clients"][client], method, path, body, Accept=accept, **headers)

        check()

    def test_plain_rows_are_written_directly(self, writers: dict[str, Any]) -> None:
        """Else the tests above would compare DRF with itself."""
        client, key = writers["clients"][0], writers["keys"][0]
        serializer_class: Any = self.viewset.serializer_class
        is_plain = intake(serializer_class, self.model) is not None and layout(serializer_class, self.model) is not None
        posted = client.post(self.url(), self.new_body())
        assert isinstance(posted, Response) is not (is_plain and creates_plainly(self.viewset))
        if Endpoint.BULK_CREATE in self.viewset.endpoints() and connection.vendor == "postgresql":
            at_once = client.post(self.url("bulk"), [self.new_body(), self.new_body()])
            assert isinstance(at_once, Response) is not (is_plain and creates_many_plainly(self.viewset))
        patched = client.patch(f"{self.url()}/{key}", self.change)
        assert isinstance(patched, Response) is not (is_plain and changes_plainly(self.viewset))
        got = client.get(f"{self.url()}/{key}")
        assert (got.content, got.headers["ETag"]) == (patched.content, patched.headers["ETag"])


def _headers(response: Any) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name not in _OF_THE_MOMENT}
