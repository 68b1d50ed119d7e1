"""ETags: no answer is sent twice for nothing, and no editor overwrites another unseen."""

import pytest

from common.api.endpoints import Endpoint
from common.testing.base import ContractCase, check_problem

CHANGES = ("put", "patch", "delete")


class Conditional(ContractCase):
    def test_an_answer_that_is_known_is_not_sent_again(self) -> None:
        self.has(Endpoint.RETRIEVE)
        client, row = self.client(), self.row()
        first = client.get(self.detail(row))
        tag = first.headers["ETag"]
        assert tag.startswith('"')
        assert {"accept", "authorization"} <= {name.strip().lower() for name in first.headers["Vary"].split(",")}
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = client.get(self.detail(row), headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b""), known
            assert again.headers["ETag"] == tag
            assert "Vary" in again.headers
        assert client.head(self.detail(row), headers={"If-None-Match": tag}).status_code == 304
        for other in ('"other"', "nonsense", ""):
            assert client.get(self.detail(row), headers={"If-None-Match": other}).status_code == 200, other

    def test_the_tag_belongs_to_the_representation(self) -> None:
        self.has(Endpoint.RETRIEVE, Endpoint.PARTIAL_UPDATE)
        client, row, camel = self.client(), self.row(), {"Accept": "application/json; case=camel"}
        plain, cameled = client.get(self.detail(row)), client.get(self.detail(row), headers=camel)
        assert plain.headers["ETag"] != cameled.headers["ETag"]
        known = {"If-None-Match": plain.headers["ETag"]}
        assert client.get(self.detail(row), headers={**camel, **known}).status_code == 200
        changed = client.patch(self.detail(row), self.change)
        assert changed.headers["ETag"] == client.get(self.detail(row)).headers["ETag"] != plain.headers["ETag"]

    @pytest.mark.parametrize("method", CHANGES)
    def test_a_stale_if_match_changes_nothing(self, method: str) -> None:
        self.has(Endpoint.RETRIEVE, Endpoint.UPDATE, Endpoint.PARTIAL_UPDATE, Endpoint.DESTROY)
        client, row = self.client(), self.row()
        stale = client.get(self.detail(row)).headers["ETag"]
        fresh = client.patch(self.detail(row), self.change).headers["ETag"]
        before = self.snapshot()
        for tag in (stale, '"x"', "nonsense", "", f"W/{stale}", f"W/{fresh}", f"{fresh}junk", fresh.strip('"')):
            response = getattr(client, method)(self.detail(row), self.change, headers={"If-Match": tag})
            assert response.status_code == 412, tag
            check_problem(response)
        assert self.snapshot() == before

    @pytest.mark.parametrize("method", CHANGES)
    def test_a_fresh_if_match_lets_the_change_through(self, method: str) -> None:
        self.has(Endpoint.RETRIEVE, Endpoint.UPDATE, Endpoint.PARTIAL_UPDATE, Endpoint.DESTROY)
        client = self.client()
        for form in ("{}", '"other", {}', "*"):
            for accept in ("application/json", "application/json; case=camel"):
                row = self.row()
                tag = client.get(self.detail(row), headers={"Accept": accept}).headers["ETag"]
                headers = {"If-Match": form.format(tag)}
                response = getattr(client, method)(self.detail(row), self.change, headers=headers)
                assert response.status_code in {"delete": (204,)}.get(method, (200,)), form

    def test_if_match_can_be_required(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.has(Endpoint.PARTIAL_UPDATE, Endpoint.DESTROY, Endpoint.RETRIEVE)
        client, row = self.client(), self.row()
        monkeypatch.setattr(self.viewset, "require_if_match", True)
        before = self.snapshot()
        for method in CHANGES:
            response = getattr(client, method)(self.detail(row), self.change)
            assert response.status_code == 428
            check_problem(response)
        assert self.snapshot() == before
        tag = client.get(self.detail(row)).headers["ETag"]
        assert client.patch(self.detail(row), self.change, headers={"If-Match": tag}).status_code == 200
