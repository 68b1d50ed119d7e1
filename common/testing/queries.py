"""How many queries an endpoint costs, besides finding out who is asking."""

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.api.endpoints import Endpoint
from common.testing.base import ContractCase

# Statements of the transaction itself, which the tests' own transaction turns into savepoints.
_FRAME = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK")
THOUSAND = 1_000


class Queries(ContractCase):
    def spent(self, call: Callable[[Any], Any]) -> int:
        """The statements of this call by an administrator who has been identified beforehand."""
        user, client = self.admin()
        assert user.holds("*")
        client.force_authenticate(user)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            response = call(client)
        assert response.status_code < 300, response.content
        return sum(not query["sql"].startswith(_FRAME) for query in captured)

    def test_reading(self) -> None:
        self.has(Endpoint.LIST, Endpoint.RETRIEVE, Endpoint.COUNT, Endpoint.SEARCH)
        row = self.rows(30)[0]
        assert self.spent(lambda client: client.get(self.url())) <= 2 + self.prefetches
        assert self.spent(lambda client: client.get(self.url(), {"cursor": ""})) <= 1 + self.prefetches
        assert self.spent(lambda client: client.post(self.url("search"), {})) <= 2 + self.prefetches
        assert self.spent(lambda client: client.get(self.url("count"))) <= 1
        assert self.spent(lambda client: client.get(self.detail(row))) <= 1 + self.prefetches

    def test_writing_one(self) -> None:
        self.has(Endpoint.CREATE, Endpoint.PARTIAL_UPDATE, Endpoint.DESTROY)
        row = self.row()
        assert self.spent(lambda client: client.post(self.url(), self.new_body())) <= self.create_queries
        assert self.spent(lambda client: client.patch(self.detail(row), self.change)) <= self.update_queries
        assert self.spent(lambda client: client.delete(self.detail(row))) <= self.delete_queries

    # A resource whose rows are shown with others, whose new row needs more than its INSERT, or whose rows have others
    # hanging on them, says so.
    prefetches = 0
    create_queries = 1
    update_queries = 2
    delete_queries = 2

    def test_creating_a_thousand(self) -> None:
        self.has(Endpoint.BULK_CREATE)
        bodies = [self.new_body() for _ in range(THOUSAND)]
        allowed = (
            max(3, self.create_queries) if connection.vendor == "postgresql" else 20
        )  # SQLite takes 999 parameters at a time
        assert self.spent(lambda client: client.post(self.url("bulk"), bodies)) <= allowed

    def test_updating_a_thousand(self) -> None:
        self.has(Endpoint.BULK_CREATE, Endpoint.BULK_UPDATE)
        made = self.client().post(self.url("bulk"), [self.new_body() for _ in range(THOUSAND)]).json()
        bodies = [{"id": row["id"], **self.change} for row in made]
        allowed = 3 if connection.vendor == "postgresql" else 20
        assert self.spent(lambda client: client.patch(self.url("bulk"), bodies)) <= allowed

    def test_deleting_a_thousand(self) -> None:
        self.has(Endpoint.BULK_CREATE, Endpoint.BULK_DELETE)
        made = self.client().post(self.url("bulk"), [self.new_body() for _ in range(THOUSAND)]).json()
        body = {"ids": [row["id"] for row in made]}
        allowed = 3 if connection.vendor == "postgresql" else 20
        assert self.spent(lambda client: client.post(self.url("bulk-delete"), body)) <= allowed
