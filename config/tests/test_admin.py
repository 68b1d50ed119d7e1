"""Every address of the admin, for everybody there is. No model is named here: a new one is covered when it is there."""

from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.urls import reverse

from accounts.factories import UserFactory
from accounts.models import Permission
from common.admin.resources import ResourceAdmin
from common.api.viewsets import ResourceViewSet
from config.api import router
from config.tests.admin_site import ADMINS, MODEL_ROUTES, OWNED, PAGES, SECRET, any_row, factory_of, make, text_fields

pytestmark = pytest.mark.django_db

VERBS = {"changelist": "read", "add": "write", "change": "read", "delete": "delete"}

by_path = pytest.mark.parametrize("route", MODEL_ROUTES, ids=str)
by_admin = pytest.mark.parametrize("model_admin", ADMINS, ids=str)
by_owned_admin = pytest.mark.parametrize("model_admin", OWNED, ids=str)


@pytest.fixture
def other():
    """Somebody else, with a row of everything there is."""
    other = UserFactory.create(email=f"{SECRET}@example.com", name=SECRET, roles=["user", "store_manager"])
    for model_admin in ADMINS:
        make(model_admin.model, other)
    return other


@pytest.fixture
def manager(client, other):
    """A store manager whom an administrator has admitted."""
    manager = UserFactory.create(is_staff=True, roles=["user", "store_manager"])
    for model_admin in OWNED:
        make(model_admin.model, manager, "Thistlewood")
    client.force_login(manager)
    return manager


def foreign(model_admin, other):
    if model_admin.model is type(other):
        return other
    owner = getattr(model_admin, "owner", None)
    return model_admin.model.objects.get(**({owner: other} if owner else {text_fields(model_admin.model)[0]: SECRET}))


def address(model_admin, action, *args):
    return reverse(f"admin:{model_admin.opts.app_label}_{model_admin.opts.model_name}_{action}", args=args)


def contents(other):
    """Everything that is somebody else's, as it stands in the database."""
    rows = [foreign(model_admin, other) for model_admin in ADMINS]
    return [list(type(row).objects.filter(pk=row.pk).values()) for row in rows]


def tells(response):
    return SECRET.lower() in response.content.decode().lower()


def test_every_model_says_which_permission_strings_open_it():
    assert all(isinstance(model_admin, ResourceAdmin) and model_admin.resource for model_admin in ADMINS)


def test_admin_and_api_go_by_the_same_strings_and_owners():
    views: list[Any] = [view for _, view, _ in router.registry if issubclass(view, ResourceViewSet)]
    # An account is its own; the admin has a page of another kind for that.
    resources = {view.queryset.model: (view.resource, None if view.owner == "id" else view.owner) for view in views}
    declared = {found.model: (found.resource, found.owner) for found in ADMINS}

    assert resources
    assert {model: declared[model] for model in resources if model in declared} == {
        model: found for model, found in resources.items() if model is not Permission
    }


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    "account",
    [None, {"roles": ["user", "store_manager"]}, {"is_active": False, "is_staff": True}],
    ids=["nobody", "user", "dismissed"],
)
def test_outsiders_are_sent_to_the_login(client, account, method):
    row = any_row()
    if account is not None:
        client.force_login(UserFactory.create(**account))

    for route in [*MODEL_ROUTES, *(page for page in PAGES if str(page) not in OPEN)]:
        response = getattr(client, method)(route.url(row))
        assert (str(route), response.status_code) == (str(route), 302)
        assert response["Location"].startswith(reverse("admin:login"))


OPEN = {"login/", "logout/", "jsi18n/"}


@by_path
def test_staff_without_permissions_open_nothing(client, make_user, route):
    row = factory_of(route.admin.model).create()
    client.force_login(make_user(is_staff=True))

    response = client.get(route.url(row))

    # Of a row's history Django first asks whether the row is there.
    assert response.status_code == (302 if route.kind in ("object", "history") else 403)
    assert client.post(route.url(row)).status_code == response.status_code
    assert str(row) not in response.content.decode()


def test_staff_without_permissions_see_an_empty_index(client, make_user):
    client.force_login(make_user(is_staff=True))

    assert client.get("/admin/").context["app_list"] == []
    assert client.get("/admin/password_change/").status_code == 200


@by_path
@pytest.mark.parametrize("account", [{"roles": ["admin"]}, {"is_superuser": True}], ids=["administrator", "superuser"])
def test_administrators_open_everything(client, route, account):
    row = factory_of(route.admin.model).create()
    client.force_login(UserFactory.create(is_staff=True, **account))

    nobody_may = route.kind in ("add", "delete") and route.kind not in route.admin.verbs
    assert client.get(route.url(row)).status_code == (302 if route.kind == "object" else 403 if nobody_may else 200)


@by_path
def test_a_manager_does_not_get_at_what_is_anothers(client, manager, other, route):
    """Of a row out of reach the admin says that there is none; where the permission is wanting, 403."""
    resource, verb = route.admin.resource, VERBS.get(route.kind, "write")
    own = manager.holds(f"{resource}:{verb}:self") and bool(route.admin.owner)
    allowed = route.kind in ("object", "history") or own or manager.holds(f"{resource}:{verb}")
    if route.kind == "add" and resource == "store_managers":
        allowed = False  # one's own store is opened elsewhere
    before = contents(other)

    queries = ["", "?_popup=1&_to_field=id"] + ["?_changelist_filters=q%3Dquill"] * route.of_a_row
    for query in queries:
        response = client.get(route.url(foreign(route.admin, other)) + query)
        assert response.status_code == (403 if not allowed else 302 if route.of_a_row else 200)
        assert not tells(response)
    client.post(route.url(foreign(route.admin, other)), {"post": "yes", "name": "Taken", "title": "Taken", "_save": ""})

    assert contents(other) == before


@by_owned_admin
@pytest.mark.parametrize(
    "query",
    [
        "q=quill",
        "all=",
        "o=1",
        "_facets=True",
        "q=quill&_popup=1",
        "created_at__year=2026",
        "{owner}__id__exact={pk}",
    ],
)
def test_lists_searches_and_filters_have_only_ones_own(client, manager, other, model_admin, query):
    owner = make(model_admin.opts.get_field(model_admin.owner_field).related_model, other)
    url = address(model_admin, "changelist")

    response = client.get(f"{url}?{query.format(owner=model_admin.owner_field, pk=owner.pk)}")

    assert response.status_code == 200
    assert not tells(response)


@pytest.mark.parametrize(
    "query", ["in_stock__exact=1", "category__isnull=True", "created_at__year=2026&created_at__month=1"]
)
def test_lists_are_filtered_by_what_they_offer(client, manager, query):
    assert client.get(f"/admin/items/item/?{query}").status_code == 200


@by_owned_admin
def test_lists_are_not_filtered_by_what_they_do_not_offer(client, manager, model_admin):
    url = address(model_admin, "changelist")
    account = model_admin.owner

    for column in (
        f"{account}__password__startswith",
        f"{account}__email",
        f"{account}__outstandingtoken__jti",
        "id__gt",
    ):
        assert client.get(url, {column: "a"}).status_code == 400


@by_admin
def test_autocompletes_offer_only_ones_own(client, manager, other, model_admin):
    for field in model_admin.opts.get_fields():
        if not field.is_relation:
            continue
        asked = {
            "app_label": model_admin.opts.app_label,
            "model_name": model_admin.opts.model_name,
            "field_name": field.name,
        }
        response = client.get("/admin/autocomplete/", {**asked, "term": "quill"})
        assert response.status_code == 403 or response.json()["results"] == []
        assert not tells(response)


@by_owned_admin
@pytest.mark.parametrize("across", ["0", "1"])
def test_no_action_reaches_what_is_anothers(client, manager, other, model_admin, across):
    url = address(model_admin, "changelist")
    row = foreign(model_admin, other)
    before = type(row).objects.filter(pk=row.pk).values().get()

    for action in ("delete_selected", *(model_admin.actions or ())):
        client.post(url, {"action": action, "_selected_action": [str(row.pk)], "select_across": across, "post": "yes"})

    assert type(row).objects.filter(pk=row.pk).values().get() == before


@pytest.mark.parametrize("model_admin", [found for found in OWNED if found.list_editable], ids=str)
def test_editing_the_list_reaches_only_ones_own(client, manager, other, model_admin):
    url = address(model_admin, "changelist")
    row, own = foreign(model_admin, other), model_admin.model.objects.filter(**{model_admin.owner: manager})
    before = contents(other)
    body = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "_save": "Save", "form-0-price_usd": "1.25"}
    pk = f"form-0-{model_admin.opts.pk.name}"

    response = client.post(url, {**body, pk: str(row.pk)})
    assert not tells(response)
    assert contents(other) == before

    written = own.values().get()
    client.post(url, {**body, pk: str(own.get().pk), "form-0-completed": "on"})
    assert own.values().get() != written


@by_owned_admin
def test_a_row_that_came_another_way_is_anothers_all_the_same(rf, manager, other, model_admin):
    request, row = rf.get("/admin/"), foreign(model_admin, other)
    request.user = manager
    own = model_admin.model.objects.get(**{model_admin.owner: manager})

    assert model_admin.has_view_permission(request, own)
    for allows in (
        model_admin.has_view_permission,
        model_admin.has_change_permission,
        model_admin.has_delete_permission,
    ):
        assert not allows(request, row)


def test_what_a_deletion_takes_along_is_counted_and_not_told(client):
    account = UserFactory.create(roles=["user"])
    for model_admin in OWNED:
        make(model_admin.model, account)
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))

    page = client.get(f"/admin/accounts/user/{account.pk}/delete/")

    assert not tells(page)
    gone = [type(account), *(model_admin.model for model_admin in OWNED)]
    assert dict(page.context["model_count"]) == {model._meta.verbose_name_plural: 1 for model in gone}


def test_recent_actions_are_ones_own(client, manager, other):
    LogEntry.objects.log_actions(other.pk, [any_row()], CHANGE, SECRET)

    assert not tells(client.get("/admin/"))


@by_owned_admin
def test_history_does_not_say_which_account_changed_a_row(client, manager, other, model_admin):
    own = model_admin.model.objects.get(**{model_admin.owner: manager})
    LogEntry.objects.log_actions(other.pk, [own], CHANGE, "Corrected")

    response = client.get(address(model_admin, "history", own.pk))

    assert "Corrected" in response.content.decode()
    assert not tells(response)


@by_owned_admin
def test_the_pages_of_ones_own_tell_nothing_of_others(client, manager, other, model_admin):
    own = model_admin.model.objects.get(**{model_admin.owner: manager})

    for action in ("change", "history"):
        response = client.get(address(model_admin, action, own.pk))
        assert response.status_code == 200
        assert not tells(response)
    assert "Thistlewood" in client.get(address(model_admin, "changelist")).content.decode()
