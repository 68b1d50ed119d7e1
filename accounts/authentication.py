from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import credentials, tokens
from accounts.credentials import Credential
from accounts.models import User


def bearer_token(request: Request) -> str:
    """The token in the header of RFC 6750, 2.1; "" where there is none, or something else."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    token = token.strip(" ")
    return token if scheme.lower() == "bearer" and " " not in token else ""


class BearerAuthentication(BaseAuthentication):
    """By a bearer token, of whichever kind `accounts.credentials` knows."""

    def authenticate(self, request: Request) -> tuple[User, Credential] | None:
        if "HTTP_AUTHORIZATION" not in request.META:
            return None
        raw = bearer_token(request)
        if not raw:
            raise AuthenticationFailed("Missing or invalid Authorization header", code="not_authenticated")
        try:
            return credentials.identify(raw)
        except tokens.InvalidToken as refusal:
            code = "token_stale" if isinstance(refusal, tokens.StaleToken) else "invalid_token"
            raise AuthenticationFailed("Invalid or expired token", code=code) from None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
