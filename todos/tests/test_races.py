"""Clients at the same moment, over HTTP: no change is lost, nothing happens twice, and nobody gets a 500."""

from collections import Counter
from contextlib import ExitStack
from functools import partial
from itertools import chain, cycle

import pytest
from django.core.servers.basehttp import WSGIRequestHandler

from accounts import sessions
from common.testing.races import at_once, clients
from todos.factories import TodoFactory
from todos.models import Todo

pytestmark = pytest.mark.django_db(transaction=True)

LIST, BULK = "/api/v1/todos", "/api/v1/todos/bulk"
KEY = {"Idempotency-Key": "one click too many"}


@pytest.fixture
def owner(make_user):
    return make_user("todos:read:self", "todos:write:self", "todos:delete:self")


@pytest.fixture
def connect(live_server, owner, monkeypatch):
    """So many clients, all of them the owner's."""
    # The server sends head and body apart, for which Nagle's algorithm would make each answer wait 40 ms.
    monkeypatch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)
    token = sessions.start(owner).access
    with ExitStack() as stack:
        yield lambda count: stack.enter_context(clients(live_server.url, count, token))


def detail(row):
    return f"{LIST}/{row.pk}"


def test_if_match_counts_every_increment(connect, owner):
    """Eight clients count to eighty in one title, each reading again whenever another was quicker."""
    counters, each = connect(8), 10
    total = len(counters) * each
    url = detail(TodoFactory.create(user=owner, title="0"))

    def increment(client):
        # Whenever one is refused another one got through, so this many attempts are always enough.
        for _ in range(total):
            read = client.ask("GET", url)
            number = int(read.body["title"]) + 1
            answer = client.ask("PATCH", url, {"title": str(number)}, {"If-Match": read.headers["ETag"]})
            if answer.status == 200:
                return number
            assert answer.status == 412, answer
        raise AssertionError("refused more often than others got through")

    def count(client):
        return [increment(client) for _ in range(each)]

    counted = at_once(*(partial(count, client) for client in counters))

    assert sorted(chain.from_iterable(counted)) == list(range(1, total + 1))
    assert Todo.objects.get().title == str(total)


def test_changes_to_different_fields_are_all_kept(connect, owner):
    one, other = connect(2)
    row = TodoFactory.create(user=owner)
    for n in range(200):
        title, rest = {"title": f"title {n}"}, {"description": f"description {n}", "completed": n % 2 == 0}
        answers = at_once(partial(one.ask, "PATCH", detail(row), title), partial(other.ask, "PATCH", detail(row), rest))
        assert [answer.status for answer in answers] == [200, 200]
        assert Todo.objects.values(*title, *rest).get() == title | rest


@pytest.mark.parametrize(("url", "body"), [(LIST, {"title": "a"}), (BULK, [{"title": "a"}, {"title": "b"}])])
def test_one_idempotency_key_creates_once(connect, url, body):
    posters = connect(20)

    answers = at_once(*(partial(client.ask, "POST", url, body, KEY) for client in posters))

    again = posters[0].ask("POST", url, body, KEY)
    assert again.status == 201
    for answer in answers:
        if answer.status == 409:
            assert answer.body["code"] == "idempotency_key_in_flight"
        else:
            assert (answer.status, answer.body) == (201, again.body)
    assert 201 in {answer.status for answer in answers}
    assert Todo.objects.count() == (len(body) if isinstance(body, list) else 1)


def test_bulk_updates_in_opposite_orders_do_not_wait_for_each_other(connect, owner):
    patchers = connect(8)
    rows = TodoFactory.create_batch(50, user=owner)
    orders = {"forwards": rows, "backwards": rows[::-1]}
    bodies = [[{"id": row.pk, "title": title} for row in order] for title, order in orders.items()]
    for _ in range(5):
        answers = at_once(
            *(partial(client.ask, "PATCH", BULK, body) for client, body in zip(patchers, cycle(bodies), strict=False))
        )
        assert Counter(answer.status for answer in answers) == {200: len(patchers)}
        titles = Todo.objects.values_list("title", flat=True).distinct()
        assert titles.get() in orders


def test_bulk_updates_of_different_fields_are_all_kept(connect, owner):
    """One changes the title of every other row and the description of the rest; the other, the other way round."""
    one, other = connect(2)
    rows = TodoFactory.create_batch(20, user=owner)
    for n in range(10):
        title, description = {"title": f"title {n}"}, {"description": f"description {n}"}
        body, reverse = (
            [{"id": row.pk, **change} for row, change in zip(rows, cycle(changes), strict=False)]
            for changes in ([title, description], [description, title])
        )
        answers = at_once(partial(one.ask, "PATCH", BULK, body), partial(other.ask, "PATCH", BULK, reverse))
        assert [answer.status for answer in answers] == [200, 200]
        assert list(Todo.objects.values("title", "description")) == [title | description] * len(rows)


def test_a_row_is_deleted_once(connect, owner):
    deleters = connect(8)
    for row in TodoFactory.create_batch(10, user=owner):
        answers = at_once(*(partial(client.ask, "DELETE", detail(row)) for client in deleters))
        assert Counter(answer.status for answer in answers) == {204: 1, 404: len(deleters) - 1}


def test_a_change_comes_before_a_deletion_or_too_late(connect, owner):
    deleter, *patchers = connect(4)
    for row in TodoFactory.create_batch(25, user=owner):
        deleted, *changed = at_once(
            partial(deleter.ask, "DELETE", detail(row)),
            *(partial(client.ask, "PATCH", detail(row), {"title": "changed"}) for client in patchers),
        )
        assert deleted.status == 204
        assert {answer.status for answer in changed} <= {200, 404}
    assert not Todo.objects.exists()


@pytest.mark.parametrize("ordering", ["-id", "title"])
def test_a_walk_with_a_cursor_misses_no_row_and_repeats_none(connect, owner, ordering):
    """Titles repeat, so that by title new rows come before, between and after the ones that were there."""
    walker, *writers = connect(4)
    there = {TodoFactory.create(user=owner, title=f"title {n % 5}").pk for n in range(60)}

    def write(client):
        return [client.ask("POST", LIST, {"title": f"title {n % 5}"}).status for n in range(20)]

    def walk():
        seen: list[int] = []
        link = f"{LIST}?cursor=&page_size=5&ordering={ordering}"
        while link and len(seen) == len(set(seen)):
            page = walker.ask("GET", link).body
            seen += [row["id"] for row in page["results"]]
            link = page["next"]
        return seen

    seen, *written = at_once(walk, *(partial(write, client) for client in writers))

    assert set(chain.from_iterable(written)) == {201}
    assert len(seen) == len(set(seen))
    assert there <= set(seen)
