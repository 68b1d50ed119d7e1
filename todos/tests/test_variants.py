"""What a resource may set besides the label that todos are: on variants of the same viewset."""

from decimal import Decimal

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models import F
from django.urls import include, path
from rest_framework.decorators import action
from rest_framework.response import Response

from accounts.factories import UserFactory
from common.api.endpoints import Endpoint
from common.api.idempotency import idempotent
from common.api.permissions import all_of, any_of, anyone, role
from common.api.routers import ResourceRouter
from todos.factories import TodoFactory
from todos.models import Todo
from todos.views import TodoViewSet


class Combined(TodoViewSet):
    permissions = {
        Endpoint.LIST: any_of("todos:list", "todos:audit"),
        Endpoint.COUNT: all_of("todos:list", "todos:audit"),
        Endpoint.DESTROY: role("janitor"),
        "archive": "archives:write",
    }

    @action(detail=True, methods=["post"])
    def archive(self, request, **kwargs):
        return Response({"archived": self.get_object().pk})

    @action(detail=False, methods=["get"], permission="todos:since", query_params=("since",))
    def since(self, request):
        return Response({"since": request.query_params.get("since")})

    @action(detail=False, methods=["get", "post"])
    def plain(self, request):
        return Response({})

    @action(detail=False, methods=["post"], url_path="notes/(?P<note>[^/]+)")
    @idempotent
    def note(self, request, note):
        return Response({"exact": Decimal("1.10")}, status=201)


class Undescribed(TodoViewSet):
    queryset = Todo.objects.order_by(F("description").desc(nulls_first=True))


class ByTheModel(TodoViewSet):
    queryset = Todo.objects.all()


class Fewer(TodoViewSet):
    exclude = (Endpoint.DESTROY, Endpoint.SELF_DESTROY, Endpoint.BULK_DELETE)


class ReadOnly(TodoViewSet):
    include_only = (Endpoint.LIST, Endpoint.RETRIEVE)


class Open(TodoViewSet):
    permissions = {Endpoint.CREATE: anyone()}

    def get_ownership(self):
        return {"user": UserFactory.create()}


class FarAway(TodoViewSet):
    owner = "user__roles__users"


Nobodys = type("Nobodys", (TodoViewSet,), {"owner": None})

router = ResourceRouter()
for name, viewset in {
    "combined": Combined,
    "fewer": Fewer,
    "open": Open,
    "read-only": ReadOnly,
    "nobodys": Nobodys,
    "far-away": FarAway,
    "undescribed": Undescribed,
    "by-the-model": ByTheModel,
}.items():
    router.register(name, viewset, basename=name)
urlpatterns = [path("", include(router.urls))]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def test_any_of_several_permissions_opens(make_user, bearer):
    TodoFactory.create()
    for permission, status in (("todos:list", 200), ("todos:audit", 200), ("todos:read", 403)):
        assert bearer(make_user(permission)).get("/combined").status_code == status
    response = bearer(make_user()).get("/combined")
    assert response.json()["detail"] == "Insufficient permissions. Required: todos:list or todos:audit"


def test_any_of_reaches_as_far_as_the_widest(make_user, bearer):
    user = make_user("todos:list:self", "todos:audit")
    mine, theirs = TodoFactory.create(user=user), TodoFactory.create()
    assert bearer(user).get("/combined").json()["count"] == 2
    user = make_user("todos:list:self", "todos:audit:self")
    mine = TodoFactory.create(user=user)
    assert [row["id"] for row in bearer(user).get("/combined").json()["results"]] == [mine.pk]
    assert theirs.pk != mine.pk


def test_all_of_several_permissions_reach_as_far_as_the_narrowest(make_user, bearer):
    user = make_user("todos:list:self", "todos:audit")
    TodoFactory.create(user=user)
    TodoFactory.create()
    assert bearer(user).get("/combined/count").json() == {"count": 1}
    assert bearer(make_user("todos:list", "todos:audit")).get("/combined/count").json() == {"count": 2}
    response = bearer(make_user("todos:list")).get("/combined/count")
    assert response.status_code == 403
    assert response.json()["detail"] == "Insufficient permissions. Required: todos:list and todos:audit"


def test_a_role_opens_by_its_name(make_user, bearer, django_user_model):
    todo, user = TodoFactory.create(), make_user("todos:delete", "*")
    assert bearer(user).delete(f"/combined/{todo.pk}").status_code == 403
    named = make_user()
    named.roles.create(name="janitor")
    assert bearer(named).delete(f"/combined/{todo.pk}").status_code == 204


def test_an_action_has_its_own_permission_and_the_same_gate(make_user, bearer):
    user = make_user("archives:write:self")
    mine, theirs = TodoFactory.create(user=user), TodoFactory.create()
    assert bearer(user).post(f"/combined/{mine.pk}/archive/").json() == {"archived": mine.pk}
    assert bearer(user).post(f"/combined/{theirs.pk}/archive").status_code == 403
    assert bearer(make_user("todos:write")).post(f"/combined/{mine.pk}/archive").status_code == 403
    assert bearer(make_user("archives:write")).post(f"/combined/{theirs.pk}/archive").status_code == 200


def test_an_action_knows_the_parameters_that_it_names(make_user, bearer):
    client = bearer(make_user("todos:since"))
    assert client.get("/combined/since", {"since": "x"}).json() == {"since": "x"}
    assert client.get("/combined/since", {"until": "x"}).status_code == 422


def test_an_action_without_a_permission_asks_for_that_of_its_method(make_user, bearer):
    reader, writer = bearer(make_user("todos:read")), bearer(make_user("todos:write"))
    assert (reader.get("/combined/plain").status_code, reader.post("/combined/plain").status_code) == (200, 403)
    assert (writer.get("/combined/plain").status_code, writer.post("/combined/plain").status_code) == (403, 200)


def test_excluded_endpoints_are_not_there(make_user, bearer):
    todo, client = TodoFactory.create(), bearer(make_user("*"))
    assert client.delete(f"/fewer/{todo.pk}").status_code == 405
    assert client.delete(f"/fewer/self/{todo.pk}").status_code == 405
    assert client.post("/fewer/bulk-delete", {"ids": [todo.pk]}).status_code == 405
    assert client.patch(f"/fewer/{todo.pk}", {"completed": True}).status_code == 200


def test_only_what_is_included_is_there(make_user, bearer):
    todo, client = TodoFactory.create(), bearer(make_user("*"))
    assert client.get("/read-only").json()["count"] == 1
    assert client.get(f"/read-only/{todo.pk}").status_code == 200
    assert client.post("/read-only", {"title": "x"}).status_code == 405
    assert client.patch(f"/read-only/{todo.pk}", {"title": "x"}).status_code == 405
    for name in ("count", "self"):
        assert client.get(f"/read-only/{name}").status_code == 404


def test_rows_that_are_nobodys_have_no_self(make_user, bearer):
    todo = TodoFactory.create()
    assert bearer(make_user("todos:read:self")).get("/nobodys").status_code == 403
    client = bearer(make_user("todos:read"))
    assert client.get(f"/nobodys/{todo.pk}").status_code == 200
    assert client.get("/nobodys/self").status_code == 404


def test_an_owner_at_a_distance_needs_to_be_told_how_to_own(make_user, bearer):
    client = bearer(make_user("todos:write"))
    with pytest.raises(ImproperlyConfigured, match=r"FarAway owns by user__roles__users: override get_owner_key\(\)"):
        client.post("/far-away", {"title": "x"})


def test_a_cursor_follows_a_default_order_with_nulls(make_user, bearer):
    client = bearer(make_user("*"))
    for description in (None, "b", "a", None):
        TodoFactory.create(description=description)
    url, found = "/undescribed?cursor=&page_size=1", []
    while url:
        page = client.get(url).json()
        found += [row["description"] for row in page["results"]]
        url = page["next"]
    assert found == [None, None, "b", "a"]


def test_without_any_order_rows_are_ordered_by_their_key(make_user, bearer):
    client, rows = bearer(make_user("*")), TodoFactory.create_batch(3)
    assert [row["id"] for row in client.get("/by-the-model").json()["results"]] == [row.pk for row in rows]


def test_a_cursor_over_the_longest_titles_fits_into_a_request_line(make_user, bearer):
    client = bearer(make_user("*"))
    for _ in range(2):
        TodoFactory.create(title="\N{DUCK}" * 255)
    link = client.get("/by-the-model", {"cursor": "", "page_size": 1, "ordering": "-title"}).json()["next"]
    assert len(link) < 4_000
    assert len(client.get(link).json()["results"]) == 1


def test_an_action_can_be_idempotent_whatever_its_path_and_its_answer(make_user, bearer):
    client, key = bearer(make_user("*")), {"Idempotency-Key": "k"}
    for note in ("a" * 300, "a" * 301):
        first, again = (client.post(f"/combined/notes/{note}", {}, headers=key) for _ in range(2))
        assert first.json() == again.json() == {"exact": "1.10"}
        assert (first.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
        assert "Idempotent-Replayed" not in first.headers


def test_options_tell_what_it_is_to_whoever_is_signed_in(make_user, bearer, api):
    assert bearer(make_user()).options("/fewer").json()["parses"][0] == "application/json"
    assert api.options("/fewer").status_code == 401


def test_what_is_open_asks_for_no_account_and_looks_at_no_credentials(api):
    assert api.post("/open", {"title": "a"}).status_code == 201
    assert api.post("/open", {"title": "a"}, HTTP_AUTHORIZATION="Bearer nonsense").status_code == 201
    assert api.get("/open").status_code == 401
    assert api.options("/open").status_code == 401


def test_where_there_is_no_account_there_is_nothing_to_keep_a_key_for(api):
    made = [api.post("/open", {"title": "a"}, headers={"Idempotency-Key": "again"}) for _ in range(2)]

    assert [response.status_code for response in made] == [201, 201]
    assert made[0].json()["id"] != made[1].json()["id"]
