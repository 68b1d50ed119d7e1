"""Which resources take many rows by one statement, and that it gives way to nobody who has a say in it."""

import pytest
from django.db import DataError, connection
from django.utils import timezone
from rest_framework.response import Response

from common.api import plain
from common.api.shapes import creates_many_plainly, insert_many_query
from items.models import Item
from items.views import ItemViewSet
from stores.factories import StoreManagerFactory
from todos.factories import TodoFactory
from todos.models import Todo
from todos.views import TodoViewSet

only_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="takes a column at once")

new_columns = plain.new_columns


def own(base, *names, **members):
    return type("Own", (base,), {**dict.fromkeys(names, lambda self, *args: None), **members})


def test_the_resources_of_the_product():
    assert creates_many_plainly(ItemViewSet)
    assert creates_many_plainly(TodoViewSet)


@pytest.mark.parametrize(
    "name", ["bulk_create", "perform_bulk_create", "get_ownership", "get_serializer", "get_queryset"]
)
def test_a_viewset_with_a_way_of_its_own_to_create_many_keeps_it(name):
    assert not creates_many_plainly(own(TodoViewSet, name))


@only_postgresql
@pytest.mark.django_db
def test_an_owner_by_way_of_what_may_be_several_rows_is_not_looked_up():
    assert insert_many_query(ItemViewSet)
    assert insert_many_query(own(ItemViewSet, owner="store_manager__name")) is None


@pytest.mark.django_db
def test_a_database_that_takes_no_column_at_once_is_left_to_the_orm():
    assert (insert_many_query(TodoViewSet) is not None) is (connection.vendor == "postgresql")


@only_postgresql
def test_of_many_rows_one_that_the_database_refuses_undoes_those_and_nothing_else(make_user, bearer, monkeypatch):
    def odd(model, rows):
        return {**new_columns(model, rows), "title": ["first", ""]}

    client, other = bearer(make_user("*")), TodoFactory.create()
    monkeypatch.setattr(plain, "new_columns", odd)
    with pytest.raises(Exception, match="todo_title_not_empty"):
        client.post("/api/v1/todos/bulk", [{"title": "x"}, {"title": "y"}])

    assert Todo.objects.get() == other


@only_postgresql
@pytest.mark.django_db
def test_a_text_that_is_too_long_for_its_column_is_refused_and_not_cut_off(make_user):
    query, row = insert_many_query(TodoViewSet), {"title": "x" * 256, "user_id": make_user().pk}
    row |= {"description": None, "completed": False, "created_at": timezone.now(), "updated_at": timezone.now()}

    assert query
    with pytest.raises(DataError, match="too long"):
        query.fetch({("new", name): [value] for name, value in row.items()})


@only_postgresql
def test_many_rows_belong_to_who_is_there_to_own_them(make_user, bearer):
    """Somebody without a store yet gets one DRF's way; then it is found."""
    user = make_user("items:write:self")
    client = bearer(user)
    StoreManagerFactory.create()
    first = client.post("/api/v1/items/bulk", [{"name": "First"}, {"name": "Second"}])
    again = client.post("/api/v1/items/bulk", [{"name": "Third"}])

    assert isinstance(first, Response)
    assert not isinstance(again, Response)
    assert {item.store_manager.user for item in Item.objects.all()} == {user}
    assert list(Item.objects.order_by("id").values_list("name", flat=True)) == ["First", "Second", "Third"]


@only_postgresql
def test_rows_are_numbered_and_answered_in_the_order_sent(make_user, bearer):
    titles = [f"{number * 7 % 1_000}" for number in range(1_000)]
    made = bearer(make_user("*")).post("/api/v1/todos/bulk", [{"title": title} for title in titles])

    assert not isinstance(made, Response)
    assert [row["title"] for row in made.json()] == titles
    assert [row["id"] for row in made.json()] == sorted(row["id"] for row in made.json())
    assert list(Todo.objects.order_by("id").values_list("title", flat=True)) == titles


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_what_they_belong_to_may_be_gone_by_then(make_user, bearer, monkeypatch):
    user = make_user("todos:write")

    def too_late(model, rows):
        type(user).objects.filter(pk=user.pk).delete()
        return new_columns(model, rows)

    client = bearer(user)
    monkeypatch.setattr(plain, "new_columns", too_late)
    response = client.post("/api/v1/todos/bulk", [{"title": "x"}, {"title": "y"}])

    assert (response.status_code, response.json()["code"]) == (409, "gone")
    assert not Todo.objects.exists()
