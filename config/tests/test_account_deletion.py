"""Deleting an account takes what every app keeps for it."""

import pytest
from django.apps import apps
from rest_framework.test import APIClient

from accounts import sessions
from accounts.factories import PASSWORD, UserFactory
from accounts.models import AuditEvent, User
from common.testing.base import check_problem
from items.factories import ItemFactory
from stores.factories import StoreManagerFactory
from todos.factories import TodoFactory
from todos.models import Todo

pytestmark = pytest.mark.django_db

# The audit says who it was; the counted tries name nobody.
STAYS = {"accounts.AuditEvent", "accounts.PasswordTry"}


def counts() -> dict[str, int]:
    models = [model for model in apps.get_models() if model._meta.app_label in ("accounts", "stores", "items", "todos")]
    return {model._meta.label: model._default_manager.count() for model in models if model._meta.label not in STAYS}


def test_todos_store_items_and_sessions_go_and_nobody_elses() -> None:
    other = StoreManagerFactory.create(user=UserFactory.create(roles=["user"]))
    ItemFactory.create(store_manager=other)
    TodoFactory.create(user=other.user)
    sessions.start(other.user)
    before = counts()
    user = UserFactory.create(roles=["user", "store_manager"])
    ItemFactory.create_batch(3, store_manager=StoreManagerFactory.create(user=user))
    TodoFactory.create_batch(3, user=user)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {sessions.start(user).access}")
    assert counts() != before

    assert client.delete("/api/v1/users/me", {"current_password": PASSWORD}).status_code == 204

    assert counts() == before
    assert AuditEvent.objects.get().actor_id == user.pk


@pytest.mark.django_db(transaction=True)
def test_what_is_added_at_that_moment_is_refused() -> None:
    """The request was authenticated while there was an account, and writes when there is none."""
    user = UserFactory.create(roles=["user"])
    client = APIClient()
    client.force_authenticate(user)
    assert user.holds("todos:write:self")
    User.objects.filter(pk=user.pk).delete()

    refused = client.post("/api/v1/todos", {"title": "Milk"})

    assert (refused.status_code, check_problem(refused)["code"]) == (409, "gone")
    assert not Todo.objects.exists()
