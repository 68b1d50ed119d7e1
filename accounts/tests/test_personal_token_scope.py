"""Personal access tokens below the API: sets of permissions, and uses at the same moment."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from accounts import personal_tokens
from accounts.models import PersonalAccessToken, Role, User
from accounts.models.personal_tokens import PersonalTokenQuerySet
from accounts.personal_tokens import common
from common.testing.races import at_once, clients

ME = "/api/v1/users/me"


@pytest.mark.parametrize(
    ("some", "others", "shared"),
    [
        ("a:read", "a:read", "a:read"),
        ("a:read", "b:read", ""),
        ("a:read", "a:readx", ""),
        ("a:read:self", "a:read", "a:read:self"),
        ("a:read:self a:read", "a:read:self", "a:read:self"),
        ("*", "a:read b:read:self", "a:read b:read:self"),
        ("*", "*", "*"),
        ("", "*", ""),
    ],
)
def test_what_two_sets_of_permissions_have_in_common(some, others, shared):
    for one, other in ((some, others), (others, some)):
        assert common(frozenset(one.split()), frozenset(other.split())) == frozenset(shared.split())


@pytest.mark.django_db(transaction=True)
def test_uses_at_the_same_moment_are_noted_once(live_server, make_user, monkeypatch):
    user = make_user("users:read:self")
    _, raw = personal_tokens.issue(
        user, name="backup", permissions=["users:read:self"], expires_at=timezone.now() + timedelta(days=1)
    )
    noted = []
    update = PersonalTokenQuerySet.update
    monkeypatch.setattr(PersonalTokenQuerySet, "update", lambda rows, **kw: noted.append(update(rows, **kw)))
    with clients(live_server.url, 8, raw) as programs:
        answers = at_once(*(partial(program.ask, "GET", ME) for program in programs))

    assert [answer.status for answer in answers] == [200] * 8
    assert sum(noted) == 1


class TestOfTheTenant:
    """Where its tokens say what one may do (`AUTH0_RBAC`), a personal one is bounded by them and by the roles here."""

    URL = f"{ME}/tokens"

    @pytest.fixture(autouse=True)
    def rbac(self, settings, db):
        settings.AUTH0_RBAC = True

    @pytest.fixture
    def post(self, api, tenant):
        def post(permissions, *wanted):
            headers = {"Authorization": f"Bearer {tenant.token(permissions=permissions)}"}
            return api.post(self.URL, {"name": "backup", "permissions": list(wanted)}, headers=headers)

        return post

    @pytest.fixture
    def ada(self, api, tenant):
        """An administrator has given the account a role here."""
        api.get(ME, headers={"Authorization": f"Bearer {tenant.token()}"})
        user = User.objects.get()
        user.roles.add(Role.objects.get(name=Role.USER))
        return user

    @pytest.mark.parametrize("permissions", [[], ["items:read"], ["todos:read:selfish"]])
    def test_a_token_makes_none_that_may_more(self, post, ada, permissions):
        User.objects.update(is_superuser=True)

        refused = post(permissions, "todos:read:self")

        assert (refused.status_code, refused.json()["code"]) == (403, "permission_not_held")
        assert not PersonalAccessToken.objects.exists()

    def test_nor_does_an_account_that_holds_nothing_here(self, post, ada):
        ada.roles.clear()

        assert post(["todos:read:self"], "todos:read:self").status_code == 403

    def test_of_what_both_hold_it_may_do_as_long_as_the_role_is_held(self, post, ada, api):
        made = post(["todos:read"], "todos:read:self")
        assert made.status_code == 201
        program = {"Authorization": f"Bearer {made.json()['token']}"}
        assert api.get("/api/v1/todos", headers=program).status_code == 200

        ada.roles.clear()
        assert api.get("/api/v1/todos", headers=program).status_code == 403
