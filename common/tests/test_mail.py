"""The one way out for mail."""

import threading
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from time import perf_counter

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from common import mail
from common.tasks import DELAYS, backends
from common.testing.tasks import IN_DATABASE, IN_THREAD, work_off

pytestmark = pytest.mark.django_db(transaction=True)

TEMPLATE = "test_mail.txt"
TEXT = "Hello & welcome\n\nRead this:\n\n{% autoescape off %}{{ link }}{% endautoescape %}\n"


@pytest.fixture(autouse=True)
def _template(settings):
    loaders = [("django.template.loaders.locmem.Loader", {TEMPLATE: TEXT})]
    settings.TEMPLATES = [{"BACKEND": settings.TEMPLATES[0]["BACKEND"], "OPTIONS": {"loaders": loaders}}]


def send():
    mail.send(to="ada@example.com", template=TEMPLATE)


def failing(monkeypatch, error):
    def fail(self):
        raise error

    monkeypatch.setattr(EmailMessage, "send", fail)


def test_the_first_line_is_the_subject():
    mail.deliver(to="ada@example.com", template=TEMPLATE, context={"link": "https://example.com/?a=1&b=2"})

    [message] = django_mail.outbox
    assert (message.subject, message.to) == ("Hello & welcome", ["ada@example.com"])
    assert message.body == "Read this:\n\nhttps://example.com/?a=1&b=2\n"


@pytest.mark.parametrize("tasks", [IN_THREAD, IN_DATABASE])
def test_it_waits_for_the_commit(settings, tasks):
    settings.TASKS = tasks
    with transaction.atomic():
        send()
        backends.flush()
        assert django_mail.outbox == []
    backends.flush()
    work_off()

    assert len(django_mail.outbox) == 1


@pytest.mark.parametrize("tasks", [IN_THREAD, IN_DATABASE])
def test_what_is_rolled_back_is_not_mailed(settings, tasks):
    settings.TASKS = tasks
    with transaction.atomic():
        send()
        transaction.set_rollback(True)
    backends.flush()
    work_off()

    assert django_mail.outbox == []


def test_nobody_waits_for_a_server_that_hangs(settings, monkeypatch):
    settings.TASKS = IN_THREAD
    answer = threading.Event()
    monkeypatch.setattr(EmailMessage, "send", lambda self: answer.wait(10))

    start = perf_counter()
    send()
    took = perf_counter() - start
    answer.set()
    backends.flush()

    assert took < 1


@pytest.mark.parametrize(
    "error", [SMTPServerDisconnected("ada@example.com"), ConnectionRefusedError("ada@example.com")]
)
def test_a_server_that_is_away_is_logged_without_the_address(monkeypatch, caplog, error):
    failing(monkeypatch, error)

    send()

    assert type(error).__name__ in caplog.text
    assert "ada@example.com" not in caplog.text


def test_a_server_that_is_away_is_asked_again_later_and_later(settings, monkeypatch, caplog):
    settings.TASKS = IN_DATABASE
    failing(monkeypatch, SMTPServerDisconnected("ada@example.com"))
    send()
    work_off()

    for delay in DELAYS:
        [waiting] = DBTaskResult.objects.filter(status="READY")
        due_in = waiting.run_after - timezone.now()
        assert timedelta(seconds=delay - 5) < due_in <= timedelta(seconds=delay)
        DBTaskResult.objects.filter(pk=waiting.pk).update(run_after=timezone.now())
        work_off()

    assert not DBTaskResult.objects.filter(status="READY").exists()
    [failed] = DBTaskResult.objects.failed()
    assert "SMTPServerDisconnected" in failed.traceback
    assert "ada@example.com" not in failed.traceback
    assert "ada@example.com" not in caplog.text


def test_a_mail_that_waited_for_its_server_is_sent_once(settings, monkeypatch):
    settings.TASKS = IN_DATABASE
    with monkeypatch.context() as away:
        failing(away, ConnectionRefusedError())
        send()
        work_off()
    DBTaskResult.objects.filter(status="READY").update(run_after=timezone.now())
    work_off()

    assert len(django_mail.outbox) == 1
    assert not DBTaskResult.objects.filter(status="READY").exists()
