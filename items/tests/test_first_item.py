"""Who may keep items and has no store manager yet gets one with the first item: once."""

from collections import Counter
from functools import partial

import pytest
from django.core.servers.basehttp import WSGIRequestHandler

from accounts import sessions
from common.testing.races import at_once, clients
from items.models import Item
from stores.factories import StoreManagerFactory
from stores.models import StoreManager

URL = "/api/v1/items"
PEN = {"name": "Fountain pen"}


@pytest.mark.django_db
def test_no_items_are_no_reason_for_a_manager(make_user, bearer):
    assert bearer(make_user("items:write:self")).post(f"{URL}/bulk", []).status_code == 201
    assert not StoreManager.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("url", "body"), [(URL, PEN), (f"{URL}/bulk", [PEN, PEN])])
def test_it_is_made_and_named_after_the_account(make_user, bearer, url, body):
    ada = make_user("items:write:self", name="Ada Lovelace")

    for _ in range(2):
        assert bearer(ada).post(url, body).status_code == 201

    manager = StoreManager.objects.get()
    assert (manager.user, manager.name) == (ada, "Ada Lovelace")
    assert set(Item.objects.values_list("store_manager", flat=True)) == {manager.pk}


@pytest.mark.django_db
def test_who_has_one_keeps_it(make_user, bearer):
    manager = StoreManagerFactory.create(user=make_user("items:write:self"))

    item = bearer(manager.user).post(URL, PEN).json()

    assert item["store_manager_id"] == str(manager.pk)


@pytest.mark.django_db
def test_what_is_refused_makes_none(make_user, bearer):
    assert bearer(make_user("items:write:self")).post(URL, {"name": ""}).status_code == 422
    assert bearer(make_user("items:read")).post(URL, PEN).status_code == 403

    assert not StoreManager.objects.exists()


@pytest.mark.django_db
def test_another_s_items_cannot_be_made(make_user, bearer):
    other = StoreManagerFactory.create()

    item = bearer(make_user("items:write")).post(URL, {**PEN, "store_manager_id": str(other.pk)}).json()

    assert item["store_manager_id"] != str(other.pk)


@pytest.mark.django_db(transaction=True)
def test_twenty_first_items_at_once_make_one_store_manager(live_server, make_user, monkeypatch):
    """Twenty accounts, one after the other, each with twenty clients that post its first item at the same moment."""
    # The server sends head and body apart, for which Nagle's algorithm would make each answer wait 40 ms.
    monkeypatch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)
    with clients(live_server.url, 20) as posters:
        for _ in range(20):
            user = make_user("items:write:self")
            auth = {"Authorization": f"Bearer {sessions.start(user).access}"}
            answers = at_once(*(partial(client.ask, "POST", URL, PEN, auth) for client in posters))

            assert Counter(answer.status for answer in answers) == {201: 20}
            manager = StoreManager.objects.get(user=user)
            assert {answer.body["store_manager_id"] for answer in answers} == {str(manager.pk)}
            assert manager.items.count() == 20
