"""How often: which rate a request is counted by, whose it is, and what its answer says."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import personal_tokens
from accounts.models import User
from common.signals import throttled
from common.testing.base import check_problem
from common.testing.rates import left
from todos.models import Todo
from todos.views import TodoViewSet

TODOS = "/api/v1/todos"
EVERYTHING = ("todos:read", "todos:write", "todos:delete")

Rates = Callable[..., None]


@pytest.fixture
def user(make_user: Callable[..., User]) -> User:
    return make_user(*EVERYTHING)


@pytest.fixture
def client(user: User, bearer: Callable[[User], APIClient]) -> APIClient:
    return bearer(user)


def program(user: User, permission: str) -> APIClient:
    """With a personal access token."""
    expires_at = timezone.now() + timedelta(days=1)
    found = APIClient()
    _, raw = personal_tokens.issue(user, name="program", permissions=[permission], expires_at=expires_at)
    found.credentials(HTTP_AUTHORIZATION=f"Bearer {raw}")
    return found


@pytest.fixture
def refusals() -> Iterator[list[dict[str, object]]]:
    """What the signal has told of."""
    heard: list[dict[str, object]] = []

    def listen(sender: object, signal: object, **told: object) -> None:
        heard.append(told)

    throttled.connect(listen)
    yield heard
    throttled.disconnect(listen)


def test_every_answer_says_what_is_left(rates: Rates, client: APIClient) -> None:
    rates(read="10/hour")

    found, missing = client.get(TODOS), client.get(f"{TODOS}/0")

    assert (found.status_code, missing.status_code) == (200, 404)
    assert found["RateLimit-Policy"] == missing["RateLimit-Policy"] == '"read";q=10;w=3600'
    assert (left(found, "read"), left(missing, "read")) == (9, 8)


def test_beyond_it_is_429_until_the_window_ends(rates: Rates, client: APIClient) -> None:
    rates(read="1/hour")
    client.get(TODOS)

    refused = client.get(TODOS)

    assert refused.status_code == 429
    problem = check_problem(refused)
    assert problem["code"] == "throttled"
    assert problem["detail"] == f"Too many requests. Try again in {refused['Retry-After']} s."
    assert 3500 < int(refused["Retry-After"]) <= 3600
    assert refused["RateLimit-Policy"] == '"read";q=1;w=3600'
    assert refused["RateLimit"] == f'"read";r=0;t={refused["Retry-After"]}'


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_asking_is_reading_by_whatever_method(rates: Rates, client: APIClient, method: str) -> None:
    rates(read="5/hour")
    assert left(getattr(client, method)(TODOS), "read") == 4


def test_changing_is_writing(rates: Rates, client: APIClient) -> None:
    rates(write="5/hour")
    made = client.post(TODOS, {"title": "A"})
    todo = f"{TODOS}/{made.json()['id']}"
    answers = [made, client.patch(todo, {"title": "B"}), client.put(todo, {"title": "C"}), client.delete(todo)]
    assert [left(answer, "write") for answer in answers] == [4, 3, 2, 1]


def test_searching_has_a_rate_of_its_own(rates: Rates, client: APIClient) -> None:
    rates(search="1/hour")
    assert [client.post(f"{TODOS}/search", {}).status_code for _ in range(2)] == [200, 429]
    assert client.get(TODOS).status_code == 200


@pytest.mark.parametrize("path", ["", "/self", "/count"])
@pytest.mark.parametrize(
    ("query", "scope"), [("q=red", "search"), ("%71=red", "search"), ("q=%20", "read"), ("", "read")]
)
def test_a_text_to_look_for_makes_a_list_a_search(
    rates: Rates, client: APIClient, path: str, query: str, scope: str
) -> None:
    rates(search="10/hour", read="10/hour")
    assert left(client.get(f"{TODOS}{path}?{query}"), scope) == 9


def test_what_is_refused_changes_nothing(rates: Rates, client: APIClient) -> None:
    rates(write="1/hour")
    assert [client.post(TODOS, {"title": "A"}).status_code for _ in range(3)] == [201, 429, 429]
    assert Todo.objects.count() == 1


class TestBulk:
    def rows(self, number: int) -> list[dict[str, str]]:
        return [{"title": f"Todo {index}"} for index in range(number)]

    def test_it_costs_its_rows(self, rates: Rates, client: APIClient) -> None:
        rates(bulk="1000/hour")

        made = client.post(f"{TODOS}/bulk", self.rows(300))
        ids = [row["id"] for row in made.json()]
        changed = client.patch(f"{TODOS}/bulk", [{"id": id, "completed": True} for id in ids[:200]])
        deleted = client.post(f"{TODOS}/bulk-delete", {"ids": ids[:100]})

        assert [left(answer, "bulk") for answer in (made, changed, deleted)] == [700, 500, 400]

    def test_what_has_no_room_is_refused_whole(self, rates: Rates, client: APIClient) -> None:
        rates(bulk="500/hour")

        answers = [client.post(f"{TODOS}/bulk", self.rows(number)) for number in (300, 300, 199)]

        assert [answer.status_code for answer in answers] == [201, 429, 201]
        assert Todo.objects.count() == 499
        assert left(answers[-1], "bulk") == 0, "the one that was refused cost one"

    def test_more_than_the_limit_is_told_to_send_less(self, rates: Rates, client: APIClient) -> None:
        rates(bulk="10/hour")
        refused = client.post(f"{TODOS}/bulk", self.rows(11))
        assert refused.status_code == 429
        assert refused.json()["detail"] == "This is more than the limit of 10 at once: send less."

    @pytest.mark.parametrize("body", [[], {}, {"ids": 3}, [{}], "text", None])
    def test_what_is_no_bulk_costs_one(self, rates: Rates, client: APIClient, body: object) -> None:
        rates(bulk="10/hour")
        assert left(client.post(f"{TODOS}/bulk", body, format="json"), "bulk") == 9

    def test_more_rows_than_are_taken_are_still_422(self, rates: Rates, client: APIClient) -> None:
        rates(bulk="1000/hour")
        assert client.post(f"{TODOS}/bulk", self.rows(1_001)).status_code == 422

    def test_who_may_not_has_their_body_unread(
        self, rates: Rates, make_user: Callable[..., User], bearer: Callable[[User], APIClient]
    ) -> None:
        rates(bulk="10/hour")
        response = bearer(make_user()).post(f"{TODOS}/bulk", "no JSON", content_type="application/json")
        assert (response.status_code, left(response, "bulk")) == (403, 9)


class TestWhoIsCounted:
    def test_an_account_wherever_it_comes_from(self, rates: Rates, client: APIClient) -> None:
        rates(read="10/hour")
        answers = [client.get(TODOS, REMOTE_ADDR=ip) for ip in ("192.0.2.1", "198.51.100.1")]
        assert [left(answer, "read") for answer in answers] == [9, 8]

    def test_each_account_apart(
        self, rates: Rates, client: APIClient, make_user: Callable[..., User], bearer: Callable[[User], APIClient]
    ) -> None:
        rates(read="10/hour")
        answers = [client.get(TODOS), bearer(make_user(*EVERYTHING)).get(TODOS)]
        assert [left(answer, "read") for answer in answers] == [9, 9]

    def test_programs_apart_from_their_owner(self, rates: Rates, user: User, client: APIClient) -> None:
        rates(write="2/hour")
        programs = [program(user, permission) for permission in ("todos:read", "todos:delete")]
        answers = [one.post(TODOS, {"title": "A"}) for one in (*programs, programs[0], client)]
        assert [answer.status_code for answer in answers] == [403, 403, 429, 201]
        assert left(answers[-1], "write") == 1

    @pytest.mark.parametrize(
        ("method", "url", "status"),
        [
            ("post", "/api/v1/users/logout-all", 200),
            ("delete", "/api/v1/users/me/tokens/{id}", 404),
            ("delete", "/api/v1/users/me/sessions/{id}", 404),
            ("post", "/api/v1/store-managers/logout", 200),
        ],
    )
    def test_access_can_be_taken_away_whatever_is_used_up(
        self, rates: Rates, user: User, client: APIClient, method: str, url: str, status: int
    ) -> None:
        rates(write="1/hour")
        made = [client.post(TODOS, {"title": "A"}, REMOTE_ADDR="192.0.2.7") for _ in range(2)]
        assert [answer.status_code for answer in made] == [201, 429]
        answer = getattr(client, method)(url.format(id=uuid4()))
        assert (answer.status_code, left(answer, "write")) == (status, 0), "counted against the address"

    @pytest.mark.django_db
    def test_without_an_account_the_address(self, rates: Rates, api: APIClient) -> None:
        rates(read="10/hour")
        answers = [api.get(TODOS, REMOTE_ADDR=ip) for ip in ("192.0.2.1", "192.0.2.1", "192.0.2.2")]
        assert [(answer.status_code, left(answer, "read")) for answer in answers] == [(401, 9), (401, 8), (401, 9)]

    @pytest.mark.django_db
    def test_of_ipv6_what_one_subscriber_has(self, rates: Rates, api: APIClient) -> None:
        rates(read="10/hour")
        addresses = ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", "2001:db8:0:2::1")
        assert [left(api.get(TODOS, REMOTE_ADDR=ip), "read") for ip in addresses] == [9, 8, 9]

    @pytest.mark.django_db
    def test_credentials_that_do_not_work_count_against_the_address(self, rates: Rates, api: APIClient) -> None:
        rates(read="2/hour")
        answers = [api.get(TODOS, HTTP_AUTHORIZATION=f"Bearer {number}") for number in range(3)]
        assert [answer.status_code for answer in answers] == [401, 401, 429]

    def test_but_not_against_who_is_signed_in_there(self, rates: Rates, api: APIClient, client: APIClient) -> None:
        rates(read="1/hour")
        api.get(TODOS, HTTP_AUTHORIZATION="Bearer nonsense")
        assert client.get(TODOS).status_code == 200

    def test_who_may_not_is_counted_too(
        self, rates: Rates, make_user: Callable[..., User], bearer: Callable[[User], APIClient]
    ) -> None:
        rates(read="2/hour")
        nobody = bearer(make_user())
        assert [nobody.get(TODOS).status_code for _ in range(3)] == [403, 403, 429]

    @pytest.mark.django_db
    def test_fifty_forged_addresses_are_one(self, rates: Rates, api: APIClient) -> None:
        rates(read="10/hour")
        forged = [{"X-Forwarded-For": f"203.0.113.{number}"} for number in range(50)]
        answers = [api.get(TODOS, headers=headers).status_code for headers in forged]
        assert answers == [401] * 10 + [429] * 40


def test_switched_off_nothing_is_counted(rates: Rates, client: APIClient, settings: Mock) -> None:
    settings.THROTTLES = False
    rates(read="1/hour", bulk="1/hour")
    answers = [client.get(TODOS), client.get(TODOS), client.post(f"{TODOS}/bulk", [{"title": "A"}, {"title": "B"}])]
    assert [answer.status_code for answer in answers] == [200, 200, 201]
    assert not any("RateLimit" in answer or "RateLimit-Policy" in answer for answer in answers)


def test_who_listens_is_told_of_each_refusal(
    rates: Rates, refusals: list[dict[str, object]], user: User, client: APIClient, api: APIClient
) -> None:
    rates(read="1/hour")
    client.get(TODOS)
    assert refusals == []

    refused = client.get(TODOS)
    api.get(TODOS)
    api.get(TODOS)

    seconds = int(refused["Retry-After"])
    assert refusals == [{"scope": "read", "retry_after": seconds, "user": user.pk}, {**refusals[-1], "user": None}]


@pytest.mark.usefixtures("db")
def test_a_listener_that_fails_does_not_make_it_an_error(rates: Rates, api: APIClient) -> None:
    def fail(**kwargs: object) -> None:
        raise RuntimeError

    throttled.connect(fail)
    rates(read="1/hour")
    assert [api.get(TODOS).status_code for _ in range(2)] == [401, 429]
    throttled.disconnect(fail)


def test_a_page_is_counted_once(rates: Rates, client: APIClient) -> None:
    rates(read="10/hour", write="10/hour", bulk="10/hour")
    page = client.get(TODOS, HTTP_ACCEPT="text/html")
    assert (page.status_code, left(page, "read")) == (200, 9)
    assert left(client.get(TODOS), "read") == 8


def test_the_schema_says_so_of_every_operation() -> None:
    document = json.loads(APIClient().get("/openapi.json").content)
    operations = [
        operation
        for path, methods in document["paths"].items()
        if path.startswith("/api/v1")
        for operation in methods.values()
    ]
    headers = {
        name: {"$ref": f"#/components/headers/{name}"} for name in ("RateLimit", "RateLimit-Policy", "Retry-After")
    }
    assert operations
    assert all(operation["responses"]["429"]["headers"] == headers for operation in operations)
    assert document["components"]["headers"].keys() == headers.keys()


def test_a_throttle_of_rest_framework_s_own_is_asked_too(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Mock(**{"allow_request.return_value": False, "wait.return_value": 7})
    monkeypatch.setattr(TodoViewSet, "throttle_classes", [lambda: full])
    response = client.get(TODOS)
    assert response.status_code == 429
    check_problem(response)
