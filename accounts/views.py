from contextlib import suppress
from typing import Any, cast

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import AuthenticationFailed, ValidationError
from rest_framework.permissions import SAFE_METHODS, AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import cookies, services, tokens
from accounts.authentication import BearerScheme, bearer_token
from accounts.models import User
from accounts.serializers import (
    AccountSerializer,
    LoginSerializer,
    MeSerializer,
    RefreshSerializer,
    RegistrationSerializer,
    TokenSerializer,
)
from accounts.tokens import TokenPair
from common.api.conditional import check_if_match, tagged
from common.api.openapi.problem import Problem
from common.api.permissions import Insufficient, Permission, Reach
from common.api.serializers import MessageSerializer
from common.api.viewsets import ApiViewSet

OPEN: dict[str, Any] = {"permission_classes": [AllowAny], "authentication_classes": []}
REFRESH_COOKIE = OpenApiParameter(
    settings.REFRESH_COOKIE["name"], str, OpenApiParameter.COOKIE, description="HttpOnly, set by login and refresh."
)


class OwnAccount(IsAuthenticated):
    """`users:read:self` to look at one's own account, `users:write:self` to change it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not super().has_permission(request, view):
            return False
        needed = Permission("users:read:self" if request.method in SAFE_METHODS else "users:write:self")
        if needed.reach(cast("User", request.user), owned=True) is Reach.NONE:
            raise Insufficient(needed)
        return True


class AccountViewSet(ApiViewSet[User]):
    """Registration, sign-in and one's own account."""

    @extend_schema(
        operation_id="users_register",
        summary="Register",
        description="A new account with the role `user`. Its address is unique in any case and spelling.",
        request=RegistrationSerializer,
        responses={201: AccountSerializer},
    )
    @action(detail=False, methods=["post"], **OPEN)
    def register(self, request: Request) -> Response:
        user = services.register(**self.validated(RegistrationSerializer))
        location = {"Location": reverse("users-me")}
        return Response(AccountSerializer(user).data, status=status.HTTP_201_CREATED, headers=location)

    @extend_schema(
        operation_id="users_login",
        summary="Log in",
        description="The access token is in the body, the refresh token in an HttpOnly cookie that is set.",
        request=LoginSerializer,
        responses={
            200: TokenSerializer,
            401: OpenApiResponse(Problem, "Incorrect email or password"),
            403: OpenApiResponse(Problem, "Account is inactive"),
        },
    )
    @action(detail=False, methods=["post"], **OPEN)
    def login(self, request: Request) -> Response:
        user = services.authenticate(**self.validated(LoginSerializer))
        if user is None:
            raise AuthenticationFailed("Incorrect email or password", code="invalid_credentials")
        return answer_with_cookie(tokens.issue(user))

    @extend_schema(
        operation_id="users_refresh",
        summary="Trade a refresh token for new tokens",
        description="The refresh token comes in its cookie and works once; the next one is set. "
        "A client without cookies sends it in the body, and finds the next one in the body of the answer.",
        parameters=[REFRESH_COOKIE],
        request=RefreshSerializer,
        responses={200: TokenSerializer, 401: OpenApiResponse(Problem, "No refresh token, or none that works")},
    )
    @action(detail=False, methods=["post"], **OPEN)
    def refresh(self, request: Request) -> Response:
        in_body = self.validated(RefreshSerializer).get("refresh_token", "")
        in_cookie = cookies.read_refresh_token(request)
        if in_body and in_cookie:
            raise ValidationError({"refresh_token": ["Send it in the body or in the cookie, not in both."]})
        pair = rotated(in_body or in_cookie)
        return answer(pair, refresh_token=pair.refresh) if in_body else answer_with_cookie(pair)

    @extend_schema(
        operation_id="users_logout",
        summary="Log out",
        description="Ends the sessions of the tokens that come along: cookie, bearer token, body. "
        "Without any, or with dead ones, it only clears the cookie.",
        parameters=[REFRESH_COOKIE],
        auth=cast("list[str]", [{BearerScheme.name: []}, {}]),  # security requirements, whatever their annotation says
        request=RefreshSerializer,
        responses=MessageSerializer,
    )
    @action(detail=False, methods=["post"], **OPEN)
    def logout(self, request: Request) -> Response:
        in_body = self.validated(RefreshSerializer).get("refresh_token", "")
        end_session(in_body, tokens.RefreshToken)
        end_session(cookies.read_refresh_token(request), tokens.RefreshToken)
        end_session(bearer_token(request), tokens.AccessToken)
        response = Response({"message": "Successfully logged out"})
        cookies.clear_refresh_token(response)
        return response

    @extend_schema(
        operation_id="users_me_retrieve",
        summary="Read one's own account",
        description="With the roles of the account and the permissions that they come to.",
        responses=MeSerializer,
    )
    @action(detail=False, methods=["get"], permission_classes=[OwnAccount])
    def me(self, request: Request) -> Response:
        return tagged(request, MeSerializer(cast("User", request.user)).data)

    @extend_schema(
        operation_id="users_me_partial_update",
        summary="Change one's own account",
        description="What is left out stays as it is.",
        request=MeSerializer(partial=True),
        responses=MeSerializer,
    )
    @me.mapping.patch
    def update_me(self, request: Request) -> Response:
        body = request.data
        with transaction.atomic():
            user = User.objects.select_for_update().get(pk=cast("User", request.user).pk)
            check_if_match(request, lambda: MeSerializer(user).data, required=False)
            serializer = MeSerializer(user, data=body, partial=True)
            serializer.is_valid(raise_exception=True)
            serializer.save()
        return tagged(request, serializer.data)


def rotated(raw: str) -> TokenPair:
    if not raw:
        raise AuthenticationFailed("Refresh token not found", code="refresh_token_missing")
    try:
        return tokens.rotate(raw)
    except tokens.ExpiredToken:
        raise AuthenticationFailed("Refresh token expired", code="refresh_token_expired") from None
    except tokens.InvalidToken:
        raise AuthenticationFailed("Invalid refresh token", code="refresh_token_invalid") from None


def end_session(raw: str, kind: type[tokens.AccessToken | tokens.RefreshToken]) -> None:
    with suppress(tokens.InvalidToken):
        tokens.revoke(tokens.read(raw, kind))


def answer(pair: TokenPair, **more: str) -> Response:
    body = {"access_token": pair.access, "token_type": "bearer", "expires_in": pair.expires_in, **more}
    return Response(body, headers={"Cache-Control": "no-store"})


def answer_with_cookie(pair: TokenPair) -> Response:
    response = answer(pair)
    cookies.set_refresh_token(response, pair.refresh)
    return response
