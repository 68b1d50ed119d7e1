from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import credentials, services, sessions, tokens
from accounts.models import User
from accounts.serializers import (
    LoginSerializer,
    RefreshTokenSerializer,
    SomeTokenSerializer,
    TokenPairSerializer,
)
from accounts.tokens import TokenPair
from accounts.views.access import OPEN
from accounts.views.answers import traded
from common.api.openapi.problem import Problem
from common.api.views import ApiViewSet
from common.rates.rate import Scope

DEAD = OpenApiResponse(Problem, "Invalid or expired token")


class TokenViewSet(ApiViewSet[User]):
    """The routes and names of simplejwt, for clients that keep no cookies, on the same sessions as all others."""

    rates = dict.fromkeys(("create", "refresh", "verify"), Scope.AUTH)
    permission_classes = OPEN["permission_classes"]
    authentication_classes = OPEN["authentication_classes"]

    @extend_schema(
        operation_id="token_create",
        summary="Log in without cookies",
        request=LoginSerializer,
        responses={
            200: TokenPairSerializer,
            401: OpenApiResponse(Problem, "Incorrect email or password"),
            403: OpenApiResponse(Problem, "Account is inactive"),
        },
    )
    def create(self, request: Request) -> Response:
        pair = services.sign_in(sessions.start, **self.validated(LoginSerializer))
        if pair is None:
            raise AuthenticationFailed("Incorrect email or password", code="invalid_credentials")
        return answer(pair)

    @extend_schema(
        operation_id="token_refresh",
        summary="Trade a refresh token for new tokens, without cookies",
        description="As `users/refresh`: the token works once, and for 10 seconds gives the same next one again.",
        request=RefreshTokenSerializer,
        responses={200: TokenPairSerializer, 401: OpenApiResponse(Problem, "The refresh token does not work")},
    )
    @action(detail=False, methods=["post"])
    def refresh(self, request: Request) -> Response:
        return answer(traded(self.validated(RefreshTokenSerializer)["refresh"]))

    @extend_schema(
        operation_id="token_verify",
        summary="Ask whether a token works",
        description="An access token, or a refresh token that has not been traded.",
        request=SomeTokenSerializer,
        responses={200: OpenApiTypes.OBJECT, 401: DEAD},
    )
    @action(detail=False, methods=["post"])
    def verify(self, request: Request) -> Response:
        raw = self.validated(SomeTokenSerializer)["token"]
        try:
            credentials.identify(raw)
        except tokens.InvalidToken:
            check_refresh(raw)
        return Response({})

    @extend_schema(
        operation_id="token_blacklist",
        summary="Log out without cookies",
        description="Ends the session of the refresh token: its refresh and access tokens are refused from now on.",
        request=RefreshTokenSerializer,
        responses={200: OpenApiTypes.OBJECT, 401: DEAD},
    )
    @action(detail=False, methods=["post"])
    def blacklist(self, request: Request) -> Response:
        sessions.end(check_refresh(self.validated(RefreshTokenSerializer)["refresh"]))
        return Response({})


def check_refresh(raw: str) -> tokens.Claims:
    try:
        claims = tokens.read(raw, tokens.RefreshToken)
        sessions.check(claims)
    except tokens.InvalidToken:
        raise AuthenticationFailed("Invalid or expired token", code="invalid_token") from None
    return claims


def answer(pair: TokenPair) -> Response:
    return Response({"access": pair.access, "refresh": pair.refresh}, headers={"Cache-Control": "no-store"})
