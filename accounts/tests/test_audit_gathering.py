"""What anybody can make happen without end: one row an actor and minute, whatever they send, however many they are."""

from contextlib import suppress
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import audit, gathering
from accounts.audit import Action
from accounts.models import AuditEvent
from accounts.sessions import start
from accounts.tests.server import gunicorn
from common import signals
from common.client import Client, client
from common.testing.races import at_once, clients

pytestmark = pytest.mark.django_db

ITEMS = "/api/v1/items"
MINUTE = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """A minute that does not end in the middle of a test."""
    monkeypatch.setattr(audit, "timezone", SimpleNamespace(now=lambda: MINUTE))


@pytest.fixture
def ada(make_user):
    return make_user("items:read")


@pytest.fixture
def browser():
    return Browser()


def rows(action):
    audit.flush()
    return list(AuditEvent.objects.filter(action=action).order_by("id"))


def post(client, body=None, **extra):
    response = client.post(ITEMS, body or {}, **extra)
    assert response.status_code == 403
    return response


class TestRefused:
    def test_it_says_who_was_refused_what_and_why(self, bearer, ada):
        post(bearer(ada), REMOTE_ADDR="192.0.2.7", headers={"X-Request-ID": "mine", "User-Agent": "curl/8"})

        [event] = rows(Action.REFUSED)
        assert (event.actor_id, event.subject, event.ip) == (ada.pk, f"users/{ada.pk}", "192.0.2.7")
        assert (event.request_id, event.user_agent, event.count) == ("mine", "curl/8", 1)
        assert event.data == {"method": "POST", "route": ITEMS, "code": "permission_denied"}

    def test_a_minute_of_an_account_is_one_row_whatever_it_asks_for(self, bearer, ada, make_user):
        client = bearer(ada)
        for number in range(5):
            headers = {"X-Request-ID": f"r{number}", "User-Agent": f"agent {number}"}
            post(client, REMOTE_ADDR=f"192.0.2.{number}", headers=headers)
            assert client.delete(f"{ITEMS}/01890a5d-ac96-774b-bcce-b302099a805{number}").status_code == 403
        post(bearer(make_user("items:read")))

        first, other = rows(Action.REFUSED)
        assert (first.actor_id, first.count, first.request_id) == (ada.pk, 10, "r0")
        assert (other.count, other.actor_id != ada.pk) == (1, True)

    def test_the_next_minute_is_another(self, bearer, ada, monkeypatch):
        post(bearer(ada))
        monkeypatch.setattr(audit, "timezone", SimpleNamespace(now=lambda: MINUTE.replace(minute=1)))
        post(bearer(ada))

        assert [event.count for event in rows(Action.REFUSED)] == [1, 1]

    def test_what_is_allowed_costs_and_leaves_nothing(self, bearer, ada, django_assert_num_queries):
        client = bearer(ada)
        client.get(ITEMS)
        with django_assert_num_queries(2):  # who asks, and the rows
            assert client.get(ITEMS).status_code == 200

        assert not rows(Action.REFUSED)

    def test_a_page_of_the_admin_counts_like_the_api(self, browser, make_user):
        keeper = make_user("users:read", is_staff=True)
        browser.force_login(keeper)

        assert browser.get("/admin/accounts/auditevent/").status_code == 403

        [event] = rows(Action.REFUSED)
        assert (event.actor_id, event.data["route"]) == (keeper.pk, "/admin/accounts/auditevent")

    def test_without_a_record_a_refusal_is_one_all_the_same(self, bearer, ada, monkeypatch):
        def fail(*args, **kwargs):
            raise DatabaseError

        monkeypatch.setattr("accounts.models.audit.AuditQuerySet.count_again", fail)

        assert post(bearer(ada)).json()["code"] == "permission_denied"
        assert not rows(Action.REFUSED)


@pytest.mark.django_db(transaction=True)
def test_the_transaction_that_is_refused_does_not_take_its_record_back(bearer, make_user):
    """It is refused in the middle of one, and leaves nothing but that."""
    ada = make_user("users:write:self")
    body = {"name": "backup", "permissions": ["users:write"]}

    assert bearer(ada).post("/api/v1/users/me/tokens", body).json()["code"] == "permission_not_held"

    [event] = AuditEvent.objects.all()
    assert (event.action, event.data["code"]) == (Action.REFUSED, "permission_not_held")


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_are_counted_on_one_row(live_server, ada):
    with clients(live_server.url, 10, start(ada).access) as connections:
        at_once(*[lambda c=c: [c.ask("POST", ITEMS, {}).status for _ in range(5)] for c in connections])

    [event] = rows(Action.REFUSED)
    assert event.count == 50


class TestTold:
    """By the signals of `common`."""

    def test_who_is_throttled(self, ada):
        for user in (ada.pk, ada.pk, None, None):
            signals.throttled.send(sender=None, scope="write", retry_after=3, user=user)

        assert [(event.actor_id, event.count, event.data) for event in rows(Action.THROTTLED)] == [
            (ada.pk, 2, {"scope": "write"}),
            (None, 2, {"scope": "write"}),
        ]

    def test_what_is_away_whoever_asked(self):
        signals.degraded.send(sender=None, component="redis")
        signals.degraded.send(sender=None, component="redis")
        signals.degraded.send(sender=None, component="storage")

        assert [(event.count, event.data, event.ip) for event in rows(Action.DEGRADED)] == [
            (2, {"component": "redis"}, None),
            (1, {"component": "storage"}, None),
        ]


class TestFromEverywhere:
    @pytest.fixture
    def locked_out_from(self, monkeypatch):
        """As if this account were locked out for who comes from there."""

        def locked_out_from(address, about=None):
            token = client.set(Client(address))
            try:
                audit.record_once_a_minute(Action.LOCKED_OUT, about=about)
            finally:
                client.reset(token)

        return locked_out_from

    def test_a_subscriber_s_whole_network_is_one_address(self, locked_out_from):
        for number in range(5):
            locked_out_from(f"2001:db8::{number}")
        locked_out_from("2001:db8:0:1::1")

        assert [event.count for event in rows(Action.LOCKED_OUT)] == [5, 1]

    def test_naming_others_makes_no_rows(self, locked_out_from, make_user):
        for _ in range(5):
            locked_out_from("192.0.2.7", about=make_user())

        assert [event.count for event in rows(Action.LOCKED_OUT)] == [5]

    def test_from_some_number_on_they_share_one_row(self, locked_out_from, monkeypatch):
        monkeypatch.setattr(audit, "MAX_ROWS_A_MINUTE", 3)
        for number in range(10):
            locked_out_from(f"192.0.2.{number}")
        locked_out_from("192.0.2.0")

        events = rows(Action.LOCKED_OUT)
        assert [event.count for event in events] == [2, 1, 1, 7]
        assert (events[-1].ip, events[-1].data) == (None, {"beyond": 3, "of": "strangers"})

    def test_who_has_no_row_of_their_own_asks_for_none(self, locked_out_from, monkeypatch, django_assert_num_queries):
        monkeypatch.setattr(audit, "MAX_ROWS_A_MINUTE", 1)
        for number in range(2):
            locked_out_from(f"192.0.2.{number}")

        with django_assert_num_queries(0):
            for number in range(2, 50):
                locked_out_from(f"192.0.2.{number}")

        assert [event.count for event in rows(Action.LOCKED_OUT)] == [1, 49]

    def test_strangers_leave_accounts_their_rows(self, monkeypatch, make_user):
        monkeypatch.setattr(audit, "MAX_ROWS_A_MINUTE", 2)
        for number in range(5):
            token = client.set(Client(f"192.0.2.{number}"))
            signals.throttled.send(sender=None, scope="read", retry_after=3, user=None)
            client.reset(token)
        accounts = [make_user().pk for _ in range(4)]
        for account in accounts:
            signals.throttled.send(sender=None, scope="read", retry_after=3, user=account)

        events = rows(Action.THROTTLED)
        assert [(event.actor_id, event.count) for event in events] == [
            (None, 1),
            (None, 1),
            (None, 3),
            (accounts[0], 1),
            (accounts[1], 1),
            (None, 2),
        ]
        assert [event.data for event in (events[2], events[-1])] == [
            {"beyond": 2, "of": "strangers"},
            {"beyond": 2, "of": "accounts"},
        ]

    def test_a_flood_of_one_kind_hides_no_other(self, locked_out_from, monkeypatch, bearer, ada):
        monkeypatch.setattr(audit, "MAX_ROWS_A_MINUTE", 1)
        for number in range(3):
            locked_out_from(f"192.0.2.{number}")
        post(bearer(ada))

        assert rows(Action.REFUSED)[0].actor_id == ada.pk


class TestAddedUp:
    """The first of a minute is a row at once; the others are one statement every few seconds."""

    @pytest.fixture
    def later(self, monkeypatch):
        """Lets time pass for what waits."""
        now = 1_000.0
        monkeypatch.setattr(gathering, "monotonic", lambda: now)

        def later(seconds):
            nonlocal now
            now += seconds

        return later

    @pytest.fixture
    def written(self):
        """How often it counts by now in the database."""
        return lambda: list(AuditEvent.objects.order_by("id").values_list("count", flat=True))

    @pytest.fixture
    def throttle(self, django_capture_on_commit_callbacks):
        def throttle(address):
            token = client.set(Client(address))
            try:
                with django_capture_on_commit_callbacks(execute=True):
                    signals.throttled.send(sender=None, scope="read", retry_after=3, user=None)
            finally:
                client.reset(token)

        return throttle

    def test_what_is_refused_again_writes_nothing(self, bearer, ada, later, written):
        client = bearer(ada)
        post(client)
        with CaptureQueriesContext(connection) as asked:
            for _ in range(20):
                post(client)

        assert not [query for query in asked if "auditevent" in query["sql"]]
        assert written() == [1]

    def test_it_is_written_by_the_next_of_its_own(self, throttle, later, written):
        for _ in range(4):
            throttle("192.0.2.1")
        later(gathering.EVERY)
        throttle("192.0.2.1")
        throttle("192.0.2.1")

        assert written() == [5]

    def test_or_by_another_s(self, throttle, later, written):
        for _ in range(4):
            throttle("192.0.2.1")
        later(gathering.EVERY)
        throttle("192.0.2.2")

        assert written() == [4, 1]

    def test_when_its_minute_is_over_too(self, throttle, later, written, monkeypatch):
        for _ in range(4):
            throttle("192.0.2.1")
        later(60)
        monkeypatch.setattr(audit, "timezone", SimpleNamespace(now=lambda: MINUTE.replace(minute=2)))
        throttle("192.0.2.1")

        assert written() == [4, 1]

    def test_what_has_its_minute_behind_it_is_forgotten(self, throttle, later, monkeypatch):
        throttle("192.0.2.1")
        throttle("192.0.2.2")
        later(60)
        monkeypatch.setattr(audit, "timezone", SimpleNamespace(now=lambda: MINUTE.replace(minute=2)))
        throttle("192.0.2.3")

        assert len(audit.tally) == 1

    def test_the_memory_for_it_is_bounded(self, throttle, later, written, monkeypatch):
        monkeypatch.setattr(gathering, "MAX_KEYS", 2)
        for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3"):
            throttle(address)

        assert len(audit.tally) == 2
        assert written() == [2, 1, 1], "what has to make room is written"

    def test_a_row_that_was_taken_back_is_made_by_the_next(self, written):
        with suppress(DatabaseError), transaction.atomic():
            audit.record_once_a_minute(Action.PASSWORD_RESET_ASKED)
            raise DatabaseError
        audit.record_once_a_minute(Action.PASSWORD_RESET_ASKED)
        audit.record_once_a_minute(Action.PASSWORD_RESET_ASKED)
        assert written() == []

        audit.flush()
        assert written() == [2]

    def test_who_waits_in_a_transaction_keeps_no_row_of_others_locked(self, throttle, later, written):
        for _ in range(4):
            throttle("192.0.2.1")
        later(gathering.EVERY)
        with transaction.atomic():
            audit.record_once_a_minute(Action.PASSWORD_RESET_ASKED)

            assert written() == [1, 1]


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_stops_writes_what_it_has_added_up(ada, tmp_path):
    # The clock of this process is not the server's: the minute may turn meanwhile.
    with (
        gunicorn(workers=1, threads=2, log=tmp_path / "log") as server,
        clients(server.url, 1, start(ada).access) as [c],
    ):
        for _ in range(20):
            assert c.ask("POST", ITEMS, {}).status == 403
        assert sum(event.count for event in AuditEvent.objects.all()) < 20

    assert sum(event.count for event in AuditEvent.objects.all()) == 20


def test_the_time_of_a_row_is_that_of_its_first(bearer, ada):
    post(bearer(ada))

    assert rows(Action.REFUSED)[0].created_at == MINUTE < timezone.now()
