"""Work for later."""

import logging
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from common import readiness
from common.logging import request_id, trace_id
from common.tasks import backends, task
from common.testing.tasks import IN_DATABASE, IN_THREAD, work_off

ON_COMMIT = {"default": {"BACKEND": "common.tasks.backends.OnCommit"}}

pytestmark = pytest.mark.django_db(transaction=True)

seen: list[tuple[str, str]] = []


@task
def look(**what: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    seen.append((request_id.get(), trace_id.get()))


@task
def stumble() -> None:
    raise ZeroDivisionError("over nothing")


@pytest.fixture(autouse=True)
def _nothing_seen():
    seen.clear()


@pytest.fixture(params=[ON_COMMIT, IN_THREAD, IN_DATABASE], ids=["on commit", "in a thread", "in the database"])
def tasks(settings, request):
    settings.TASKS = request.param


def finish():
    backends.flush()
    work_off()


@pytest.fixture
def asked():
    tokens = request_id.set("mine"), trace_id.set("a" * 32)
    yield
    request_id.reset(tokens[0])
    trace_id.reset(tokens[1])


def lines(caplog):
    return [record for record in caplog.records if record.name == "tasks"]


def test_it_runs_after_the_commit(tasks):
    with transaction.atomic():
        look.enqueue()
        backends.flush()
        assert seen == []
    finish()
    assert len(seen) == 1


def test_what_is_rolled_back_does_not_run(tasks):
    with transaction.atomic():
        look.enqueue()
        transaction.set_rollback(True)
    finish()
    assert seen == []


def test_it_has_the_ids_of_the_request_that_asked(tasks, asked):
    look.enqueue()
    token = request_id.set("another")
    finish()
    assert request_id.get() == "another"
    request_id.reset(token)
    assert seen == [("mine", "a" * 32)]


def test_one_that_nobody_asked_for_has_no_id_of_the_one_before(settings, asked):
    settings.TASKS = IN_DATABASE
    look.enqueue()
    for name in (request_id, trace_id):
        name.set("")
    look.enqueue()
    work_off()
    assert sorted(seen) == [("", ""), ("mine", "a" * 32)]


def test_it_is_logged_with_what_it_cost(tasks, caplog):
    with caplog.at_level("INFO", logger="tasks"):
        look.enqueue()
        finish()
    [record] = lines(caplog)
    fields = record.__dict__["fields"]
    assert fields.pop("ms") >= 0
    assert fields == {"task": "common.tests.test_tasks.look", "outcome": "done", "attempt": 1, "queries": 1}


def test_one_that_fails_is_logged_with_its_traceback_and_harms_nobody(tasks, asked, caplog):
    stumble.enqueue()
    look.enqueue()
    finish()
    [record] = [record for record in lines(caplog) if record.levelno == logging.ERROR]
    assert record.__dict__["fields"]["outcome"] == "failed"
    assert "over nothing" in caplog.text
    assert len(seen) == 1


def test_one_that_fails_says_so_in_its_row_and_is_not_tried_again(settings):
    settings.TASKS = IN_DATABASE
    stumble.enqueue()
    work_off()
    [row] = DBTaskResult.objects.all()
    assert (row.status, row.exception_class_path) == ("FAILED", "builtins.ZeroDivisionError")


@pytest.fixture
def ready(client, monkeypatch):
    monkeypatch.setattr(readiness, "_running", {})

    def ready():
        answer = client.get("/health/ready")
        assert answer.status_code == 200
        return answer.json()["checks"].get("tasks", {}).get("status")

    return ready


def test_without_a_queue_readiness_says_nothing_of_it(ready):
    assert ready() is None


def test_a_queue_that_nobody_works_on_is_stale_and_keeps_nobody_away(settings, ready):
    settings.TASKS = IN_DATABASE
    look.enqueue()
    assert ready() == "ok"
    DBTaskResult.objects.update(enqueued_at=timezone.now() - readiness.STALE_AFTER - timedelta(seconds=1))
    assert ready() == "stale"
    work_off()
    assert ready() == "ok"


def test_one_that_is_to_wait_is_not_late(settings, ready):
    settings.TASKS = IN_DATABASE
    look.using(run_after=timezone.now() + timedelta(hours=1)).enqueue()
    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(days=1))
    assert ready() == "ok"
    DBTaskResult.objects.update(run_after=timezone.now() - readiness.STALE_AFTER - timedelta(seconds=1))
    assert ready() == "stale"
