from typing import cast

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import passwords, sessions
from accounts.models import User
from accounts.serializers import (
    EmailSerializer,
    PasswordChangeSerializer,
    PasswordResetSerializer,
    TokenSerializer,
)
from accounts.views.access import OPEN, SignedIn
from accounts.views.answers import answer_with_cookie
from common.api.openapi.problem import Problem
from common.api.serializers import MessageSerializer
from common.api.views import ApiViewSet
from common.rates.rate import Scope


class PasswordViewSet(ApiViewSet[User]):
    """Another password, for who knows the old one and for who forgot it."""

    rates = dict.fromkeys(("change", "ask_for_reset", "reset"), Scope.AUTH)

    @extend_schema(
        operation_id="users_me_password",
        summary="Change one's own password",
        description="Every earlier token of the account is dead. The answer starts a new session, as a log-in does.",
        request=PasswordChangeSerializer,
        responses={
            200: TokenSerializer,
            400: OpenApiResponse(Problem, "Incorrect password"),
            429: OpenApiResponse(Problem, "Too many wrong passwords"),
        },
    )
    @action(detail=False, methods=["post"], url_path="me/password", permission_classes=[SignedIn])
    def change(self, request: Request) -> Response:
        body = self.validated(PasswordChangeSerializer)
        confirmed = passwords.confirm(cast("User", request.user), body["current_password"])
        return answer_with_cookie(sessions.start(passwords.change(confirmed, body["new_password"])))

    @extend_schema(
        operation_id="users_password_reset",
        summary="Ask for a new password",
        description="Mails a link to the address, if it has an account. The answer is the same if it has none.",
        request=EmailSerializer,
        responses={202: MessageSerializer},
    )
    @action(detail=False, methods=["post"], url_path="password-reset", **OPEN)
    def ask_for_reset(self, request: Request) -> Response:
        passwords.ask_for_reset(**self.validated(EmailSerializer))
        message = "If the address has an account, a link is on its way."
        return Response({"message": message}, status=status.HTTP_202_ACCEPTED)

    @extend_schema(
        operation_id="users_password_reset_confirm",
        summary="Set a new password by link",
        description="The token works once and for an hour. Every token of the account is dead; sign in anew.",
        request=PasswordResetSerializer,
        responses={200: MessageSerializer, 400: OpenApiResponse(Problem, "This link does not work, or no longer.")},
    )
    @action(detail=False, methods=["post"], url_path="password-reset/confirm", **OPEN)
    def reset(self, request: Request) -> Response:
        passwords.reset(**self.validated(PasswordResetSerializer))
        return Response({"message": "Your password was changed. Sign in with it."})
