import pytest

from accounts.factories import UserFactory
from todos.factories import TodoFactory
from todos.models import Todo

pytestmark = pytest.mark.django_db

LIST = "/admin/todos/todo/"


@pytest.mark.parametrize("rows", [1, 30])
def test_the_list_costs_the_same_for_any_number_of_rows(client, django_assert_num_queries, rows):
    client.force_login(UserFactory.create(is_staff=True, roles=["admin"]))
    TodoFactory.create_batch(rows)
    client.get(LIST)

    with django_assert_num_queries(8):
        assert client.get(LIST).status_code == 200


def test_ones_own_list_is_kept_without_naming_its_owner(client):
    ada, bob = UserFactory.create(is_staff=True, roles=["user"]), UserFactory.create()
    client.force_login(ada)

    assert client.post(f"{LIST}add/", {"title": "Call the bank", "user": bob.pk}).status_code == 302
    todo = Todo.objects.get()
    assert todo.user == ada
    assert client.post(f"{LIST}{todo.pk}/change/", {"title": "Call them", "user": bob.pk}).status_code == 302
    assert client.post(f"{LIST}{todo.pk}/delete/", {"post": "yes"}).status_code == 403

    todo.refresh_from_db()
    assert (todo.title, todo.user) == ("Call them", ada)


def test_whose_a_todo_is_stays_with_those_who_may_see_accounts(client, make_user):
    client.force_login(make_user("todos:read", is_staff=True))
    TodoFactory.create(user__email="owner@example.com")

    page = client.get(LIST, {"q": "owner"})

    assert page.context["cl"].result_count == 0
    assert client.get(LIST).context["cl"].result_count == 1
    assert "owner@example.com" not in client.get(LIST).content.decode()
