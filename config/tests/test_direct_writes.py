"""Which resources are written by one statement, and that it gives way to nobody who has a say in it."""

import threading
import time
from contextlib import contextmanager

import pytest
from django.core.validators import MinLengthValidator
from django.db import connection, models
from django.db.models.signals import post_save
from rest_framework import serializers
from rest_framework.response import Response

from common.api import direct, fields, plain
from common.api.intake import intake
from common.api.serializers import ResourceSerializer
from common.api.shapes import changes_plainly, creates_plainly, insert_query, update_query
from items.factories import ItemFactory
from items.models import Item
from items.serializers import ItemSerializer
from items.views import ItemViewSet
from stores.factories import StoreManagerFactory
from stores.views import StoreManagerViewSet
from todos.factories import TodoFactory
from todos.models import Todo
from todos.serializers import TodoSerializer
from todos.views import TodoViewSet

WAITING = "SELECT 1 FROM pg_locks WHERE NOT granted"

only_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="has writers at the same time")


new_row = plain.new_row


def own(base, *names, **members):
    return type("Own", (base,), {**dict.fromkeys(names, lambda self, *args: None), **members})


def test_the_resources_of_the_product():
    for viewset, serializer, model in ((ItemViewSet, ItemSerializer, Item), (TodoViewSet, TodoSerializer, Todo)):
        assert creates_plainly(viewset)
        assert changes_plainly(viewset)
        assert intake(serializer, model)
        assert plain.is_plain(model)
    assert not creates_plainly(StoreManagerViewSet)
    assert not changes_plainly(StoreManagerViewSet)


@pytest.mark.parametrize(
    "name", ["create", "perform_create", "get_ownership", "location", "get_serializer", "get_queryset", "represent"]
)
def test_a_viewset_with_a_way_of_its_own_to_create_keeps_it(name):
    assert not creates_plainly(own(TodoViewSet, name))


@pytest.mark.parametrize(
    "name",
    ["update", "perform_update", "lock_object", "get_object", "get_lookup", "read_key", "access", "get_serializer"],
)
def test_a_viewset_with_a_way_of_its_own_to_change_keeps_it(name):
    assert not changes_plainly(own(TodoViewSet, name))


@pytest.mark.parametrize("name", ["validate", "validate_title", "create", "update", "save", "to_internal_value"])
def test_so_does_a_serializer(name):
    assert intake(own(TodoSerializer, name), Todo) is None


class Loud(fields.StringField):
    def to_internal_value(self, data):
        return super().to_internal_value(data).upper()


class OfTheContext:
    requires_context = True

    def __call__(self, *args):
        return "x"


@pytest.mark.parametrize(
    "title",
    [
        Loud(),
        serializers.CharField(),
        fields.StringField(source="description"),
        fields.StringField(source="user.name"),
        fields.StringField(default=OfTheContext()),
        fields.StringField(validators=[OfTheContext()]),
        fields.RelatedField(queryset=Todo.objects.all(), source="user"),
    ],
    ids=range(7),
)
def test_a_field_that_may_know_more_than_its_value_is_left_to_drf(title):
    class Odd(ResourceSerializer[Todo]):
        class Meta:
            model = Todo
            fields = ("id", "title")

    found = intake(type("Odd", (Odd,), {"title": title, "Meta": Odd.Meta}), Todo)

    assert (found is None) is (title.source != "description")


def test_rules_for_the_whole_body_are_left_to_drf():
    meta = type("Meta", (TodoSerializer.Meta,), {"validators": [MinLengthValidator(1)]})

    assert intake(type("Ruled", (TodoSerializer,), {"Meta": meta}), Todo) is None


def test_somebody_who_listens_to_the_model_hears_of_it(make_user, bearer):
    heard = []

    def listen(sender, instance, created, **kwargs):
        heard.append((instance.title, created))

    client = bearer(make_user("*"))
    client.post("/api/v1/todos", {"title": "Unheard"})
    post_save.connect(listen, sender=Todo)
    try:
        todo = client.post("/api/v1/todos", {"title": "Heard"}).json()
        client.patch(f"/api/v1/todos/{todo['id']}", {"title": "Changed"})
    finally:
        post_save.disconnect(listen, sender=Todo)

    assert heard == [("Heard", True), ("Changed", False)]
    assert plain.is_plain(Todo)


class Upper(models.CharField[str, str]):
    def pre_save(self, instance, add):
        return super().pre_save(instance, add).upper()


def model(name, /, base=models.Model, **members):
    meta = type("Meta", (), {"app_label": "odd", "managed": False})
    return type(name, (base,), {"__module__": "odd", "Meta": meta, **members})


def test_a_model_with_a_way_of_its_own_is_left_to_the_orm():
    assert plain.is_plain(model("Plain", name=models.CharField()))
    for index, members in enumerate(
        [
            {"save": lambda self, **kwargs: None},
            {"__init__": lambda self, *args, **kwargs: None},
            {"objects": type("OwnManager", (models.Manager,), {})()},
            {"name": Upper()},
            {"name": models.CharField(db_default="x")},
            {"day": models.DateField(auto_now=True)},
            {"file": models.FileField()},
        ]
    ):
        assert not plain.is_plain(model(f"Odd{index}", **members)), members
    assert not plain.is_plain(model("Child", base=model("Parent")))


@pytest.mark.django_db
def test_an_owner_by_way_of_what_may_be_several_rows_is_not_looked_up():
    assert insert_query(ItemViewSet)
    assert update_query(ItemViewSet, "store_manager__user", ("name",))
    assert insert_query(own(ItemViewSet, owner="store_manager__name")) is None
    assert update_query(ItemViewSet, "store_manager__name", ("name",)) is None


@pytest.mark.django_db
def test_rows_that_are_found_by_another_table_are_not_changed_directly():
    rows = Item.objects.filter(store_manager__name="x")

    assert update_query(own(ItemViewSet, queryset=rows), None, ("name",)) is None


def test_what_the_database_refuses_undoes_nothing_else(make_user, bearer, monkeypatch):
    """Where somebody has begun a transaction, who goes on with it."""
    user = make_user("*")
    monkeypatch.setattr(plain, "new_row", lambda model, values: {**new_row(model, values), "title": ""})
    with pytest.raises(Exception, match="todo_title_not_empty"):
        bearer(user).post("/api/v1/todos", {"title": "x"})

    assert not Todo.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_it_belongs_to_may_be_gone_by_then(make_user, bearer, monkeypatch):
    user = make_user("todos:write")

    def too_late(model, values):
        type(user).objects.filter(pk=user.pk).delete()
        return new_row(model, values)

    client = bearer(user)
    monkeypatch.setattr(plain, "new_row", too_late)
    response = client.post("/api/v1/todos", {"title": "x"})

    assert (response.status_code, response.json()["code"]) == (409, "gone")
    assert not Todo.objects.exists()


@contextmanager
def changed_by_another(sql, *params):
    """By somebody whose transaction ends when others wait for it."""
    from psycopg import connect

    connection.ensure_connection()
    address = connection.connection.info.dsn
    with connect(address) as other:
        other.execute(sql, params)

        def end():
            deadline = time.monotonic() + 5
            with connect(address, autocommit=True) as watching:
                while time.monotonic() < deadline and not watching.execute(WAITING).fetchone():
                    time.sleep(0.01)
            other.commit()

        ending = threading.Thread(target=end)
        ending.start()
        yield
        ending.join(timeout=10)


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_row_that_was_given_away_while_it_was_waited_for_is_not_changed(make_user, bearer):
    owner, other = make_user("todos:write:self", "items:write:self"), make_user()
    client = bearer(owner)
    item = ItemFactory.create(store_manager=StoreManagerFactory.create(user=owner), name="Theirs")
    todo = TodoFactory.create(user=owner, title="Theirs")
    keeper = StoreManagerFactory.create(user=other)
    with changed_by_another("UPDATE items_item SET store_manager_id = %s WHERE id = %s", keeper.pk, item.pk):
        assert client.patch(f"/api/v1/items/{item.pk}", {"name": "Mine"}).status_code == 403
    with changed_by_another("UPDATE todos_todo SET user_id = %s WHERE id = %s", other.pk, todo.pk):
        assert client.patch(f"/api/v1/todos/{todo.pk}", {"title": "Mine"}).status_code == 403

    assert Item.objects.get().name == Todo.objects.get().title == "Theirs"


def test_an_action_may_have_a_serializer_of_its_own(make_user, bearer, rf):
    class Brief(ResourceSerializer[Todo]):
        class Meta:
            model = Todo
            fields = ("id", "title")

    request = rf.post("/todos", {"title": "x"}, content_type="application/json")
    request.META["HTTP_AUTHORIZATION"] = bearer(make_user("*"))._credentials["HTTP_AUTHORIZATION"]
    response = TodoViewSet.as_view({"post": "create"}, serializer_class=Brief, basename="todos")(request)

    assert (response.status_code, set(response.data)) == (201, {"id", "title"})


def test_a_change_that_depends_on_what_was_read_is_made_under_the_lock(make_user, bearer, monkeypatch):
    user = make_user("todos:write:self")
    todo = TodoFactory.create(user=user)
    client, path, locked = bearer(user), f"/api/v1/todos/{todo.pk}", []
    monkeypatch.setattr(direct, "lock", lambda view: locked.append(view))
    first = client.patch(path, {"title": "First"})
    assert not isinstance(first, Response)
    assert not locked

    second = client.patch(path, {"title": "Second"}, headers={"If-Match": first.headers["ETag"]})
    assert not isinstance(second, Response)
    assert len(locked) == 1
    monkeypatch.setattr(TodoViewSet, "require_if_match", True)
    assert client.patch(path, {"title": "Without"}).status_code == 428
