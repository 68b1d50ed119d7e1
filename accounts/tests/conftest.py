"""What leaves by mail, and who signs in from elsewhere."""

import pytest

from accounts import jwks
from accounts.tests.tenant import AUDIENCE, running_tenant
from common import mail


@pytest.fixture
def mails_of(mailoutbox, django_capture_on_commit_callbacks):
    """What is mailed because of a call."""

    def mails_of(call):
        del mailoutbox[:]
        with django_capture_on_commit_callbacks(execute=True):
            call()
        mail.flush()
        return list(mailoutbox)

    return mails_of


@pytest.fixture
def link_of():
    """The token in a mail's link."""

    def link_of(message):
        return message.body.partition("#token=")[2].split()[0]

    return link_of


@pytest.fixture
def tenant(settings, monkeypatch, tmp_path):
    """An Auth0 tenant that the settings name, and whose certificate is trusted as an administrator would have it."""
    with running_tenant(tmp_path) as found:
        monkeypatch.setenv("SSL_CERT_FILE", str(found.authority))
        settings.AUTH0_DOMAIN = found.domain
        settings.AUTH0_ISSUER = found.issuer
        settings.AUTH0_AUDIENCE = AUDIENCE
        yield found
    jwks.keys_of.cache_clear()
