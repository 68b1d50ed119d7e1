"""What leaves by mail."""

import pytest


@pytest.fixture
def mails_of(mailoutbox, django_capture_on_commit_callbacks):
    """What is mailed because of a call."""

    def mails_of(call):
        del mailoutbox[:]
        with django_capture_on_commit_callbacks(execute=True):
            call()
        return list(mailoutbox)

    return mails_of


@pytest.fixture
def link_of():
    """The token in a mail's link."""

    def link_of(message):
        return message.body.partition("#token=")[2].split()[0]

    return link_of
