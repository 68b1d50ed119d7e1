from decimal import Decimal

import pytest
from django.contrib.admin.models import CHANGE, LogEntry

from accounts.factories import UserFactory
from common.exceptions import Conflict
from items.factories import ItemFactory
from items.models import Item
from stores import services
from stores.factories import StoreManagerFactory
from stores.models import StoreManager

pytestmark = pytest.mark.django_db

LIST = "/admin/items/item/"
ADD = f"{LIST}add/"
BODY = {"name": "Oat milk", "price_usd": "1.50", "in_stock": "on"}


@pytest.fixture
def root(client):
    client.force_login(UserFactory.create(is_staff=True, roles=["admin"]))
    return client


@pytest.fixture
def ada(client):
    """A store manager whom an administrator has admitted."""
    ada = UserFactory.create(name="Ada", is_staff=True, roles=["user", "store_manager"])
    client.force_login(ada)
    return ada


@pytest.mark.parametrize("rows", [1, 30])
def test_the_list_costs_the_same_for_any_number_of_rows(root, django_assert_num_queries, rows):
    ItemFactory.create_batch(rows)
    root.get(LIST)

    # Session, account, its permissions; how many rows match, and are there; the hierarchy of dates; the rows.
    with django_assert_num_queries(8):
        assert root.get(LIST).status_code == 200


def test_managers_are_listed_with_their_items(root, django_assert_num_queries):
    for name, count in (("Corner Shop", 3), ("Garden Centre", 1)):
        ItemFactory.create_batch(count, store_manager=StoreManagerFactory.create(name=name))
    root.get("/admin/stores/storemanager/")

    with django_assert_num_queries(8):
        page = root.get("/admin/stores/storemanager/")

    corner = StoreManager.objects.get(name="Corner Shop")
    link = f"{LIST}?store_manager__id__exact={corner.pk}"
    assert f'<a href="{link}">3</a>' in page.content.decode()
    assert root.get(link).context["cl"].result_count == 3


def test_a_managers_item_is_their_own(client, ada):
    theirs = StoreManagerFactory.create()

    assert client.post(ADD, {**BODY, "store_manager": theirs.pk}).status_code == 302

    assert Item.objects.get().store_manager.user == ada
    assert StoreManager.objects.get(user=ada).name == "Ada"


def test_a_manager_cannot_give_an_item_away_nor_take_one(client, ada):
    own = ItemFactory.create(store_manager=services.manager_of(ada))
    theirs = StoreManagerFactory.create()

    assert "store_manager" not in client.get(f"{LIST}{own.pk}/change/").context["adminform"].form.fields
    assert client.post(f"{LIST}{own.pk}/change/", {**BODY, "store_manager": theirs.pk}).status_code == 302

    own.refresh_from_db()
    assert (own.name, own.store_manager.user) == ("Oat milk", ada)


def test_who_sees_every_manager_gives_none_of_their_items_away_either(client, make_user):
    ada = make_user("items:read", "items:write:self", "store_managers:read", "users:read", is_staff=True)
    client.force_login(ada)
    own = ItemFactory.create(store_manager=services.manager_of(ada))
    theirs = StoreManagerFactory.create()

    client.post(f"{LIST}{own.pk}/change/", {**BODY, "store_manager": theirs.pk})
    client.post(ADD, {**BODY, "store_manager": theirs.pk})

    assert ada.store_manager.items.count() == 2


def test_an_administrator_chooses_the_manager(root):
    first, second = StoreManagerFactory.create_batch(2)

    assert root.post(ADD, {**BODY, "store_manager": first.pk}).status_code == 302
    item = Item.objects.get()
    assert item.store_manager == first
    assert root.post(f"{LIST}{item.pk}/change/", {**BODY, "store_manager": second.pk}).status_code == 302

    item.refresh_from_db()
    assert item.store_manager == second


def test_who_may_only_browse_sees_everybodys_items_and_no_form(client, make_user):
    client.force_login(make_user("items:read", is_staff=True))
    item = ItemFactory.create(store_manager__user__email="owner@example.com")

    assert client.get(LIST).context["cl"].result_count == 1
    page = client.get(f"{LIST}{item.pk}/change/")
    assert page.status_code == 200
    assert "owner@example.com" not in page.content.decode()
    assert client.post(f"{LIST}{item.pk}/change/", BODY).status_code == 403
    assert client.post(LIST, {"action": "mark_in_stock", "_selected_action": [item.pk]}).status_code == 200
    assert not LogEntry.objects.exists()


def test_stock_is_marked_with_a_line_in_the_history(root):
    there, gone = ItemFactory.create(in_stock=True), ItemFactory.create(in_stock=False)
    body = {"action": "mark_out_of_stock", "_selected_action": [there.pk, gone.pk]}

    page = root.post(LIST, body, follow=True).content.decode()

    assert "1 item marked as out of stock." in page
    was, there_now = there.updated_at, Item.objects.get(pk=there.pk)
    assert not there_now.in_stock
    assert there_now.updated_at > was
    entry = LogEntry.objects.get()
    assert (entry.object_id, entry.action_flag) == (str(there.pk), CHANGE)
    assert "Changed In stock." in root.get(f"{LIST}{there.pk}/history/").content.decode()


def test_prices_are_edited_in_the_list(root):
    item = ItemFactory.create(in_stock=False)
    body = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": item.pk, "_save": "Save"}

    assert root.post(LIST, {**body, "form-0-price_usd": "-1"}).status_code == 200
    assert root.post(LIST, {**body, "form-0-price_usd": "2.25"}).status_code == 302

    item.refresh_from_db()
    assert item.price_usd == Decimal("2.25")


@pytest.mark.parametrize(
    "wrong",
    [{"price_usd": "-0.01"}, {"price_usd": "100000000"}, {"name": ""}, {"name": "a\u202eb"}, {"category": "Toys"}],
)
def test_what_the_api_refuses_is_an_error_of_the_form(client, ada, wrong):
    response = client.post(ADD, {**BODY, **wrong})

    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == list(wrong)


def test_what_somebody_else_changed_meanwhile_stays(root, monkeypatch):
    item = ItemFactory.create(name="Oat milk", price_usd="1.50")
    clean = Item.full_clean

    def meanwhile(self, *args, **kwargs):
        Item.objects.filter(pk=item.pk).update(description="Organic")
        return clean(self, *args, **kwargs)

    monkeypatch.setattr(Item, "full_clean", meanwhile)
    body = {**BODY, "price_usd": "1.75", "store_manager": item.store_manager_id}
    assert root.post(f"{LIST}{item.pk}/change/", body).status_code == 302

    item.refresh_from_db()
    assert (item.price_usd, item.description) == (Decimal("1.75"), "Organic")


def test_an_item_that_was_deleted_meanwhile_does_not_come_back(root, monkeypatch):
    item = ItemFactory.create()
    monkeypatch.setattr(Item, "full_clean", lambda self, *args, **kwargs: Item.objects.all().delete())

    page = root.post(f"{LIST}{item.pk}/change/", {**BODY, "store_manager": item.store_manager_id}, follow=True)

    assert "The item has been deleted meanwhile." in page.content.decode()
    assert not LogEntry.objects.exists()


def test_what_a_service_refuses_is_told(client, ada, monkeypatch):
    def refuse(user):
        raise Conflict("The shop is closed.")

    monkeypatch.setattr(services, "manager_of", refuse)

    page = client.post(ADD, BODY, follow=True)

    assert page.status_code == 200
    assert "The shop is closed." in page.content.decode()
    assert not Item.objects.exists()


def test_the_form_of_a_new_item_has_no_dates(root):
    fieldsets = root.get(ADD).context["adminform"].fieldsets

    assert [name for name, _ in fieldsets] == [None, "On the shelf"]
