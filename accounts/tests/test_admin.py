import pytest
from django.contrib import admin
from django.urls import NoReverseMatch, reverse

from accounts.factories import PASSWORD, UserFactory
from accounts.models import Role, User

pytestmark = pytest.mark.django_db

ADD = "/admin/accounts/user/add/"


@pytest.fixture
def root(client, make_user):
    client.force_login(make_user(email="root@example.com", is_staff=True, is_superuser=True))
    return client


def create(root, email, password=PASSWORD):
    body = {"email": email, "usable_password": "true", "password1": password, "password2": password, "roles": []}
    return root.post(ADD, body)


def test_sign_in_by_address_in_any_case(client, make_user):
    make_user(email="root@example.com", is_staff=True)

    response = client.post("/admin/login/?next=/admin/", {"username": "ROOT@example.com", "password": PASSWORD})

    assert response.status_code == 302
    assert response["Location"] == "/admin/"


def test_an_account_is_created(root):
    response = create(root, "Ada@example.com")

    assert response.status_code == 302, response.context["errors"]
    assert User.objects.get_by_natural_key("ada@example.com").check_password(PASSWORD)


def test_the_form_offers_the_role_of_every_account(root):
    initial = root.get(ADD).context["adminform"].form.initial

    assert [role.name for role in initial["roles"]] == ["user"]


@pytest.mark.parametrize("email", ["ROOT@example.com", "root@example.com"])
def test_a_taken_address_is_told(root, email):
    response = create(root, email)

    assert response.status_code == 200
    assert "already" in str(response.context["errors"])


def test_a_taken_address_is_told_on_change_too(root, make_user):
    ada = make_user(email="ada@example.com")

    response = root.post(f"/admin/accounts/user/{ada.pk}/change/", {"email": "Root@example.com"})

    assert response.status_code == 200
    assert "already registered" in str(response.context["errors"])


def test_an_address_that_was_taken_meanwhile_is_told(root, monkeypatch):
    monkeypatch.setattr("accounts.forms.UniqueEmailMixin.clean_email", lambda form: form.cleaned_data["email"])

    response = create(root, "ROOT@example.com")

    assert response.status_code == 302
    assert "There is one like this already." in root.get(response["Location"]).content.decode()


@pytest.mark.parametrize("password", ["short", "password123", "x" * 129])
def test_passwords_follow_the_rules_of_the_api(root, password):
    assert create(root, "ada@example.com", password).status_code == 200
    assert not User.objects.filter(email="ada@example.com").exists()


def test_a_password_is_changed(root, make_user):
    ada = make_user()
    url = reverse("admin:auth_user_password_change", args=[ada.pk])

    response = root.post(url, {"usable_password": "true", "password1": "another horse", "password2": "another horse"})

    assert response.status_code == 302
    ada.refresh_from_db()
    assert ada.check_password("another horse")


def test_an_account_without_an_address_can_be_opened_and_saved(root):
    account = User.objects.create_user(None)
    url = f"/admin/accounts/user/{account.pk}/change/"
    assert root.get(url).status_code == 200

    assert root.post(url, {"email": "", "name": "Nobody", "is_active": "on"}).status_code == 302

    account.refresh_from_db()
    assert (account.email, account.name) == (None, "Nobody")


def test_lists_cost_the_same_for_any_number_of_rows(root, django_assert_max_num_queries):
    UserFactory.create_batch(5, roles=["user", "admin"])
    for path in ("user", "role"):
        with django_assert_max_num_queries(9):
            assert root.get(f"/admin/accounts/{path}/").status_code == 200


def test_accounts_are_found_by_address(root, make_user):
    make_user(email="ada@example.com")

    page = root.get("/admin/accounts/user/?q=ADA@").content.decode()

    assert "ada@example.com" in page
    assert page.count("field-role_list") == 1


def test_a_role_is_edited_and_holds_on_the_next_request(root, bearer, make_user):
    role = Role.objects.create(name="auditor")
    client = bearer(make_user(roles=["auditor"]))
    assert client.get("/api/v1/users/me").status_code == 403
    permission = Role.objects.get(name="user").permissions.get(codename="users:read:self")

    url = f"/admin/accounts/role/{role.pk}/change/"
    assert root.get(url).status_code == 200
    assert root.post(url, {"name": "auditor", "permissions": [permission.pk]}).status_code == 302

    assert client.get("/api/v1/users/me").status_code == 200


def test_a_role_that_code_knows_by_name_keeps_its_name_and_stays(root):
    user, auditor = Role.objects.get(name="user"), Role.objects.create(name="auditor")

    root.post(f"/admin/accounts/role/{user.pk}/change/", {"name": "customer", "permissions": []})
    assert root.post(f"/admin/accounts/role/{user.pk}/delete/", {"post": "yes"}).status_code == 403
    selected = {"action": "delete_selected", "_selected_action": [user.pk, auditor.pk], "post": "yes"}
    root.post("/admin/accounts/role/", selected)

    assert Role.objects.filter(name="user").exists()
    assert root.post(f"/admin/accounts/role/{auditor.pk}/delete/", {"post": "yes"}).status_code == 302


@pytest.mark.parametrize("model", ["outstandingtoken", "blacklistedtoken"])
def test_tokens_are_not_shown(model):
    with pytest.raises(NoReverseMatch):
        reverse(f"admin:token_blacklist_{model}_changelist")
    assert not any(registered._meta.model_name == model for registered in admin.site._registry)
