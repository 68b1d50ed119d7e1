"""Append-only by the database itself, whatever goes around the ORM; and the one way out, by age."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import audit
from accounts.audit import Action
from accounts.factories import AuditEventFactory
from accounts.models import AuditEvent

pytestmark = pytest.mark.django_db

TABLE = "accounts_auditevent"
NOW = timezone.now()


def run(sql, *values):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def refuses(sql, *values):
    before = list(AuditEvent.objects.order_by("id").values())
    with pytest.raises(IntegrityError, match="append-only"):
        run(sql, *values)
    return list(AuditEvent.objects.order_by("id").values()) == before


@pytest.fixture
def gathered():
    audit.record_once_a_minute(Action.LOCKED_OUT)
    return AuditEvent.objects.get()


class TestTriggers:
    @pytest.mark.parametrize(
        "change",
        [
            "action = 'x'", "actor_id = 7", "subject = 'users/7'", "ip = '192.0.2.9'", "user_agent = 'x'",
            "request_id = 'x'", "data = '{}'", "created_at = '2020-01-01'", "gathered = NULL", "id = id + 1",
            "count = count", "count = count - 1", "count = count + 1, subject = 'users/7'",
        ],
    )  # fmt: skip
    def test_no_column_of_a_row_is_changed(self, gathered, change):
        assert refuses(f"UPDATE {TABLE} SET {change}")

    def test_but_the_count_of_a_gathered_one_grows(self, gathered):
        run(f"UPDATE {TABLE} SET count = count + 1")

        gathered.refresh_from_db()
        assert gathered.count == 2

    def test_which_no_other_does(self):
        AuditEventFactory.create()

        assert refuses(f"UPDATE {TABLE} SET count = count + 1")

    def test_no_row_is_deleted(self):
        AuditEventFactory.create(created_at=NOW - timedelta(days=9_999))

        assert refuses(f"DELETE FROM {TABLE}")

    def test_what_is_younger_stays_while_others_are_pruned(self):
        AuditEventFactory.create(created_at=NOW)
        run("INSERT INTO accounts_audit_pruning (before) VALUES (%s)", str(NOW - timedelta(days=1)))

        assert refuses(f"DELETE FROM {TABLE}")


class TestPrune:
    @pytest.fixture(autouse=True)
    def a_month(self, settings):
        settings.AUDIT_KEEP_DAYS = 30

    @pytest.fixture
    def ages(self):
        for days in (400, 31, 29, 0):
            AuditEventFactory.create(created_at=timezone.now() - timedelta(days=days), subject=f"days/{days}")

    @staticmethod
    def kept():
        return list(AuditEvent.objects.exclude(action=Action.AUDIT_PRUNED).values_list("subject", flat=True))

    @staticmethod
    def prune(*options):
        out = StringIO()
        call_command("prune_audit", *options, stdout=out)
        return out.getvalue()

    def test_what_is_older_goes_and_the_rest_stays(self, ages):
        assert self.prune().startswith("2 rows from before ")

        assert self.kept() == ["days/0", "days/29"]

    def test_it_says_so_in_the_audit(self, ages):
        self.prune()

        event = AuditEvent.objects.get(action=Action.AUDIT_PRUNED)
        assert (event.data["rows"], event.actor_id) == (2, None)
        self.prune()
        assert AuditEvent.objects.filter(action=Action.AUDIT_PRUNED).count() == 1

    def test_a_dry_run_deletes_nothing(self, ages):
        assert self.prune("--dry-run").startswith("2 rows from before ")

        assert len(self.kept()) == 4

    def test_many_go_in_pieces(self, monkeypatch):
        monkeypatch.setattr(audit, "PRUNED_AT_ONCE", 2)
        AuditEventFactory.create_batch(5, created_at=timezone.now() - timedelta(days=31))

        assert self.prune().startswith("5 rows from before ")

        rows = AuditEvent.objects.filter(action=Action.AUDIT_PRUNED).order_by("id")
        assert [event.data["rows"] for event in rows] == [2, 2, 1]

    def test_the_door_is_shut_behind_it(self, ages):
        self.prune()

        old = AuditEventFactory.create(created_at=NOW - timedelta(days=9_999))
        assert refuses(f"DELETE FROM {TABLE} WHERE id = %s", old.pk)

    def test_its_help_states_the_rule(self, capsys):
        with pytest.raises(SystemExit):
            call_command("prune_audit", "--help")

        assert "older than AUDIT_KEEP_DAYS" in " ".join(capsys.readouterr().out.split())

    def test_arguments_that_are_none(self):
        with pytest.raises(CommandError):
            call_command("prune_audit", "--days=0")


@pytest.mark.django_db(transaction=True)
def test_the_door_is_open_to_nobody_else():
    """What one transaction has opened, another does not see."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    AuditEventFactory.create(created_at=NOW - timedelta(days=9_999))
    other = connection.copy()
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO accounts_audit_pruning (before) VALUES (%s)", [NOW])
            with other.cursor() as elsewhere, pytest.raises(IntegrityError, match="append-only"):
                elsewhere.execute(f"DELETE FROM {TABLE}")
            transaction.set_rollback(True)
    finally:
        other.close()
