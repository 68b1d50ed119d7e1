"""Requests and callers at the same moment, each on a database connection of its own."""

from collections import Counter
from functools import partial

import pytest
from django.db import connection
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken

from accounts import sessions
from accounts.factories import UserFactory
from accounts.models import User
from common.testing.races import at_once, clients
from stores.factories import StoreManagerFactory
from stores.models import StoreManager
from stores.services import manager_id_of, manager_of

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/api/v1/store-managers"
AT_ONCE = 8


def test_an_address_opens_one_store(live_server):
    spellings = ["ada@example.com", "Ada@Example.com", "ADA@EXAMPLE.COM", "aDa@example.com"] * (AT_ONCE // 4)
    bodies = [{"name": "Corner Shop", "email": email, "password": "correct horse battery"} for email in spellings]
    with clients(live_server.url, AT_ONCE) as openers:
        calls = [partial(client.ask, "POST", URL, body) for client, body in zip(openers, bodies, strict=True)]
        answers = at_once(*calls)

    assert Counter(answer.status for answer in answers) == {201: 1, 400: AT_ONCE - 1}
    assert {answer.body["code"] for answer in answers if answer.status == 400} == {"email_taken"}
    assert StoreManager.objects.get().user == User.objects.get()


def test_an_address_is_a_users_or_a_store_managers(live_server):
    body = {"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"}
    urls = [URL, "/api/v1/users/register"] * (AT_ONCE // 2)
    with clients(live_server.url, AT_ONCE) as askers:
        answers = at_once(*(partial(client.ask, "POST", url, body) for client, url in zip(askers, urls, strict=True)))

    assert Counter(answer.status for answer in answers) == {201: 1, 400: AT_ONCE - 1}
    user = User.objects.get()
    assert StoreManager.objects.filter(user=user).exists() is user.has_role("store_manager")


@pytest.mark.parametrize("ask_for", [lambda user: manager_of(user).pk, manager_id_of])
def test_an_account_gets_one_store_manager_however_many_ask(ask_for):
    user = UserFactory.create()

    def ask():
        try:
            return ask_for(User.objects.get(pk=user.pk))
        finally:
            connection.close()

    found = at_once(*[ask] * AT_ONCE)

    assert set(found) == {StoreManager.objects.get().pk}


def test_a_token_is_logged_out_once_however_often_it_is_asked(live_server):
    token = sessions.start_bearer(StoreManagerFactory.create().user).access
    with clients(live_server.url, AT_ONCE, token) as askers:
        answers = at_once(*(partial(client.ask, "POST", f"{URL}/logout") for client in askers))

    assert {answer.status for answer in answers} <= {200, 401}
    assert 200 in {answer.status for answer in answers}
    assert BlacklistedToken.objects.count() == 1
