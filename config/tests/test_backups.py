"""A backup has every row but those that let somebody in; restored, it revives none of them."""

import re
import sqlite3
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from rest_framework.test import APIClient

from accounts import caller, keys, sessions, tokens
from accounts.factories import PASSWORD, UserFactory
from accounts.models import AuditEvent, ExternalIdentity, Permission, SigningKey, User
from common.housekeeping import not_in_backups
from common.models import IdempotencyKey
from items.factories import ItemFactory
from todos.factories import TodoFactory
from todos.models import Todo

pytestmark = pytest.mark.django_db(transaction=True)

# What happens by restoring: the audit of it, and the key that signs from now on.
WRITTEN_BY_RESTORING = {"accounts_auditevent", "accounts_signingkey", "accounts_externalidentity"}


@pytest.fixture(autouse=True)
def _ring():
    yield
    keys.refresh()


@pytest.fixture
def ada() -> User:
    ada = UserFactory.create(email="ada@example.com", roles=["store_manager"])
    TodoFactory.create_batch(3, user=ada)
    ItemFactory.create_batch(2)
    ExternalIdentity.objects.create(user=ada, issuer="https://tenant/", subject="auth0|ada")
    return ada


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    return tmp_path / "backup"


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """Everything that the models know of, by table."""
    models = [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]
    return {model._meta.db_table: sorted(model._default_manager.values_list(), key=repr) for model in models}


def wipe() -> None:
    call_command("flush", interactive=False, verbosity=0)
    assert not Todo.objects.exists()


def restore(backup: Path) -> str:
    out = StringIO()
    call_command("restore", str(backup), noinput=True, stdout=out)
    return out.getvalue()


def refresh(client: APIClient) -> int:
    return client.post("/api/v1/users/refresh").status_code


def test_every_row_is_back(ada: User, api: APIClient, backup: Path) -> None:
    before = rows()
    call_command("backup", str(backup), stdout=StringIO())
    Todo.objects.create(title="since", user=ada)
    wipe()

    restore(backup)

    after = rows()
    left_out = WRITTEN_BY_RESTORING | {model._meta.db_table for model in not_in_backups()}
    assert {name: after[name] for name in before if name not in left_out} == {
        name: before[name] for name in before if name not in left_out
    }
    assert after["accounts_auditevent"][: len(before["accounts_auditevent"])] == before["accounts_auditevent"]
    login = api.post("/api/v1/users/login", {"email": "ada@example.com", "password": PASSWORD})
    assert login.status_code == 200
    todo = api.post(
        "/api/v1/todos", {"title": "new"}, headers={"Authorization": f"Bearer {login.json()['access_token']}"}
    )
    assert todo.status_code == 201, "sequences go on where they were"


def test_no_token_of_before_is_taken(ada: User, api: APIClient, backup: Path) -> None:
    login = api.post("/api/v1/users/login", {"email": "ada@example.com", "password": PASSWORD}).json()
    bearer = {"Authorization": f"Bearer {login['access_token']}"}
    made = api.post("/api/v1/users/me/tokens", {"name": "script", "permissions": ["items:read"]}, headers=bearer).json()
    personal = {"Authorization": f"Bearer {made['token']}"}
    for headers in (bearer, personal):
        assert api.get("/api/v1/items", headers=headers).status_code == 200
    page = APIClient()
    assert page.login(username="ada@example.com", password=PASSWORD)
    call_command("backup", str(backup), stdout=StringIO())
    later = {"Authorization": f"Bearer {sessions.start(ada).access}"}

    restore(backup)

    for headers in (bearer, personal, later):
        assert api.get("/api/v1/items", headers=headers).status_code == 401
    assert refresh(api) == 401
    assert page.get("/api/v1/items").status_code == 401
    identity = ExternalIdentity.objects.get(subject="auth0|ada")
    assert identity.tokens_valid_from is not None
    assert AuditEvent.objects.filter(action=AuditEvent.Action.DATABASE_RESTORED).count() == 1


def test_roles_grant_what_they_granted_then(ada: User, backup: Path) -> None:
    """This process has seen what they granted then, what they granted since, and goes on."""

    def may_write() -> bool:
        claims = tokens.read(sessions.start(ada).access, tokens.AccessToken)
        return caller.identify(claims).holds("items:write:self")

    role, write = ada.roles.get(), Permission.objects.get(codename="items:write:self")
    seen = [may_write()]
    call_command("backup", str(backup), stdout=StringIO())
    role.permissions.remove(write)
    seen.append(may_write())
    restore(backup)
    ada.refresh_from_db()
    seen.append(may_write())
    role.permissions.remove(write)
    seen.append(may_write())

    assert seen == [True, False, True, False]


def test_a_token_of_a_session_that_the_copy_has_is_refused_as_well(
    ada: User, api: APIClient, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy that was made by other means."""
    monkeypatch.setattr("common.management.commands.backup.not_in_backups", list)
    bearer = {"Authorization": f"Bearer {sessions.start(ada).access}"}
    call_command("backup", str(backup), stdout=StringIO())

    restore(backup)

    assert api.get("/api/v1/users/me", headers=bearer).status_code == 401
    assert not any(model._default_manager.exists() for model in not_in_backups())
    assert SigningKey.objects.get().refuses_older


def test_nobody_can_sign_in_with_what_is_in_it(ada: User, backup: Path) -> None:
    sessions.start(ada)
    call_command("backup", str(backup), stdout=StringIO())

    assert count_in(backup, "accounts_user") == 1 + ItemFactory._meta.model.objects.count()
    for model in not_in_backups():
        assert count_in(backup, model._meta.db_table) == 0


def count_in(backup: Path, table: str) -> int:
    if connection.vendor == "sqlite":
        with sqlite3.connect(backup) as copy:
            found: int = copy.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            return found
    command = ["pg_restore", "--data-only", f"--table={table}", "--file=-", str(backup)]
    data = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    copied = re.search(r"^COPY .*?;\n(.*?)^\\\.$", data, re.DOTALL | re.MULTILINE)
    return copied[1].count("\n") if copied else 0


def test_only_its_owner_can_read_it(backup: Path) -> None:
    call_command("backup", str(backup), stdout=StringIO())
    assert backup.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in backup.parent.iterdir()] == ["backup"]


def test_it_overwrites_nothing(backup: Path) -> None:
    backup.write_text("mine")
    with pytest.raises(CommandError, match="is there already"):
        call_command("backup", str(backup))
    assert backup.read_text() == "mine"


def test_a_folder_that_is_not_there_is_told_of(backup: Path) -> None:
    with pytest.raises(CommandError, match=r"cannot be written: No such file or directory\."):
        call_command("backup", str(backup / "x"))


@pytest.mark.parametrize(
    "content", [b"", b"nonsense" * 1000, b"SQLite format 3\0" + b"\xff" * 5000, b"PGDMP\x01\x0e\0"]
)
def test_what_is_no_backup_changes_nothing(ada: User, backup: Path, content: bytes) -> None:
    backup.write_bytes(content)
    before = rows()
    with pytest.raises(CommandError):
        restore(backup)
    assert rows() == before


def test_half_a_backup_changes_nothing(ada: User, backup: Path) -> None:
    call_command("backup", str(backup), stdout=StringIO())
    backup.write_bytes(backup.read_bytes()[:-3000])
    before = rows()
    with pytest.raises(CommandError):
        restore(backup)
    assert rows() == before


def test_a_backup_of_a_newer_version_changes_nothing(ada: User, backup: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('items', '0999_x', '2030-01-01')")
    try:
        call_command("backup", str(backup), stdout=StringIO())
        before = rows()
        with pytest.raises(CommandError, match=r"newer version, which has the migration items\.0999_x"):
            restore(backup)
        assert rows() == before
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE name = '0999_x'")


def test_it_asks_first(ada: User, backup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call_command("backup", str(backup), stdout=StringIO())
    monkeypatch.setattr("builtins.input", lambda prompt: "no")
    before = rows()
    with pytest.raises(CommandError, match="Nothing has changed"):
        call_command("restore", str(backup))
    assert rows() == before


def test_a_key_to_repeat_with_is_kept(ada: User, api: APIClient, backup: Path) -> None:
    """Whoever got an answer before the backup, and repeats the request after the restore, gets the same answer."""
    headers = {"Authorization": f"Bearer {sessions.start(ada).access}", "Idempotency-Key": "one"}
    first = api.post("/api/v1/todos", {"title": "once"}, headers=headers)
    assert first.status_code == 201
    call_command("backup", str(backup), stdout=StringIO())
    restore(backup)
    assert IdempotencyKey.objects.count() == 1
    headers["Authorization"] = f"Bearer {sessions.start(ada).access}"
    assert api.post("/api/v1/todos", {"title": "once"}, headers=headers).json() == first.json()
    assert Todo.objects.filter(title="once").count() == 1
