"""seed_roles, issue_token, and Django's createsuperuser."""

from io import StringIO

import jwt
import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from accounts.models import Permission, Role, User

ME = "/api/v1/users/me"
PASSWORD = "correct horse battery"


def run(*command, **options):
    out = StringIO()
    call_command(*command, stdout=out, **options)
    return out.getvalue()


def strings(*codenames):
    return [Permission.objects.get(codename=codename) for codename in codenames]


@pytest.mark.django_db
class TestSeedRoles:
    def test_it_shows_who_may_do_what(self):
        Role.objects.create(name="auditor").permissions.add(*strings("users:read"))

        lines = run("seed_roles").splitlines()

        assert lines[0] == f"{Permission.objects.count()} permission strings"
        assert "admin: *" in lines
        assert "auditor: users:read" in lines
        user = next(line for line in lines if line.startswith("user: "))
        assert user.removeprefix("user: ").split(", ") == sorted(
            Role.objects.get(name="user").permissions.values_list("codename", flat=True)
        )
        assert not [line for line in lines if line.startswith(" ")]

    def test_what_was_changed_is_shown_and_stays(self):
        role = Role.objects.get(name="user")
        role.permissions.remove(*strings("users:write:self", "users:read:self"))
        role.permissions.add(*strings("users:read"))

        lines = run("seed_roles").splitlines()

        assert "  taken away (--reset gives it back): users:read:self, users:write:self" in lines
        assert "  added (--reset takes it away): users:read" in lines
        assert not role.permissions.filter(codename="users:write:self").exists()

    def test_reset_gives_it_back(self):
        role = Role.objects.get(name="user")
        before = set(role.permissions.all())
        role.permissions.set(strings("users:read"))

        shown = run("seed_roles", reset=True)

        assert set(role.permissions.all()) == before
        assert "taken away" not in shown
        assert "added" not in shown

    def test_a_role_without_permissions_holds_nothing(self):
        Role.objects.create(name="guest")

        assert "guest: nothing\n" in run("seed_roles")


@pytest.mark.django_db
class TestIssueToken:
    def claims(self, token):
        return jwt.decode(token, options={"verify_signature": False})

    def test_it_prints_a_token_that_works_and_nothing_else(self, make_user, capsys):
        user = make_user("users:read:self")

        call_command("issue_token", user.email.upper())

        printed = capsys.readouterr().out.removesuffix("\n")
        client = APIClient(HTTP_AUTHORIZATION=f"Bearer {printed}")
        assert client.get(ME).json()["id"] == user.pk

    def test_it_lasts_as_long_as_a_log_in_or_as_asked(self, make_user):
        user = make_user()
        for options, seconds in (({}, 1_800), ({"hours": 1}, 3_600), ({"hours": 8_760}, 31_536_000)):
            claims = self.claims(run("issue_token", user.email, **options).rstrip())
            assert claims["exp"] - claims["iat"] == seconds, options

    def test_logging_out_ends_it(self, make_user):
        client = APIClient(HTTP_AUTHORIZATION=f"Bearer {run('issue_token', make_user().email, hours=8_760).rstrip()}")

        assert client.post("/api/v1/users/logout").status_code == 200

        assert client.get(ME).status_code == 401

    @pytest.mark.parametrize("email", ["nobody@example.com", "", "nobody"])
    def test_an_account_that_is_not_there(self, email):
        with pytest.raises(CommandError, match=r"There is no account .* POST /api/v1/users/register"):
            run("issue_token", email)

    def test_an_inactive_account(self, make_user):
        user = make_user(is_active=False)

        with pytest.raises(CommandError, match=r"is inactive.*Make it active in /admin/"):
            run("issue_token", user.email)

    @pytest.mark.parametrize("hours", ["0", "-1", "8761", "9" * 30])
    def test_hours_that_make_no_sense(self, make_user, hours):
        with pytest.raises(CommandError, match="1 to 8760 hours"):
            run("issue_token", make_user().email, f"--hours={hours}")

    @pytest.mark.parametrize("arguments", [[], ["a@example.com", "--hours"], ["a@example.com", "--hours=soon"]])
    def test_arguments_that_are_none(self, arguments):
        with pytest.raises(CommandError, match=r"^Error: "):
            run("issue_token", *arguments)


@pytest.mark.django_db
class TestCreateSuperuser:
    @pytest.fixture(autouse=True)
    def _password(self, monkeypatch):
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    def test_it_makes_an_administrator(self):
        run("createsuperuser", email="root@example.com", interactive=False)

        user = User.objects.get_by_natural_key("ROOT@example.com")
        assert user.check_password(PASSWORD)
        assert (user.is_staff, user.is_superuser, user.role) == (True, True, "admin")
        assert user.holds("items:write")

    def test_before_the_roles_are_there(self):
        Role.objects.all().delete()

        run("createsuperuser", email="root@example.com", interactive=False)

        assert User.objects.get().role == "admin"

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({}, "You must use --email with --noinput"),
            ({"email": ""}, "cannot be blank"),
            ({"email": "root"}, "Enter a valid email address"),
            ({"email": "Taken@example.com"}, "already taken"),
        ],
    )
    def test_bad_arguments(self, make_user, options, message):
        make_user(email="taken@example.com")

        with pytest.raises(CommandError, match=message):
            run("createsuperuser", interactive=False, **options)

        assert User.objects.count() == 1
