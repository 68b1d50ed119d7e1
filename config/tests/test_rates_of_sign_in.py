"""The rate of whatever takes or gives out secrets, and what it has to do with the lockout."""

from collections import OrderedDict
from collections.abc import Callable
from unittest.mock import Mock

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from rest_framework.test import APIClient

from accounts.factories import PASSWORD
from accounts.models import AuditEvent, User
from common.rates import in_memory
from common.testing.rates import left

LOGIN = "/api/v1/users/login"
ME = "/api/v1/users/me"
REGISTER = "/api/v1/users/register"

Rates = Callable[..., None]
Users = Callable[..., User]
Bearer = Callable[[User], APIClient]

AUTH = [
    ("post", "/api/v1/users/login"),
    ("post", "/api/v1/users/register"),
    ("post", "/api/v1/users/refresh"),
    ("post", "/api/v1/users/password-reset"),
    ("post", "/api/v1/users/password-reset/confirm"),
    ("post", "/api/v1/users/verify-email"),
    ("post", "/api/v1/users/verify-email/resend"),
    ("post", "/api/v1/users/me/password"),
    ("patch", "/api/v1/users/me"),
    ("delete", "/api/v1/users/me"),
    ("post", "/api/v1/users/me/tokens"),
    ("post", "/api/v1/token"),
    ("post", "/api/v1/token/refresh"),
    ("post", "/api/v1/token/verify"),
    ("post", "/api/v1/store-managers"),
    ("post", "/api/v1/store-managers/token"),
]


@pytest.mark.django_db
class TestAuth:
    @pytest.mark.parametrize(("method", "url"), AUTH, ids=lambda value: value)
    def test_what_gives_out_or_takes_secrets(self, rates: Rates, api: APIClient, method: str, url: str) -> None:
        rates(auth="1/hour")
        answers = [getattr(api, method)(url, {}) for _ in range(2)]
        assert answers[0].status_code in range(400, 423)
        assert left(answers[0], "auth") == 0
        assert answers[1].status_code == 429

    def test_all_of_it_together(self, rates: Rates, api: APIClient) -> None:
        rates(auth="2/hour")
        assert [api.post(url, {}).status_code for url in (LOGIN, REGISTER, "/api/v1/token")] == [422, 422, 429]

    @pytest.mark.parametrize(("method", "url"), [one for one in AUTH if "me" in one[1]], ids=lambda value: value)
    def test_accounts_of_one_address_have_no_more(
        self, rates: Rates, make_user: Users, bearer: Bearer, method: str, url: str
    ) -> None:
        rates(auth="2/hour")
        clients = [bearer(make_user("users:write:self")) for _ in range(3)]
        answers = [getattr(client, method)(url, {"current_password": "wrong"}) for client in clients]
        assert [answer.status_code == 429 for answer in answers] == [False, False, True]
        assert [left(answer, "auth") for answer in answers[:2]] == [1, 0]

    def test_nor_one_account_more_from_many_addresses(self, rates: Rates, make_user: Users, bearer: Bearer) -> None:
        rates(auth="2/hour")
        client = bearer(make_user("users:write:self"))
        answers = [client.patch(ME, {}, REMOTE_ADDR=f"192.0.2.{number}").status_code for number in range(3)]
        assert answers == [200, 200, 429]

    def test_what_an_account_is_refused_costs_its_address_nothing(
        self, rates: Rates, api: APIClient, make_user: Users, bearer: Bearer
    ) -> None:
        rates(auth="2/hour")
        client = bearer(make_user("users:write:self"))
        for number in range(2):
            client.patch(ME, {}, REMOTE_ADDR=f"192.0.2.{number}")
        assert client.patch(ME, {}, REMOTE_ADDR="192.0.2.7").status_code == 429
        assert left(api.post(LOGIN, {}, REMOTE_ADDR="192.0.2.7"), "auth") == 1

    @pytest.mark.parametrize("url", ["/api/v1/users/logout", "/api/v1/token/blacklist"])
    def test_but_one_can_always_leave(self, rates: Rates, api: APIClient, url: str) -> None:
        rates(auth="1/hour")
        api.post(LOGIN, {})
        assert api.post(url, {"refresh": "nonsense"} if "blacklist" in url else {}).status_code != 429

    def test_who_is_refused_has_no_password_looked_at(
        self, rates: Rates, api: APIClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        authenticate = Mock(return_value=None)
        monkeypatch.setattr("accounts.services.authenticate", authenticate)
        rates(auth="1/hour")
        for _ in range(3):
            api.post(LOGIN, {"email": "ada@example.com", "password": "wrong password"})
        assert authenticate.call_count == 1

    def test_it_counts_in_the_database_where_there_is_no_redis(
        self, rates: Rates, api: APIClient, settings: Mock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.REDIS_URL = ""
        rates(auth="1/hour")
        assert api.post(LOGIN, {}).status_code == 422
        monkeypatch.setattr(in_memory, "_windows", OrderedDict())  # as another process has one of its own
        assert api.post(LOGIN, {}).status_code == 429


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/admin/login/", "/api/v1/auth/login"])
class TestOfBrowsers:
    """They open a session of Django's."""

    @pytest.fixture
    def form(self, make_user: Callable[..., User]) -> dict[str, str]:
        return {"username": str(make_user(is_staff=True).email), "password": PASSWORD}

    def test_a_right_password_is_counted(self, rates: Rates, url: str, form: dict[str, str]) -> None:
        rates(auth="2/hour")
        answers = [Client().post(url, form) for _ in range(3)]

        assert [answer.status_code for answer in answers] == [302, 302, 429]
        refused = answers[-1]
        assert (refused.json()["code"], refused["RateLimit-Policy"]) == ("throttled", '"auth";q=2;w=3600')
        assert int(refused["Retry-After"]) > 0
        assert Session.objects.count() == AuditEvent.objects.filter(action="signed_in").count() == 2

    def test_it_is_one_budget_with_the_api_s(
        self, rates: Rates, api: APIClient, url: str, form: dict[str, str]
    ) -> None:
        rates(auth="1/hour")
        Client().post(url, form)
        assert api.post(LOGIN, {}).status_code == 429
        assert Client().post(url, form, REMOTE_ADDR="192.0.2.7").status_code == 302

    def test_switched_off_it_is_not(self, rates: Rates, url: str, form: dict[str, str], settings: Mock) -> None:
        settings.THROTTLES = False
        rates(auth="1/hour")
        assert [Client().post(url, form).status_code for _ in range(2)] == [302, 302]


@pytest.mark.django_db
class TestLockedOut:
    @pytest.fixture(params=[True, False], ids=["throttles on", "throttles off"])
    def throttles(self, request: pytest.FixtureRequest, settings: Mock) -> bool:
        settings.THROTTLES = request.param
        return bool(request.param)

    def test_it_says_so_by_the_same_headers(
        self, rates: Rates, throttles: bool, api: APIClient, make_user: Callable[..., User]
    ) -> None:
        rates(auth="100/hour")
        body = {"email": make_user().email, "password": "wrong password"}
        answers = [api.post(LOGIN, body) for _ in range(6)]

        assert [answer.status_code for answer in answers] == [401] * 5 + [429]
        refused = answers[-1]
        assert refused.json()["code"] == "locked_out"
        policies = ['"auth";q=100;w=3600', '"passwords";q=5;w=900']
        assert refused["RateLimit-Policy"].split(", ") == (policies if throttles else policies[1:])
        assert refused["RateLimit"].endswith(f'"passwords";r=0;t={refused["Retry-After"]}')
