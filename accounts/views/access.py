"""Who may ask: anybody, or an account for itself."""

from typing import Any, ClassVar, cast

from rest_framework.permissions import SAFE_METHODS, AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import PersonalAccessToken, User
from common.api.permissions import Insufficient, Permission, Reach, Requirement, any_of
from common.exceptions import Forbidden

OPEN: dict[str, Any] = {"permission_classes": [AllowAny], "authentication_classes": []}


def sign_in_required() -> Forbidden:
    return Forbidden("A personal access token cannot do this: sign in.", code="sign_in_required")


class SignedIn(IsAuthenticated):
    """By the account itself, not by a program that was given a token: for what decides over the account."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if isinstance(request.auth, PersonalAccessToken):
            raise sign_in_required()
        return super().has_permission(request, view)


def check_signed_in_for_own(request: Request, account: User) -> None:
    """What decides over the account of the caller, no program of theirs does, whatever it holds."""
    if account == request.user and isinstance(request.auth, PersonalAccessToken):
        raise sign_in_required()


class OwnAccount(BasePermission):
    """`users:read:self` to look at one's own account, `users:write:self` to change it; either that or
    `users:delete:self` to leave."""

    required: ClassVar[dict[str, Requirement]] = {
        **dict.fromkeys(SAFE_METHODS, Permission("users:read:self")),
        "PATCH": Permission("users:write:self"),
        "DELETE": any_of("users:delete:self", "users:write:self"),
    }

    def has_permission(self, request: Request, view: APIView) -> bool:
        asked = IsAuthenticated if request.method in SAFE_METHODS else SignedIn
        if not asked().has_permission(request, view):
            return False
        needed = self.required[str(request.method)]
        if needed.reach(cast("User", request.user), owned=True) is Reach.NONE:
            raise Insufficient(needed)
        return True
