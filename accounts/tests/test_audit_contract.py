"""The audit as a resource that is only read."""

import pytest
from django.utils import timezone

from accounts.audit import Action
from accounts.factories import AuditEventFactory
from accounts.models import AuditEvent
from accounts.views import AuditEventViewSet
from common.testing.base import fields_at_fault, ids
from common.testing.contract import ResourceContract

EVENTS = "/api/v1/audit-events"
# Of which the requests of the tests make some themselves.
ABOUT_REQUESTS = (Action.REFUSED, Action.THROTTLED)


class TestAuditEvents(ResourceContract):
    viewset = AuditEventViewSet
    factory = AuditEventFactory
    body = {"action": "signed_in", "subject": "users/7", "ip": "192.0.2.7", "request_id": "abc", "actor_id": 7}
    change = {"action": "signed_out", "subject": "users/77", "ip": "2001:db8::7", "request_id": "abcd", "actor_id": 77}
    invalid = {}

    def remove(self, rows):
        """Nobody deletes one: as if their time had come."""
        AuditEvent.objects.filter(pk__in=rows.values("pk")).prune(timezone.now(), at_most=1_000)

    def snapshot(self):
        return [row for row in super().snapshot() if row["action"] not in ABOUT_REQUESTS]

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({"subject": "users/7"}, ["one"]),
            ({"subject": "users/"}, []),
            ({"request_id": "abc"}, ["one"]),
            ({"request_id": "ABC"}, []),
            ({"ip": "192.0.2.7"}, ["one"]),
            ({"ip": "::ffff:192.0.2.7"}, ["one"]),
            ({"ip": "2001:0DB8::7"}, ["other"]),
            ({"actor_id": 77}, ["other"]),
            ({"action": ["signed_in", "signed_out"]}, ["one", "other"]),
            ({"action": "signed_in", "ip": "2001:db8::7"}, []),
        ],
    )
    def test_filters_find_the_whole_value(self, filters, found):
        rows = {"one": AuditEventFactory.create(**self.body), "other": AuditEventFactory.create(**self.change)}

        assert sorted(ids(self.client().get(EVENTS, filters))) == sorted(rows[name].pk for name in found)

    def test_what_was_written_is_what_is_read(self, api):
        api.post("/api/v1/users/login", {"email": "nobody@example.com", "password": "wrong horse battery"})

        [event] = self.client().get(EVENTS, {"action": "sign_in_failed"}).json()["results"]

        assert event["details"] == {"reason": "password_incorrect"}
        assert (event["count"], event["actor_id"], event["ip"]) == (1, None, "127.0.0.1")
        assert event.keys() == {
            "id", "action", "actor_id", "subject", "ip", "user_agent", "request_id", "details", "count", "created_at"
        }  # fmt: skip

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
    def test_there_is_no_way_to_write(self, method):
        client, row = self.client(), self.row()
        for url in (EVENTS, f"{EVENTS}/{row.pk}", f"{EVENTS}/bulk", f"{EVENTS}/bulk-delete", f"{EVENTS}/self"):
            assert getattr(client, method)(url, {}).status_code == 405, url

    def test_a_manager_of_accounts_is_no_auditor(self, make_user, bearer):
        for held in ("users:read", "users:admin", "audit:read:self", "audit:readx"):
            assert bearer(make_user(held)).get(EVENTS).status_code == 403, held

    def test_of_an_account_that_is_gone_it_still_tells(self):
        event = AuditEventFactory.create(actor_id=9_999)

        assert self.client().get(f"{EVENTS}/{event.pk}").json()["actor_id"] == 9_999

    def test_an_unknown_action_is_named(self):
        assert fields_at_fault(self.client().get(EVENTS, {"action": "nope"})) == ["query.action"]
