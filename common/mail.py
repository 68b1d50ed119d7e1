"""The one way out for mail: after the commit, and never while somebody waits for it."""

import logging
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)

# Whether there was anything to send must not show in how long an answer takes. What is queued when the process is
# asked to end is still sent.
_outbox = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mail")


def send(*, to: str, template: str, context: Mapping[str, object]) -> None:
    """Mail this text, whose first line is the subject, once the transaction is committed."""
    subject, _, body = render_to_string(template, dict(context)).strip().partition("\n")
    message = EmailMessage(subject.strip(), body.strip() + "\n", to=[to])
    transaction.on_commit(partial(_outbox.submit, _deliver, message))


def flush() -> None:
    """Wait until everything is sent that was to be sent before."""
    done: Future[None] = _outbox.submit(lambda: None)
    done.result()


def _deliver(message: EmailMessage) -> None:
    try:
        message.send()
    except (SMTPException, OSError) as error:
        # Not to whom, nor what the server said, which repeats it.
        logger.error("A mail was not sent (%s).", type(error).__name__)
