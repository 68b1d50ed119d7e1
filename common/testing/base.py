"""What the parts of the contract share: the resource under test, its callers and its addresses."""

from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from django.db.models import Model, QuerySet
from factory.django import DjangoModelFactory
from rest_framework.reverse import reverse

from common.api.endpoints import Endpoint
from common.api.permissions import Anyone, Requirement, requirement
from common.api.viewsets import ResourceViewSet

VALIDATION_ERROR = 422


@pytest.mark.django_db
class ContractCase:
    """A resource's test class names these:

    viewset  the resource
    factory  makes a row; takes the viewset's `owner` lookup as an argument
    body     what a POST needs
    change   what a PATCH may send: other values than the factory's and the body's
    invalid  wrong values by field
    """

    viewset: ClassVar[type[ResourceViewSet[Any]]]
    factory: ClassVar[type[DjangoModelFactory[Any]]]
    body: ClassVar[dict[str, Any]]
    change: ClassVar[dict[str, Any]]
    invalid: ClassVar[dict[str, list[Any]]]

    make_user: Callable[..., Any]
    bearer: Callable[[Any], Any]
    powerless: Callable[[Any], Any]

    @pytest.fixture(autouse=True)
    def _cast(
        self, make_user: Callable[..., Any], bearer: Callable[[Any], Any], powerless: Callable[[Any], Any]
    ) -> None:
        self.make_user, self.bearer, self.powerless = make_user, bearer, powerless

    @property
    def model(self) -> type[Model]:
        assert self.viewset.queryset is not None
        return self.viewset.queryset.model

    def everything(self) -> QuerySet[Any]:
        """The rows that an administrator sees."""
        assert self.viewset.queryset is not None
        return self.viewset.queryset.all()

    @property
    def owned(self) -> bool:
        return self.viewset.owner is not None

    def has(self, *endpoints: Endpoint) -> None:
        """Skip what this resource left out; its own tests say that it is not there."""
        if missing := set(endpoints) - self.viewset.endpoints():
            pytest.skip(f"{self.viewset.resource} has no {', '.join(sorted(missing))}")

    def required(self, endpoint: Endpoint) -> Requirement:
        return requirement(self.viewset.permissions.get(endpoint) or f"{self.viewset.resource}:{endpoint.shape.verb}")

    def is_open(self, endpoint: Endpoint) -> bool:
        return isinstance(self.required(endpoint), Anyone)

    def admin(self) -> tuple[Any, Any]:
        user = self.make_user("*")
        return user, self.bearer(user)

    def client(self) -> Any:
        return self.admin()[1]

    def row(self, owner: Any = None, **fields: Any) -> Any:
        """A row of this account, or of somebody's."""
        if owner is not None and self.viewset.owner:
            fields[self.viewset.owner] = owner
        return self.factory(**fields)

    def rows(self, count: int, owner: Any = None) -> list[Any]:
        return [self.row(owner) for _ in range(count)]

    def new_body(self) -> dict[str, Any]:
        """A body that can be posted beside others; override where a field must be unique."""
        return dict(self.body)

    def url(self, name: str = "list", row: Any = None) -> str:
        kwargs = {} if row is None else {"id": getattr(row, "pk", row)}
        return reverse(f"{self.viewset.resource.replace('_', '-')}-{name}", kwargs=kwargs)

    def endpoint_url(self, endpoint: Endpoint, row: Any) -> str:
        names = {"": "list", "/{lookup}": "detail", "/self/{lookup}": "self-detail"}
        path = endpoint.shape.path
        return self.url(names.get(path, path.strip("/")), row if endpoint.shape.detail else None)

    def detail(self, row: Any) -> str:
        return self.url("detail", row)

    def key(self, row: Any) -> Any:
        """The row's id as JSON has it."""
        return row.pk if isinstance(row.pk, int) else str(row.pk)

    def missing_key(self) -> Any:
        """An id of the right type that no row has."""
        row = self.row()
        key = self.key(row)
        self.remove(self.model._default_manager.filter(pk=row.pk))
        return key

    def remove(self, rows: QuerySet[Any]) -> None:
        """These rows are gone, as if somebody had deleted them."""
        rows.delete()

    def snapshot(self) -> list[dict[str, Any]]:
        """Every column of every row: to show that a refusal changed nothing."""
        return list(self.model._default_manager.order_by("pk").values())


def ids(response: Any) -> list[Any]:
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


def fields_at_fault(response: Any) -> list[str]:
    """The fields that a 422 names."""
    assert response.status_code == VALIDATION_ERROR, response.content
    problem = check_problem(response)
    assert problem["code"] == "validation_error"
    return [error["field"] for error in problem["errors"]]


def check_problem(response: Any, detail: str | None = None) -> dict[str, Any]:
    """The envelope of an error, whole."""
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == response.status_code
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["code"]
    assert isinstance(problem["detail"], str)
    assert problem["request_id"] == response.headers["X-Request-ID"]
    if detail is not None:
        assert problem["detail"] == detail
    return problem
