"""manage.py createstoremanager: with questions, and without."""

import getpass
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent
from stores.management.commands import createstoremanager as command
from stores.models import StoreManager

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
ADA = {"email": "ada@example.com", "name": "Ada's"}


class Terminal(StringIO):
    def isatty(self):
        return True


def run(**options):
    out = StringIO()
    call_command("createstoremanager", stdout=out, **options)
    return out.getvalue()


class TestWithoutQuestions:
    @pytest.fixture(autouse=True)
    def _password(self, settings):
        settings.STOCKROOM_MANAGER_PASSWORD = PASSWORD

    def test_it_opens_a_store(self):
        assert run(interactive=False, **ADA) == "Ada's may sign in as ada@example.com.\n"

        manager = StoreManager.objects.get()
        assert (manager.name, manager.user.email, manager.user.role) == ("Ada's", "ada@example.com", "store_manager")
        assert manager.user.check_password(PASSWORD)
        assert (manager.user.is_staff, manager.user.is_superuser) == (False, False)

    def test_staff_is_admitted_to_the_admin(self):
        run(interactive=False, staff=True, **ADA)

        user = StoreManager.objects.get().user
        assert (user.is_staff, user.is_superuser) == (True, False)
        assert AuditEvent.objects.get(action="roles_changed").data == {"is_staff": True}

    def test_it_can_be_silent(self):
        assert run(interactive=False, verbosity=0, **ADA) == ""

    @pytest.mark.parametrize(
        ("options", "fault"),
        [
            ({"email": None}, "--email: This field is required."),
            ({"email": "ada"}, "--email: Enter a valid email address."),
            ({"name": None}, "--name: This field is required."),
            ({"name": " "}, "--name: This field may not be blank."),
            ({"name": "x" * 65}, "--name: Ensure this field has no more than 64 characters."),
        ],
    )
    def test_a_wrong_argument_is_named(self, options, fault):
        given = {name: value for name, value in {**ADA, **options}.items() if value is not None}

        with pytest.raises(CommandError) as error:
            run(interactive=False, **given)

        assert str(error.value) == f"With --noinput, set these:\n{fault}"
        assert not StoreManager.objects.exists()

    @pytest.mark.parametrize(
        ("password", "fault"), [("", "is required"), ("short", "at least 8"), ("password123", "too common")]
    )
    def test_a_wrong_password_is_told(self, settings, password, fault):
        settings.STOCKROOM_MANAGER_PASSWORD = password

        with pytest.raises(CommandError, match=f"STOCKROOM_MANAGER_PASSWORD: .*{fault}"):
            run(interactive=False, **ADA)

    def test_everything_that_is_wrong_is_told_at_once(self, settings):
        settings.STOCKROOM_MANAGER_PASSWORD = ""

        with pytest.raises(CommandError) as error:
            run(interactive=False)

        assert str(error.value).count("This field is required.") == 3

    def test_an_address_that_has_an_account_is_refused(self, make_user):
        make_user(email="ADA@example.com")

        with pytest.raises(CommandError, match=r"already registered\. Use another --email\."):
            run(interactive=False, **ADA)

        assert not StoreManager.objects.exists()


class TestWithQuestions:
    @pytest.fixture
    def answer(self, monkeypatch):
        """Give these answers, in this order; returns the questions."""
        asked = []

        def answer(*answers):
            left = iter(answers)

            def ask(question="Password: "):
                asked.append(question)
                given = next(left)
                if isinstance(given, type):
                    raise given
                return given

            monkeypatch.setattr("builtins.input", ask)
            monkeypatch.setattr(command, "getpass", ask)
            return asked

        return answer

    def test_it_asks_for_everything(self, answer):
        asked = answer("ada@example.com", "Ada's", PASSWORD, PASSWORD)

        run(stdin=Terminal())

        assert asked == ["Email: ", "Name: ", "Password: ", "Password (again): "]
        manager = StoreManager.objects.get()
        assert (manager.name, manager.user.email) == ("Ada's", "ada@example.com")
        assert manager.user.check_password(PASSWORD)

    def test_it_does_not_ask_for_what_was_given(self, answer):
        asked = answer(PASSWORD, PASSWORD)

        run(stdin=Terminal(), **ADA)

        assert asked == ["Password: ", "Password (again): "]
        assert StoreManager.objects.get().name == "Ada's"

    def test_it_asks_again_until_the_answer_is_one(self, answer):
        answer(
            "ada", "ada@example.com", "", "Ada's", PASSWORD, "another", "password123", "password123", PASSWORD, PASSWORD
        )
        err = StringIO()

        run(stdin=Terminal(), stderr=err, email="nobody")

        assert err.getvalue().splitlines() == [
            "Error: Enter a valid email address.",
            "Error: Enter a valid email address.",
            "Error: This field may not be blank.",
            "Error: Your passwords didn't match.",
            "Error: This password is too common.",
        ]
        assert StoreManager.objects.get().user.check_password(PASSWORD)

    @pytest.mark.parametrize("way_out", [KeyboardInterrupt, EOFError])
    def test_it_can_be_left(self, answer, way_out):
        answer("ada@example.com", way_out)

        with pytest.raises(CommandError, match="nothing was made"):
            run(stdin=Terminal())

        assert not StoreManager.objects.exists()

    def test_without_a_terminal_it_says_how_to_do_without(self, monkeypatch):
        monkeypatch.setattr(getpass, "getpass", pytest.fail)

        with pytest.raises(CommandError, match="Use --noinput with --email, --name and STOCKROOM_MANAGER_PASSWORD"):
            run(stdin=StringIO(), **ADA)
