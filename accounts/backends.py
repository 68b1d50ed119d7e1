"""How Django knows accounts: by address and password or by a token of Auth0, and by what our strings allow."""

from typing import Any, cast

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from django.http import HttpRequest

from accounts import auth0, identities, services
from accounts.models import User
from accounts.tokens import InvalidToken
from accounts.validators import PASSWORD_MAX_LENGTH
from common.admin.resources import permission_names
from common.client import client
from common.exceptions import Forbidden
from common.rates.rate import Scope
from common.rates.spending import charge


class ActiveAccounts(BaseBackend):
    def get_user(self, user_id: Any) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()


class AccountBackend(ActiveAccounts):
    """`items.change_item` is answered from `items:write` and `items:write:self`, and from nothing else: Django's own
    tables of permissions and groups are not read, so that the admin and the API cannot disagree."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if username is None or password is None or len(password) > PASSWORD_MAX_LENGTH:
            return None
        # As at the API's own sign-ins: a right password costs a hash and a session, too.
        charge(Scope.AUTH, (client.get().network,))
        try:
            return services.authenticate(email=username, password=password)
        except Forbidden:
            return None

    def get_user_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        account = cast("User | AnonymousUser", user_obj)
        if isinstance(account, AnonymousUser) or not account.is_active:
            return set()
        return set(permission_names(account, obj))

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """A name of Django's own, for which `BaseBackend` has no method."""
        return any(name.partition(".")[0] == app_label for name in self.get_all_permissions(user_obj))


class Auth0Backend(ActiveAccounts):
    """Accounts by an access token of the tenant. About permissions it is not asked: `AccountBackend` is."""

    def authenticate(self, request: HttpRequest | None, token: str | None = None, **kwargs: Any) -> User | None:
        if token is None or not auth0.is_configured():
            return None
        try:
            return self.identify(token)[0]
        except InvalidToken:
            return None

    def identify(self, token: str) -> tuple[User, auth0.Claims]:
        claims = auth0.read(token)
        return identities.account(claims), claims
