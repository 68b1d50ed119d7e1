"""What may stand behind `Bearer`: an access token of ours or of the Auth0 tenant, or a personal one.

The token says itself which it is, and only that verifier reads it.
"""

from typing import TYPE_CHECKING, cast

from django.contrib.auth import load_backend

from accounts import auth0, caller, identities, personal_tokens, sessions, tokens
from accounts.models import PersonalAccessToken, User

if TYPE_CHECKING:
    from accounts.backends import Auth0Backend

Credential = tokens.Claims | auth0.Claims | PersonalAccessToken

# By its name, as Django has it: the backends know the admin, whose modules need to know who authenticates.
AUTH0_BACKEND = "accounts.backends.Auth0Backend"


def identify(raw: str) -> tuple[User, Credential]:
    """The account that the token speaks for, with what it may do by it. `InvalidToken` where it does not."""
    if personal_tokens.is_personal(raw):
        return personal_tokens.identify(raw)
    if auth0.issued(raw):
        return cast("Auth0Backend", load_backend(AUTH0_BACKEND)).identify(raw)
    claims = tokens.read(raw, tokens.AccessToken)
    return caller.identify(claims), claims


def read(raw: str) -> Credential:
    """The same of a token whose account does not matter."""
    if personal_tokens.is_personal(raw):
        return personal_tokens.read(raw)
    return auth0.read(raw) if auth0.issued(raw) else tokens.read(raw, tokens.AccessToken)


def end(credential: Credential) -> None:
    """Log out: the token is refused from now on, and its session is over where we keep one."""
    match credential:
        case auth0.Claims():
            identities.revoke(credential)
        case PersonalAccessToken():
            personal_tokens.revoke(credential)
        case tokens.Claims():
            sessions.end(credential)
