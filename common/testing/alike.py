"""Whatever is asked, `common.api.direct` answers as DRF does: byte for byte, with the same status and headers."""

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.response import Response

from common.api import filters
from common.api.endpoints import Endpoint
from common.api.list_shapes import MAX_SLOTS, list_layout
from common.api.permissions import Reach
from common.api.search import RANGE
from common.testing.base import ContractCase

EXAMPLES = 60
# Pages are left out: each has a token of its own.
ACCEPT = ("application/json", "application/json", "*/*", "application/json; case=camel", "text/plain")
NUMBERS = ("1", "2", "3", "100", "101", "0", "x", "10000")
VALUES: dict[type[Any], tuple[str, ...]] = {
    filters.BooleanFilter: ("true", "false", "yes"),
    filters.DecimalFilter: ("0", "0.005", "24.90", "-1", "123456789012.5", "1e3"),
    filters.IntegerFilter: ("0", "1", "-1", "9223372036854775807", "9223372036854775808"),
    filters.DateTimeFilter: ("2000-01-01", "2999-01-01T00:00:00.5+02:00", "0001-01-01T00:00:00Z", "soon"),
    filters.UUIDFilter: ("01890a5d-ac96-774b-bcce-b302099a8057", "x"),
    filters.ContainsFilter: ("", "%", "_", "\\", "é", "ß", "I", "'", "a b", "x" * 256),
    filters.ChoiceFilter: ("", "nope"),
}
OTHERS = ("", "x", "1", "%")
WORDS = ("", "%", "é", "\\", "a", "A e", "  o  ", "x" * 101, "a b c d e f g h i")


# In a search.
ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    0.005,
    -1,
    2**63,
    "",
    "%",
    "_\\",
    "é",
    "soon",
    "2999-01-01T00:00:00.5+02:00",
    {},
    [],
)
_OF_A_SEARCH = ("ordering", "page_size", "q", "page", "cursor")

# They differ between any two answers.
_OF_THE_MOMENT = ("Set-Cookie", "Date", "RateLimit")


def _headers(response: Any) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name not in _OF_THE_MOMENT}


class Alike(ContractCase):
    @pytest.fixture
    def asked(self) -> dict[str, Any]:
        """Rows of several owners, with NULL where there can be one, and who asks for them."""
        self.has(Endpoint.LIST)
        owner, admin = self.make_user(f"{self.viewset.resource}:read:self"), self.make_user("*")
        mine = self.rows(3, owner)
        others = [*self.rows(3), self.row(**self.fillable())]
        client = self.bearer(admin)
        shown = client.get(self.url(), {"page_size": 100}).json()["results"]
        return {
            "clients": [client, client, self.bearer(owner), self.bearer(self.make_user())],
            "keys": [self.key(row) for row in (mine[0], others[0])] + [self.missing_key(), "x", 0],
            "shown": shown,
        }

    def fillable(self) -> dict[str, Any]:
        columns = {column.name for column in self.model._meta.concrete_fields}
        odd = {"name": 'Ä "ß" \\ %_ 𝄞', "title": 'Ä "ß" \\ %_ 𝄞', "description": "a\n\tb\u2028", "category": None}
        return {name: value for name, value in odd.items() if name in columns}

    def queries(self, shown: list[dict[str, Any]]) -> st.SearchStrategy[list[tuple[str, str]]]:
        """Query strings: mostly right ones, of each parameter that the list takes."""
        filterset: Any = getattr(self.viewset, "filterset_class", None)
        names = [sign + name for name in self.viewset.ordering_fields for sign in ("", "-")]
        orderings = st.lists(st.sampled_from(names), min_size=1, max_size=3).map(",".join)
        known: dict[str, st.SearchStrategy[str]] = {
            "ordering": orderings,
            "page_size": st.sampled_from(NUMBERS),
            "q": st.sampled_from(WORDS),
        }
        for name, one in (filterset.base_filters if filterset else {}).items():
            kept = [str(row[one.field_name]) for row in shown if row.get(one.field_name) is not None]
            choices = [value for value, _ in one.extra.get("choices", ())]
            own = next((VALUES[kind] for kind in type(one).__mro__ if kind in VALUES), OTHERS)
            known[name] = st.sampled_from([*kept, *kept, *choices, *own])
        one_of = st.sampled_from(sorted(known)).flatmap(lambda name: known[name].map(lambda value: (name, value)))
        paging = st.sampled_from([[], [("page", "2")], [("page", "9")], [("cursor", "")], [("cursor", "x")]])
        return st.tuples(st.lists(one_of, max_size=4), paging).map(lambda parts: parts[0] + parts[1])

    def conditions(self, shown: list[dict[str, Any]]) -> st.SearchStrategy[Any]:
        """Of searches: mostly right ones, of each field that can be asked for."""
        view: Any = self.viewset(action="search", request=None, format_kwarg=None)
        known: dict[str, st.SearchStrategy[Any]] = {"nope": st.just(1)}
        for name, one in view.get_criteria().items():
            value = st.sampled_from([*(row[name] for row in shown), *ODD])
            known[name] = value | st.dictionaries(st.sampled_from([*RANGE]), value, max_size=2)
            if "in" in one.operators:
                known[name] |= st.lists(value, max_size=MAX_SLOTS + 2).map(lambda values: {"in": values})
        names = st.lists(st.sampled_from(sorted(known)), max_size=3, unique=True)
        fixed = names.flatmap(lambda chosen: st.fixed_dictionaries({name: known[name] for name in chosen}))
        return fixed | fixed | st.sampled_from([[], "x", None])

    def both(self, client: Any, path: str, body: Any = None, method: str = "get", **headers: str) -> Any:
        """The answer, once it is known to be the same in both ways."""
        headers = {"X-Request-ID": "the-same", **headers}
        ask = getattr(client, method)
        direct = ask(path, body, headers=headers)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.viewset, "reads_directly", False)
            slow = ask(path, body, headers=headers)
        assert (direct.status_code, direct.content) == (slow.status_code, slow.content), path
        assert _headers(direct) == _headers(slow), path
        return direct

    def test_lists_and_counts(self, asked: dict[str, Any]) -> None:
        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            query=self.queries(asked["shown"]),
            client=st.sampled_from(range(len(asked["clients"]))),
            name=st.sampled_from(["list", "list", "self", "count"]),
            accept=st.sampled_from(ACCEPT),
            steps=st.lists(st.sampled_from(["next", "next", "previous"]), max_size=4),
        )
        def check(query: list[tuple[str, str]], client: int, name: str, accept: str, steps: list[str]) -> None:
            if name == "self" and not self.owned:
                name = "list"
            path = f"{self.url().rstrip('/')}{'' if name == 'list' else f'/{name}'}?{urlencode(query)}"
            page = self.both(asked["clients"][client], path, Accept=accept)
            for step in steps:
                if page.headers["Content-Type"] != "application/json" or not page.json().get(step):
                    break
                page = self.both(asked["clients"][client], page.json()[step], Accept=accept)

        check()

    def test_searches(self, asked: dict[str, Any]) -> None:
        self.has(Endpoint.SEARCH)

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
        @given(
            body=self.conditions(asked["shown"]),
            query=self.queries(asked["shown"]).map(lambda pairs: [pair for pair in pairs if pair[0] in _OF_A_SEARCH]),
            client=st.sampled_from(range(len(asked["clients"]))),
            accept=st.sampled_from(ACCEPT),
        )
        def check(body: Any, query: list[tuple[str, str]], client: int, accept: str) -> None:
            path = f"{self.url('search')}?{urlencode(query)}"
            page = self.both(asked["clients"][client], path, body, "post", Accept=accept)
            if page.headers["Content-Type"] == "application/json" and page.json().get("next"):
                self.both(asked["clients"][client], page.json()["next"], body, "post", Accept=accept)

        check()

    def test_single_rows(self, asked: dict[str, Any]) -> None:
        self.has(Endpoint.RETRIEVE)
        for client in asked["clients"][1:]:
            for key in asked["keys"]:
                for path in (f"{self.url()}/{key}", f"{self.url()}/self/{key}/"):
                    tag = self.both(client, path).headers.get("ETag", "*")
                    self.both(client, path, **{"If-None-Match": tag})
            one = f"{self.url()}/{asked['keys'][0]}"
            for accept in set(ACCEPT):
                self.both(client, one, Accept=accept)
            for tag in ("*", '"x"', "W/x", ""):
                self.both(client, one, **{"If-None-Match": tag})
            self.both(client, f"{one}?format=json")
            self.both(client, f"{one}?nope=1")

    def test_plain_rows_are_read_directly(self, asked: dict[str, Any]) -> None:
        """Else the tests above would compare DRF with itself."""
        client, is_plain = asked["clients"][0], list_layout(self.viewset) is not None
        assert self.required(Endpoint.LIST).reach(self.make_user("*"), owned=self.owned) is Reach.ALL
        for query in ("", "?cursor=", "?page=2&page_size=1", f"?ordering={self.viewset.ordering_fields[-1]}"):
            assert isinstance(client.get(self.url() + query), Response) is not is_plain, query
        for body in ({}, {"id": asked["keys"][0]}, {"id": {"in": asked["keys"][:2]}}):
            if Endpoint.SEARCH in self.viewset.endpoints():
                assert isinstance(client.post(self.url("search"), body), Response) is not is_plain, body
        key = asked["keys"][0]
        if Endpoint.RETRIEVE in self.viewset.endpoints():
            assert isinstance(client.get(f"{self.url()}/{key}"), Response) is not is_plain
