"""Many rows at once: all or nothing, in the order sent."""

from typing import Any

from common.api.bulk import MAX_ROWS
from common.api.endpoints import Endpoint
from common.testing.base import ContractCase, check_problem, fields_at_fault


class Bulk(ContractCase):
    def test_rows_are_created_in_the_order_sent(self) -> None:
        self.has(Endpoint.BULK_CREATE)
        client = self.client()
        response = client.post(self.url("bulk"), [self.new_body() for _ in range(3)])
        assert response.status_code == 201, response.content
        made = response.json()
        assert sorted(row["id"] for row in made) == [row["id"] for row in made]
        if Endpoint.RETRIEVE in self.viewset.endpoints():
            assert [client.get(self.detail(row["id"])).json() for row in made] == made

    def test_one_wrong_row_creates_nothing(self) -> None:
        self.has(Endpoint.BULK_CREATE)
        client, before = self.client(), self.snapshot()
        name, values = next(iter(self.invalid.items()))
        bodies = [self.new_body(), {**self.new_body(), name: values[0]}, {**self.new_body(), "colour": 1}]
        response = client.post(self.url("bulk"), bodies)
        assert fields_at_fault(response) == [f"body.1.{name}", "body.2.colour"]
        assert fields_at_fault(client.post(self.url("bulk"), [self.new_body(), "text", None])) == ["body.1", "body.2"]
        assert self.snapshot() == before

    def test_rows_are_updated_each_by_its_own_fields(self) -> None:
        self.has(Endpoint.BULK_UPDATE, Endpoint.RETRIEVE)
        client = self.client()
        rows = self.rows(len(self.change) + 1)
        before = [client.get(self.detail(row)).json() for row in rows]
        bodies = [
            {"id": self.key(row), name: value} for row, (name, value) in zip(rows, self.change.items(), strict=False)
        ]
        bodies.append({"id": self.key(rows[-1])})
        response = client.patch(self.url("bulk"), bodies[::-1])
        assert response.status_code == 200, response.content
        after = response.json()[::-1]
        for body, old, new in zip(bodies, before, after, strict=True):
            changed = {name for name in old if old[name] != new[name]}
            assert changed - {"updated_at"} == body.keys() - {"id"}
            assert {name: new[name] for name in body} == body
            assert ("updated_at" in changed) is ("updated_at" in old and len(body) > 1)
            assert client.get(self.detail(old["id"])).json() == new

    def test_one_wrong_update_changes_nothing(self) -> None:
        self.has(Endpoint.BULK_UPDATE)
        client, rows = self.client(), self.rows(2)
        missing, before = self.missing_key(), self.snapshot()
        good = {"id": self.key(rows[0]), **self.change}
        name, values = next(iter(self.invalid.items()))

        def update(*bodies: object) -> Any:
            return client.patch(self.url("bulk"), [good, *bodies])

        assert fields_at_fault(update({"id": self.key(rows[1]), name: values[0]})) == [f"body.1.{name}"]
        assert fields_at_fault(update({**self.change})) == ["body.1.id"]
        assert fields_at_fault(update(5, [], None)) == ["body.1", "body.2", "body.3"]
        assert fields_at_fault(update({"id": "x"}, {"id": None}, {"id": True})) == [
            "body.1.id",
            "body.2.id",
            "body.3.id",
        ]
        assert fields_at_fault(update(good)) == ["body.1.id"]
        response = update({"id": missing, **self.change})
        assert response.status_code == 404
        check_problem(response)
        assert self.snapshot() == before

    def test_rows_are_deleted(self) -> None:
        self.has(Endpoint.BULK_DELETE)
        client, rows = self.client(), self.rows(3)
        response = client.post(self.url("bulk-delete"), {"ids": [self.key(row) for row in rows[:2]]})
        assert response.status_code == 200, response.content
        assert response.json() == {"deleted": 2}
        assert [row["id"] for row in self.snapshot()] == [rows[2].pk]

    def test_one_wrong_id_deletes_nothing(self) -> None:
        self.has(Endpoint.BULK_DELETE)
        client, rows = self.client(), self.rows(2)
        missing, before = self.missing_key(), self.snapshot()
        good, url = [self.key(row) for row in rows], self.url("bulk-delete")
        assert fields_at_fault(client.post(url, {"ids": [*good, good[0]]})) == ["body.ids.2"]
        assert fields_at_fault(client.post(url, {"ids": [*good, "x", None, True, [1]]})) == [
            "body.ids.2", "body.ids.3", "body.ids.4", "body.ids.5"
        ]  # fmt: skip
        assert fields_at_fault(client.post(url, {"ids": good, "all": True})) == ["body.all"]
        assert fields_at_fault(client.post(url, {"ids": good[0]})) == ["body.ids"]
        assert fields_at_fault(client.post(url, {})) == ["body.ids"]
        assert fields_at_fault(client.post(url, good)) == ["body"]
        assert client.post(url, {"ids": [*good, missing]}).status_code == 404
        assert self.snapshot() == before

    def test_a_thousand_rows_are_the_limit(self) -> None:
        self.has(Endpoint.BULK_CREATE, Endpoint.BULK_UPDATE, Endpoint.BULK_DELETE)
        client, before = self.client(), self.snapshot()
        assert fields_at_fault(client.post(self.url("bulk"), [self.new_body()] * (MAX_ROWS + 1))) == ["body"]
        assert fields_at_fault(client.patch(self.url("bulk"), [{"id": 1}] * (MAX_ROWS + 1))) == ["body"]
        ids = {"ids": list(range(MAX_ROWS + 1))}
        assert fields_at_fault(client.post(self.url("bulk-delete"), ids)) == ["body.ids"]
        assert self.snapshot() == before

    def test_no_rows_are_no_error(self) -> None:
        self.has(Endpoint.BULK_CREATE, Endpoint.BULK_UPDATE, Endpoint.BULK_DELETE)
        client = self.client()
        created, updated = client.post(self.url("bulk"), []), client.patch(self.url("bulk"), [])
        assert (created.status_code, created.json()) == (201, [])
        assert (updated.status_code, updated.json()) == (200, [])
        assert client.post(self.url("bulk-delete"), {"ids": []}).json() == {"deleted": 0}
        empties: list[Any] = [{}, "text", 1, None]
        for body in empties:
            assert fields_at_fault(client.post(self.url("bulk"), body)) == ["body"], body
            assert fields_at_fault(client.patch(self.url("bulk"), body)) == ["body"], body
