from contextlib import suppress
from typing import cast

from django.conf import settings
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import AuthenticationFailed, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import cookies, credentials, services, sessions, tokens
from accounts.authentication import BearerAuthentication, BearerScheme, bearer_token
from accounts.models import User
from accounts.serializers import LoginSerializer, RefreshSerializer, TokenSerializer
from accounts.views.access import OPEN, SignedIn
from accounts.views.answers import REUSE_DETECTED, answer, answer_with_cookie, traded
from common.api.openapi.problem import Problem
from common.api.serializers import MessageSerializer, StrictSerializer
from common.api.views import ApiViewSet
from common.rates.rate import Scope

REFRESH_COOKIE = OpenApiParameter(
    settings.REFRESH_COOKIE["name"], str, OpenApiParameter.COOKIE, description="HttpOnly, set by login and refresh."
)
FOREIGN_PAGE = OpenApiResponse(Problem, "A page of another origin asks")


class SignInViewSet(ApiViewSet[User]):
    """In with a password, on with a refresh token, and out."""

    rates = {"login": Scope.AUTH, "refresh": Scope.AUTH}
    revoking = frozenset({"logout_all"})

    @extend_schema(
        operation_id="users_login",
        summary="Log in",
        description="The access token is in the body, the refresh token in an HttpOnly cookie that is set.",
        request=LoginSerializer,
        responses={
            200: TokenSerializer,
            401: OpenApiResponse(Problem, "Incorrect email or password"),
            403: OpenApiResponse(Problem, "Account is inactive, or a page of another origin asks"),
        },
    )
    @action(detail=False, methods=["post"], **OPEN)
    def login(self, request: Request) -> Response:
        cookies.refuse_foreign_pages(request)
        pair = services.sign_in(sessions.start, **self.validated(LoginSerializer))
        if pair is None:
            raise AuthenticationFailed("Incorrect email or password", code="invalid_credentials")
        return answer_with_cookie(pair)

    @extend_schema(
        operation_id="users_refresh",
        summary="Trade a refresh token for new tokens",
        description="The refresh token comes in its cookie and works once; the next one is set. "
        "A client without cookies sends it in the body, and finds the next one in the body of the answer. "
        "Where the answer was lost, the same token may be sent again for 10 seconds and gives the same next one. "
        "Later, and with any older token, the session is over: 401 with the code `reuse_detected`.",
        parameters=[REFRESH_COOKIE],
        request=RefreshSerializer,
        responses={
            200: TokenSerializer,
            401: OpenApiResponse(Problem, "No refresh token, or none that works"),
            403: FOREIGN_PAGE,
        },
    )
    @action(detail=False, methods=["post"], **OPEN)
    def refresh(self, request: Request) -> Response:
        in_body = self.validated(RefreshSerializer).get("refresh_token", "")
        in_cookie = cookies.read_refresh_token(request)
        if in_body and in_cookie:
            raise ValidationError({"refresh_token": ["Send it in the body or in the cookie, not in both."]})
        if not in_body:
            cookies.refuse_foreign_pages(request)
        pair = traded(in_body or in_cookie)
        return answer(pair, refresh_token=pair.refresh) if in_body else answer_with_cookie(pair)

    def handle_exception(self, exc: Exception) -> Response:
        """Whoever sent a token twice should not do so a third time."""
        response = super().handle_exception(exc)
        if isinstance(exc, AuthenticationFailed) and exc.get_codes() == REUSE_DETECTED:
            cookies.clear_refresh_token(response)
        return response

    @extend_schema(
        operation_id="users_logout",
        summary="Log out",
        description="Ends the sessions of the tokens that come along: cookie, bearer token, body. "
        "Without any, or with dead ones, it only clears the cookie.",
        parameters=[REFRESH_COOKIE],
        auth=cast("list[str]", [{BearerScheme.name: []}, {}]),  # security requirements, whatever their annotation says
        request=RefreshSerializer,
        responses={200: MessageSerializer, 403: FOREIGN_PAGE},
    )
    @action(detail=False, methods=["post"], **OPEN)
    def logout(self, request: Request) -> Response:
        cookies.refuse_foreign_pages(request)
        in_body = self.validated(RefreshSerializer).get("refresh_token", "")
        end_session(in_body)
        end_session(cookies.read_refresh_token(request))
        with suppress(tokens.InvalidToken):
            credentials.end(credentials.read(bearer_token(request)))
        return logged_out("Successfully logged out")

    @extend_schema(
        operation_id="users_logout_all",
        summary="Log out everywhere",
        description="Ends every session of the account: from now on every token of it is refused.",
        request=None,
        responses=MessageSerializer,
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="logout-all",
        permission_classes=[SignedIn],
        authentication_classes=[BearerAuthentication],
    )
    def logout_all(self, request: Request) -> Response:
        self.validated(StrictSerializer)
        sessions.log_out_everywhere(cast("User", request.user))
        return logged_out("Successfully logged out everywhere")


def end_session(refresh_token: str) -> None:
    with suppress(tokens.InvalidToken):
        sessions.end(tokens.read(refresh_token, tokens.RefreshToken))


def logged_out(message: str) -> Response:
    response = Response({"message": message})
    cookies.clear_refresh_token(response)
    return response
