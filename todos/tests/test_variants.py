"""What a resource may set besides the label that todos are: on variants of the same viewset."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import include, path
from rest_framework.decorators import action
from rest_framework.response import Response

from common.api.endpoints import Endpoint
from common.api.permissions import all_of, any_of, role
from common.api.routers import ResourceRouter
from todos.factories import TodoFactory
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


class Fewer(TodoViewSet):
    exclude = (Endpoint.DESTROY, Endpoint.SELF_DESTROY, Endpoint.BULK_DELETE)


class ReadOnly(TodoViewSet):
    include_only = (Endpoint.LIST, Endpoint.RETRIEVE)


class FarAway(TodoViewSet):
    owner = "user__roles__users"


Nobodys = type("Nobodys", (TodoViewSet,), {"owner": None})

router = ResourceRouter()
for name, viewset in {
    "combined": Combined,
    "fewer": Fewer,
    "read-only": ReadOnly,
    "nobodys": Nobodys,
    "far-away": FarAway,
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
    with pytest.raises(ImproperlyConfigured, match=r"FarAway owns by user__roles__users: override get_ownership\(\)"):
        client.post("/far-away", {"title": "x"})


def test_options_tell_what_it_is_to_whoever_is_signed_in(make_user, bearer, api):
    assert bearer(make_user()).options("/fewer").json()["parses"][0] == "application/json"
    assert api.options("/fewer").status_code == 401
