"""The one way out for mail."""

import threading
from smtplib import SMTPServerDisconnected
from time import perf_counter

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMessage
from django.db import transaction

from common import mail

pytestmark = pytest.mark.django_db(transaction=True)

TEMPLATE = "test_mail.txt"
TEXT = "Hello & welcome\n\nFollow this:\n\n{% autoescape off %}{{ link }}{% endautoescape %}\n"


@pytest.fixture(autouse=True)
def _template(settings):
    loaders = [("django.template.loaders.locmem.Loader", {TEMPLATE: TEXT})]
    settings.TEMPLATES = [{"BACKEND": settings.TEMPLATES[0]["BACKEND"], "OPTIONS": {"loaders": loaders}}]


def send():
    mail.send(to="ada@example.com", template=TEMPLATE, context={"link": "https://example.com/?a=1&b=2"})


def test_the_first_line_is_the_subject():
    send()
    mail.flush()

    [message] = django_mail.outbox
    assert (message.subject, message.to) == ("Hello & welcome", ["ada@example.com"])
    assert message.body == "Follow this:\n\nhttps://example.com/?a=1&b=2\n"


def test_it_waits_for_the_commit():
    with transaction.atomic():
        send()
        mail.flush()
        assert django_mail.outbox == []
    mail.flush()

    assert len(django_mail.outbox) == 1


def test_what_is_rolled_back_is_not_mailed():
    with transaction.atomic():
        send()
        transaction.set_rollback(True)
    mail.flush()

    assert django_mail.outbox == []


def test_nobody_waits_for_a_server_that_hangs(monkeypatch):
    answer = threading.Event()
    monkeypatch.setattr(EmailMessage, "send", lambda self: answer.wait(10))

    start = perf_counter()
    send()
    took = perf_counter() - start
    answer.set()
    mail.flush()

    assert took < 1


@pytest.mark.parametrize(
    "error", [SMTPServerDisconnected("ada@example.com"), ConnectionRefusedError("ada@example.com")]
)
def test_a_server_that_is_away_is_logged_without_the_address(monkeypatch, caplog, error):
    def fail(self):
        raise error

    monkeypatch.setattr(EmailMessage, "send", fail)

    send()
    mail.flush()

    assert type(error).__name__ in caplog.text
    assert "ada@example.com" not in caplog.text
