"""The one way out for mail: after the commit, and never while somebody waits for it.

Whether there was anything to send must not show in how long an answer takes.
"""

from collections.abc import Mapping
from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from common.tasks import task


class NotSent(Exception):
    """The server did not take it. Not to whom, nor what the server said, which repeats it."""


def send(*, to: str, template: str) -> None:
    """Mail this text, whose first line is the subject, once the transaction is committed."""
    _send.enqueue(to=to, template=template)


def deliver(*, to: str, template: str, context: Mapping[str, object] | None = None) -> None:
    """Now; for tasks, of which one that is to go on trying is tried again on `NotSent`."""
    subject, _, body = render_to_string(template, dict(context or {})).strip().partition("\n")
    try:
        EmailMessage(subject.strip(), body.strip() + "\n", to=[to]).send()
    except (SMTPException, OSError) as error:
        reason = type(error).__name__
    else:
        return
    raise NotSent(reason)  # out here: a report of it would go on to what it was raised from


@task(retry_on=(NotSent,))
def _send(*, to: str, template: str) -> None:
    deliver(to=to, template=template)
