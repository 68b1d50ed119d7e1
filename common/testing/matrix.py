"""Who may do what: every caller at every endpoint, to a row of their own and to someone else's."""

from dataclasses import dataclass
from typing import Any

import pytest

from common.api.endpoints import SHAPES, Endpoint
from common.api.permissions import AnyOf, Anyone, Permission, Requirement
from common.permissions import EVERYTHING, SELF
from common.testing.base import ContractCase, check_problem, ids

SUCCESS = {
    Endpoint.CREATE: 201,
    Endpoint.BULK_CREATE: 201,
    Endpoint.DESTROY: 204,
    Endpoint.SELF_DESTROY: 204,
}
METHODS = ("get", "post", "put", "patch", "delete")
# The account holds everything, and the token that speaks for it says that it may do nothing.
POWERLESS = "token without permissions"
# Endpoints that address rows, so that it matters whose they are.
BY_ROW = frozenset(
    {endpoint for endpoint, shape in SHAPES.items() if shape.detail} | {Endpoint.BULK_UPDATE, Endpoint.BULK_DELETE}
)
PLURAL = frozenset({Endpoint.LIST, Endpoint.SEARCH, Endpoint.SELF_LIST, Endpoint.COUNT})


@dataclass(frozen=True)
class Cell:
    endpoint: Endpoint
    caller: str
    permissions: tuple[str, ...] | None
    whose: str

    def __str__(self) -> str:
        return f"{self.endpoint}-{self.caller}-{self.whose}"


def alternatives(required: Requirement) -> tuple[str, ...] | None:
    """The permissions any of which is enough. None where it is not that simple."""
    terms = required.terms if isinstance(required, AnyOf) else (required,)
    names = tuple(term.name for term in terms if isinstance(term, Permission))
    if isinstance(required, Anyone):
        return ()
    return names if len(names) == len(terms) else None


def callers(resource: str, enough: tuple[str, ...]) -> dict[str, tuple[str, ...] | None]:
    """Every kind of caller there is for an endpoint that asks for one of these permissions. None: no credentials."""
    verbs = [f"{resource}:{verb}" for verb in ("read", "write", "delete", "admin")]
    found: dict[str, tuple[str, ...] | None] = {
        "anonymous": None,
        "nobody": (),
        "every self": tuple(verb + SELF for verb in verbs),
        "all but it": tuple(verb for verb in verbs if verb not in enough),
        "admin": (EVERYTHING,),
        "superuser": (),
        POWERLESS: (),
    }
    for name in enough:
        misses = (name + "x", name[:-1], name + SELF + "ish", name.upper(), f"{name.partition(':')[0]}:*")
        found |= {f"full {name}": (name,), f"self {name}": (name + SELF,), f"near misses of {name}": misses}
    return found


class Matrix(ContractCase):
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "cell" in metafunc.fixturenames and hasattr(self, "viewset"):
            cells = list(self.cells())
            metafunc.parametrize("cell", cells, ids=map(str, cells))

    def cells(self) -> Any:
        for endpoint in sorted(self.viewset.endpoints()):
            enough = alternatives(self.required(endpoint))
            if enough is None:
                continue  # a role or a combination is the resource's own story, told in its own tests
            for caller, permissions in callers(self.viewset.resource, enough).items():
                whose = ("own", "other") if endpoint in BY_ROW and self.owned else ("own",)
                for one in whose:
                    yield Cell(endpoint, caller, permissions, one)

    def expected(self, cell: Cell) -> int:
        """The contract's table, said a second time and without the code that it is about."""
        if self.is_open(cell.endpoint):
            return SUCCESS.get(cell.endpoint, 200)
        if cell.permissions is None:
            return 401
        required = self.required(cell.endpoint)
        enough = {EVERYTHING, *(alternatives(required) or ())}
        full = cell.caller == "superuser" or not enough.isdisjoint(cell.permissions)
        opens_own = self.owned and not (isinstance(required, Permission) and required.whole)
        own = opens_own and not {name + SELF for name in enough}.isdisjoint(cell.permissions)
        if not full and not own:
            return 403
        if cell.whose == "other" and (cell.endpoint.shape.own or not full):
            return 403
        return SUCCESS.get(cell.endpoint, 200)

    def test_cell(self, cell: Cell, api: Any) -> None:
        user = self.caller(cell)
        mine, theirs = self.row(user), self.row()
        before = self.snapshot()
        client = api if cell.permissions is None else self.speak(cell, user)

        response = self.call(client, cell.endpoint, [mine] if cell.whose == "own" else [mine, theirs])

        assert response.status_code == self.expected(cell), response.content
        if response.status_code >= 400:
            check_problem(response)
            assert self.snapshot() == before
        elif cell.endpoint in PLURAL:
            every = self.expected(Cell(cell.endpoint, cell.caller, cell.permissions, "other")) == 200
            self.check_rows(response, [mine, theirs] if every and not cell.endpoint.shape.own else [mine])
        elif cell.endpoint in (Endpoint.CREATE, Endpoint.BULK_CREATE):
            self.check_made(user, but=[mine, theirs], by_anyone=self.is_open(cell.endpoint))
        if response.status_code == 401:
            assert response.headers["WWW-Authenticate"] == "Bearer"

    def caller(self, cell: Cell) -> Any:
        if cell.caller == POWERLESS:
            return self.make_user(EVERYTHING, is_superuser=True)
        return self.make_user(*(cell.permissions or ()), is_superuser=cell.caller == "superuser")

    def speak(self, cell: Cell, user: Any) -> Any:
        return (self.powerless if cell.caller == POWERLESS else self.bearer)(user)

    def call(self, client: Any, endpoint: Endpoint, rows: list[Any]) -> Any:
        """A request to this endpoint about these rows that is well formed in every way."""
        shape, row = endpoint.shape, rows[-1]
        url = self.endpoint_url(endpoint, row)
        bodies: dict[Endpoint, Any] = {
            Endpoint.CREATE: self.new_body(),
            Endpoint.BULK_CREATE: [self.new_body()],
            Endpoint.BULK_UPDATE: [{"id": self.key(one), **self.change} for one in rows],
            Endpoint.BULK_DELETE: {"ids": [self.key(one) for one in rows]},
            Endpoint.SEARCH: {},
        }
        body = bodies.get(endpoint, self.change if shape.verb == "write" else None)
        response: Any = (
            getattr(client, shape.method)(url, body, format="json")
            if body is not None
            else getattr(client, shape.method)(url)
        )
        return response

    def check_rows(self, response: Any, rows: list[Any]) -> None:
        if "results" in response.json():
            assert sorted(ids(response)) == sorted(self.key(row) for row in rows)
        else:
            assert response.json() == {"count": len(rows)}

    def check_made(self, user: Any, but: list[Any], *, by_anyone: bool) -> None:
        made = self.everything().exclude(pk__in=[row.pk for row in but])
        assert made.count() == 1
        if self.viewset.owner and not by_anyone:
            assert made.filter(**{self.viewset.owner: user}).exists()

    def test_a_method_that_is_not_there_is_405_before_it_is_403(self) -> None:
        client, row = self.bearer(self.make_user()), self.row()
        there: dict[str, set[str]] = {}
        for endpoint in self.viewset.endpoints():
            there.setdefault(self.endpoint_url(endpoint, row), set()).add(endpoint.shape.method)
        for url, methods in there.items():
            for method in set(METHODS) - methods:
                response = getattr(client, method)(url)
                assert response.status_code == 405, f"{method} {url}"
                assert methods <= {name.lower() for name in response.headers["Allow"].split(", ")}

    def test_the_refusal_says_what_was_required(self) -> None:
        self.has(Endpoint.LIST)
        response = self.bearer(self.make_user()).get(self.url())
        check_problem(response, f"Insufficient permissions. Required: {self.required(Endpoint.LIST)}")

    def test_the_refusal_of_a_row_names_the_kind_of_row(self) -> None:
        self.has(Endpoint.RETRIEVE)
        if not self.owned:
            pytest.skip("nobody's rows")
        enough = alternatives(self.required(Endpoint.RETRIEVE))
        assert enough, "override this one: the row opens to no permission by itself"
        client = self.bearer(self.make_user(enough[0] + SELF))
        check_problem(
            client.get(self.detail(self.row())), f"Not authorized to access this {self.model._meta.verbose_name}"
        )

    def test_an_open_endpoint_looks_at_no_credentials(self, api: Any) -> None:
        self.has(Endpoint.CREATE)
        if not self.is_open(Endpoint.CREATE):
            pytest.skip("nothing is open")
        api.credentials(HTTP_AUTHORIZATION="Bearer nonsense")
        assert api.post(self.url(), self.new_body()).status_code == 201

    def test_no_credentials_and_bad_ones_have_words_of_their_own(self, api: Any) -> None:
        self.has(Endpoint.LIST)
        check_problem(api.get(self.url()), "Missing or invalid Authorization header")
        api.credentials(HTTP_AUTHORIZATION="Bearer nonsense")
        check_problem(api.get(self.url()), "Invalid or expired token")
