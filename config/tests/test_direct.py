"""Which resources are read directly, and which queries are compiled: only what is sure to be answered alike."""

import gc
import json
import weakref
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Count
from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.response import Response

from common.api import fields
from common.api.compiled import compile_rows
from common.api.filters import BooleanFilter, ContainsFilter, ResourceFilter, TextFilter
from common.api.list_shapes import PageShape, Shape, known_filters, list_layout, page_query
from common.api.ordering import terms
from common.api.rendering import layout
from common.api.serializers import ResourceSerializer
from common.api.shapes import locked_query, row_layout
from common.api.slots import NotCompiled, Slot
from items.models import Item
from items.serializers import ItemSerializer
from items.views import ItemViewSet, StoreItemViewSet
from stores.views import StoreManagerViewSet
from todos.factories import TodoFactory
from todos.models import Todo
from todos.views import TodoViewSet


class Shout(fields.StringField):
    def to_representation(self, value):
        return value.upper()


class ShoutAlone(Shout):
    of_column_alone = True


def serializer(**members):
    class Odd(ResourceSerializer[Item]):
        class Meta:
            model = Item
            fields = ("id", *members)

    return type(
        "Odd", (Odd,), {name: value for name, value in members.items() if value is not None} | {"Meta": Odd.Meta}
    )


class Brief(ResourceSerializer[Todo]):
    class Meta:
        model = Todo
        fields = ("id",)


def test_the_resources_of_the_product():
    assert list_layout(ItemViewSet)
    assert list_layout(TodoViewSet)
    shown = row_layout(ItemViewSet)
    assert shown is not None
    assert shown.names == ItemSerializer.Meta.fields
    assert list_layout(StoreManagerViewSet) is None  # an address for some
    assert list_layout(StoreItemViewSet)


@pytest.mark.parametrize(
    "members",
    [
        {"name": Shout()},
        {"name": serializers.SerializerMethodField()},
        {"keeper": serializers.CharField(source="store_manager.name")},
        {"price_usd": serializers.DecimalField(10, 1)},
        {"price_usd": fields.DecimalField(10, 4)},
        {"price_usd": fields.DecimalField(20, 2)},
        {"created_at": fields.DateTimeField(format="%Y")},
        {"id": serializers.UUIDField(format="hex")},
        {"store_manager_id": serializers.IntegerField()},
    ],
    ids=str,
)
def test_a_field_with_a_way_of_its_own_is_not_plain(members):
    assert layout(serializer(**members), Item) is None


@pytest.mark.parametrize("name", ["to_representation", "get_fields", "data", "__init__"])
def test_nor_is_a_serializer_with_one(name):
    assert layout(type("Own", (ItemSerializer,), {name: lambda self: None}), Item) is None


def test_a_field_may_say_that_its_column_is_all_it_needs():
    found = layout(serializer(name=ShoutAlone(), category=None), Item)

    assert found is not None
    assert found.row(["1", "pen", None]) == b'{"id":"1","name":"PEN","category":null}'


@pytest.mark.parametrize("name", ["get_queryset", "get_serializer_class", "get_rows", "filter_queryset", "paginator"])
def test_a_viewset_with_a_way_of_its_own_is_not_read_directly(name):
    assert list_layout(type("Own", (TodoViewSet,), {name: lambda self: None})) is None


@pytest.mark.parametrize("name", ["get_queryset", "get_object", "get_lookup", "represent"])
def test_nor_are_its_single_rows(name):
    assert row_layout(type("Own", (TodoViewSet,), {name: lambda self: None})) is None


def test_a_row_to_be_changed_is_what_the_queryset_makes_it():
    assert locked_query(TodoViewSet, "user")
    assert locked_query(StoreManagerViewSet, "user") is None  # with its account


def test_a_filter_by_a_method_is_left_alone():
    class Odd(ResourceFilter):
        odd = ContainsFilter("title", method="by_hand")
        title = ContainsFilter()

        def by_hand(self, rows, name, value):
            return rows

    found = known_filters(type("Own", (TodoViewSet,), {"filterset_class": Odd}))

    assert found["odd"] is None
    assert found["title"] is not None


@pytest.mark.django_db
def test_a_filter_for_all_but_one_value_finds_the_others(make_user, bearer, rf):
    class Odd(ResourceFilter):
        other_than = BooleanFilter("completed", exclude=True)

    done, _ = TodoFactory.create(completed=True), TodoFactory.create(completed=False)
    own: Any = type("Own", (TodoViewSet,), {"filterset_class": Odd})
    view = own.as_view({"get": "list"}, basename="todos")
    authorization = bearer(make_user("*"))._credentials["HTTP_AUTHORIZATION"]

    answer = view(rf.get("/todos?other_than=false", HTTP_AUTHORIZATION=authorization))

    assert not isinstance(answer, Response)
    assert [row["id"] for row in json.loads(answer.content)["results"]] == [done.pk]


def test_rows_of_one_value_are_bounded_only_where_an_index_has_them_in_order():
    class Odd(ResourceFilter):
        completed = BooleanFilter()
        description = TextFilter()

    view, order = type("Own", (TodoViewSet,), {"filterset_class": Odd}), terms(["-pk"], Todo)

    for name, is_bounded in (("completed", True), ("description", False)):
        query = page_query(PageShape(Shape(view, (), ((name, 1),)), order, limit=20))
        assert query is not None
        assert (" >= " in query.statement.sql) is is_bounded


@pytest.mark.parametrize(
    "rows",
    [
        Todo.objects.filter(title__startswith=Slot("x")),
        Todo.objects.filter(created_at__year=Slot("x")),
        Todo.objects.filter(pk=Slot("x")).distinct(),
        Todo.objects.filter(pk__in=[]),
        Todo.objects.all()[:3],
        Todo.objects.annotate(n=Count("user")).filter(n=Slot("x")),
    ],
    ids=range(6),
)
@pytest.mark.django_db
def test_a_query_whose_text_may_depend_on_the_value_is_not_compiled(rows):
    with pytest.raises(NotCompiled):
        compile_rows(rows, ["id"], limit=1)


@pytest.mark.django_db
def test_a_number_past_the_range_of_its_column_is_not_asked_for():
    query = compile_rows(Todo.objects.filter(pk=Slot("pk")), ["id"], limit=1)
    todo = TodoFactory.create()

    assert query.fetch({"pk": todo.pk}) == [(todo.pk,)]
    for wrong in (2**63, -(2**63) - 1, Decimal("0.5")):
        with pytest.raises(NotCompiled):
            query.fetch({"pk": wrong})


@pytest.mark.django_db
@pytest.mark.parametrize("action", ["retrieve", "list", "count"])
def test_an_action_may_have_its_own_ways(make_user, bearer, rf, monkeypatch, action):
    todo, other = TodoFactory.create(title="Mine"), TodoFactory.create(title="Other")
    request = rf.get("/todos", HTTP_AUTHORIZATION=bearer(make_user("*"))._credentials["HTTP_AUTHORIZATION"])
    own = {"queryset": Todo.objects.filter(pk=todo.pk).order_by("id"), "serializer_class": Brief}
    view = TodoViewSet.as_view({"get": action}, basename="todos", **own)

    answer = json.loads(view(request, **({"id": str(todo.pk)} if action == "retrieve" else {})).render().content)

    rows = {"retrieve": [answer], "list": answer.get("results"), "count": []}[action]
    assert rows == ([] if action == "count" else [{"id": todo.pk}])
    assert answer.get("count", 1) == 1
    assert other.pk != todo.pk


@pytest.mark.django_db
@pytest.mark.parametrize("route", [{"get": "list"}, {"post": "create"}, {"patch": "partial_update"}])
def test_a_direct_answer_leaves_nothing_to_the_collector(make_user, bearer, rf, monkeypatch, route):
    """What refers to itself stays in memory until somebody looks for it."""
    [method] = route
    user = make_user("*")
    left: list[Any] = []
    todo = TodoFactory.create(user=user)
    initial = TodoViewSet.initial

    def noting(self, request, *args, **kwargs):
        left.extend((weakref.ref(self), weakref.ref(request), weakref.ref(request._request)))
        return initial(self, request, *args, **kwargs)

    monkeypatch.setattr(TodoViewSet, "initial", noting)
    view = TodoViewSet.as_view(route, basename="todos")
    authorization = bearer(user)._credentials["HTTP_AUTHORIZATION"]
    gc.disable()
    try:
        body = {} if method == "get" else {"data": {"title": "x"}, "content_type": "application/json"}
        response = view(getattr(rf, method)("/todos", **body, HTTP_AUTHORIZATION=authorization), id=str(todo.pk))
        assert not hasattr(response, "render")
        assert [one() for one in left] == [None] * 3
    finally:
        gc.enable()


@pytest.mark.django_db
def test_an_answer_that_streams_may_still_ask_for_the_body(make_user, bearer, rf):
    class Echo(TodoViewSet):
        def create(self, request):
            return StreamingHttpResponse(request.data["title"] for _ in range(1))

    authorization = bearer(make_user("*"))._credentials["HTTP_AUTHORIZATION"]
    request = rf.post("/todos", {"title": "x"}, content_type="application/json", HTTP_AUTHORIZATION=authorization)
    assert list(Echo.as_view({"post": "create"}, basename="todos")(request)) == [b"x"]
