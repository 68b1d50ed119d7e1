"""The cast of the tests: accounts that hold exactly what a test says, and clients that speak for them."""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from django.db.backends.sqlite3.base import DatabaseWrapper
from django_tasks_db.models import DBTaskResult
from rest_framework.test import APIClient

from accounts import audit, jwks, sessions
from accounts.factories import PASSWORD, UserFactory
from accounts.models import AuditEvent, ExternalIdentity, Permission, Role, User
from accounts.tests.tenant import AUDIENCE, Tenant, running_tenant
from common.rates import ahead, in_memory
from common.rates.rate import Rate, Scope
from common.testing import leaks

_numbers = count()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(leaks)
    leaks.keep_rows_of(AuditEvent)
    leaks.keep_rows_of(DBTaskResult)
    leaks.found.note(PASSWORD)


@pytest.fixture
def make_user(db) -> Callable[..., User]:
    """An account with a role of these permission strings; without any it may do nothing at all."""

    def make(*permissions: str, **fields: object) -> User:
        user = UserFactory.create(**fields)
        if permissions:
            role = Role.objects.create(name=f"cast {next(_numbers)}")
            role.permissions.set([Permission.objects.get_or_create(codename=name)[0] for name in permissions])
            user.roles.add(role)
        return user

    return make


@pytest.fixture
def bearer() -> Callable[[User], APIClient]:
    """A client that sends this account's access token, as a stranger's program would."""

    def client(user: User) -> APIClient:
        found = APIClient()
        found.credentials(HTTP_AUTHORIZATION=f"Bearer {sessions.start(user).access}")
        return found

    return client


@pytest.fixture
def tenant(settings, monkeypatch, tmp_path) -> Iterator[Tenant]:
    """An Auth0 tenant that the settings name, and whose certificate is trusted as an administrator would have it."""
    with running_tenant(tmp_path) as found:
        monkeypatch.setenv("SSL_CERT_FILE", str(found.authority))
        settings.AUTH0_DOMAIN = found.domain
        settings.AUTH0_ISSUER = found.issuer
        settings.AUTH0_AUDIENCE = AUDIENCE
        yield found
    jwks.keys_of.cache_clear()


@pytest.fixture
def powerless(request) -> Callable[[User], APIClient]:
    """A client with a token of the tenant that has no permissions, where such tokens say what one may do."""

    def client(user: User) -> APIClient:
        # Not before it is asked for: few tests need a tenant.
        tenant, settings = request.getfixturevalue("tenant"), request.getfixturevalue("settings")
        settings.AUTH0_RBAC = True
        identity = ExternalIdentity.objects.create(user=user, issuer=tenant.issuer, subject=f"auth0|{user.pk}")
        found = APIClient()
        found.credentials(HTTP_AUTHORIZATION=f"Bearer {tenant.token(sub=identity.subject)}")
        return found

    return client


@pytest.fixture
def api() -> APIClient:
    """Nobody in particular."""
    return APIClient()


@pytest.fixture(scope="session", autouse=True)
def _the_audit_is_flushed_too() -> Iterator[None]:
    """After a test that commits, Django empties the tables of SQLite by DELETE, which the audit's triggers refuse."""
    flush = DatabaseWrapper.ops_class.execute_sql_flush
    opened = "INSERT INTO accounts_audit_pruning (before) VALUES ('9999-12-31')"

    def with_the_door_open(self: Any, sql_list: list[str]) -> None:
        flush(self, [opened, *sql_list, "DELETE FROM accounts_audit_pruning"])

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(DatabaseWrapper.ops_class, "execute_sql_flush", with_the_door_open)
        yield


@pytest.fixture(autouse=True)
def _nothing_is_added_up_from_test_to_test() -> Iterator[None]:
    yield
    audit.tally.take_all()


@pytest.fixture
def rates(settings, monkeypatch) -> Callable[..., None]:
    """Sets rates for this test, which counts from nothing wherever it counts: `rates(read="10/hour")`."""
    settings.REDIS_KEY_PREFIX = uuid4().hex
    monkeypatch.setattr(in_memory, "_windows", OrderedDict())
    monkeypatch.setattr(ahead, "_stores", OrderedDict())

    def set_rates(**notations: str) -> None:
        settings.RATES = settings.RATES | {Scope(name): Rate.parse(rate) for name, rate in notations.items()}

    return set_rates
