"""What happens to stores, whoever asks for it: the API, the admin, a command."""

from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts import services as accounts
from accounts import sessions, tokens
from accounts.models import Role, User
from common import prepared
from stores.models import StoreManager

# There is no refresh token with it.
MANAGER_TOKEN_LIFETIME = timedelta(days=1)


def open_store(*, name: str, email: str, password: str, verified: bool = False) -> StoreManager:
    """A new account with a store manager. `verified` where somebody answers for the address, who need not be asked."""
    user = accounts.prepare(email=email, password=password, name=name, verified=verified)
    with transaction.atomic():
        accounts.enrol(user, Role.USER, Role.STORE_MANAGER)
        return StoreManager.objects.create(user=user, name=name)


def manager_of(user: User) -> StoreManager:
    """The account's store manager, made on first use: once, however many ask at the same moment."""
    return StoreManager.objects.get_or_create(user=user, defaults={"name": _name_for(user)})[0]


def manager_id_of(user: User) -> UUID:
    """The id of the same, for one short query where there is one."""
    row = prepared.fetch_row("SELECT id FROM stores_storemanager WHERE user_id = %(user)s", {"user": user.pk})
    if row:
        return UUID(str(row[0]))
    try:
        with transaction.atomic():
            return StoreManager.objects.create(user=user, name=_name_for(user)).pk
    except IntegrityError:  # of somebody who was faster
        return manager_of(user).pk


def _name_for(user: User) -> str:
    # Never after the address: names are for everyone to see.
    return user.name or f"Store manager {user.pk}"


def sign_in(*, email: str, password: str) -> tokens.Bearer | None:
    """A token for the account, if the password is right: a day for a store manager, the usual time for others."""
    return accounts.sign_in(_start, email=email, password=password)


def _start(user: User) -> tokens.Bearer:
    if StoreManager.objects.filter(user=user).exists():
        return sessions.start_bearer(user, lifetime=MANAGER_TOKEN_LIFETIME)
    return sessions.start_bearer(user)
