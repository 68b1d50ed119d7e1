"""Idempotency keys: the same POST twice creates once."""

from datetime import timedelta
from typing import Any

import pytest

from common.api.endpoints import Endpoint
from common.api.idempotency import KEPT_FOR
from common.models import IdempotencyKey
from common.testing.base import ContractCase, check_problem, fields_at_fault

KEY = {"Idempotency-Key": "6c1f0a52-order 66"}


class Repeatable(ContractCase):
    def has_keys(self, *endpoints: Endpoint) -> None:
        self.has(*endpoints)
        if self.is_open(Endpoint.CREATE):
            pytest.skip("a key is kept for an account, and here there is none")

    def test_a_key_does_nothing_where_there_is_no_account_to_keep_it_for(self, api: Any) -> None:
        self.has(Endpoint.CREATE)
        if not self.is_open(Endpoint.CREATE):
            pytest.skip("every caller has an account")
        for client in (api, self.client()):
            made = [client.post(self.url(), self.new_body(), headers=KEY) for _ in range(2)]
            assert [response.status_code for response in made] == [201, 201]
            assert made[0].json()["id"] != made[1].json()["id"]
        assert not IdempotencyKey.objects.exists()

    def test_the_same_key_and_body_give_the_first_answer_again(self) -> None:
        self.has_keys(Endpoint.CREATE)
        client, body = self.client(), self.new_body()
        first = client.post(self.url(), body, headers=KEY)
        assert first.status_code == 201
        before = self.snapshot()
        for url in (self.url(), f"{self.url()}/"):
            again = client.post(url, dict(reversed(body.items())), headers=KEY)
            assert (again.status_code, again.json()) == (201, first.json())
            for name in ("Location", "ETag"):
                assert again.headers[name] == first.headers[name]
            assert again.headers["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first.headers
        assert self.snapshot() == before

    def test_a_bulk_is_repeatable_too(self) -> None:
        self.has(Endpoint.BULK_CREATE)
        client, bodies = self.client(), [self.new_body(), self.new_body()]
        first, again = (client.post(self.url("bulk"), bodies, headers=KEY) for _ in range(2))
        assert (again.status_code, again.json()) == (201, first.json())
        assert len(self.snapshot()) == 2

    def test_another_body_under_the_same_key_is_refused(self) -> None:
        self.has_keys(Endpoint.CREATE)
        client = self.client()
        client.post(self.url(), self.new_body(), headers=KEY)
        before = self.snapshot()
        other = client.post(self.url(), {**self.new_body(), **self.change}, headers=KEY)
        assert other.status_code == 422
        assert check_problem(other)["code"] == "idempotency_key_reused"
        assert self.snapshot() == before

    def test_a_key_belongs_to_one_account_and_one_path(self) -> None:
        self.has_keys(Endpoint.CREATE, Endpoint.BULK_CREATE)
        client = self.client()
        first = client.post(self.url(), self.new_body(), headers=KEY)
        others = self.client().post(self.url(), self.new_body(), headers=KEY)
        assert others.status_code == 201
        assert others.json()["id"] != first.json()["id"]
        assert client.post(self.url("bulk"), [self.new_body()], headers=KEY).status_code == 201

    def test_only_a_success_is_kept(self) -> None:
        self.has_keys(Endpoint.CREATE)
        client, body = self.client(), self.new_body()
        assert fields_at_fault(client.post(self.url(), {**body, "colour": 1}, headers=KEY)) == ["body.colour"]
        assert not IdempotencyKey.objects.exists()
        assert client.post(self.url(), body, headers=KEY).status_code == 201

    def test_a_key_is_forgotten_after_a_day(self) -> None:
        self.has_keys(Endpoint.CREATE)
        client, body = self.client(), self.new_body()
        first = client.post(self.url(), body, headers=KEY)
        kept = IdempotencyKey.objects.get()
        IdempotencyKey.objects.update(created_at=kept.created_at - KEPT_FOR + timedelta(minutes=1))
        assert client.post(self.url(), body, headers=KEY).json() == first.json()
        IdempotencyKey.objects.update(created_at=kept.created_at - KEPT_FOR - timedelta(seconds=1))
        second = client.post(self.url(), self.new_body(), headers=KEY)
        assert second.status_code == 201
        assert second.json()["id"] != first.json()["id"]

    @pytest.mark.parametrize("key", ["", " ", "x" * 256, "naïve", "tab\there"])
    def test_a_key_that_is_none_is_refused(self, key: str) -> None:
        self.has_keys(Endpoint.CREATE)
        client, before = self.client(), self.snapshot()
        response = client.post(self.url(), self.new_body(), HTTP_IDEMPOTENCY_KEY=key)
        assert response.status_code == 422
        assert check_problem(response)["code"] == "idempotency_key_invalid"
        assert self.snapshot() == before

    def test_permission_is_asked_before_the_key(self) -> None:
        self.has_keys(Endpoint.CREATE)
        self.admin()  # one stays
        user, client = self.admin()
        client.post(self.url(), self.new_body(), headers=KEY)
        user.roles.clear()
        assert client.post(self.url(), self.new_body(), headers=KEY).status_code == 403
