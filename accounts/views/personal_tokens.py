from typing import cast

from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import personal_tokens
from accounts.models import PersonalAccessToken, User
from accounts.serializers import NewPersonalTokenSerializer, PersonalTokenSerializer
from accounts.views.own import OwnCredentials
from common.api.openapi.problem import Problem
from common.rates.rate import Scope


@extend_schema_view(
    destroy=extend_schema(
        operation_id="users_me_tokens_destroy",
        summary="Revoke one of one's own personal access tokens",
        description="It is refused from now on.",
        responses={204: None, 404: OpenApiResponse(Problem, "Token not found")},
    )
)
class PersonalTokenViewSet(OwnCredentials[PersonalAccessToken]):
    """The tokens that one has made for programs of one's own."""

    rates = {"create": Scope.AUTH}
    kind = "Token"

    @extend_schema(
        operation_id="users_me_tokens_list",
        summary="List one's own personal access tokens",
        description="Those that were not revoked, the newest first. The tokens themselves are not kept.",
        responses=PersonalTokenSerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        rows = personal_tokens.list_kept(cast("User", request.user))
        return Response(PersonalTokenSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="users_me_tokens_create",
        summary="Make a personal access token",
        description="`token` is shown this once. It may do what `permissions` says, as far as the account may, and "
        "none of it may be more than what the token that asks for it may. It expires within a year, and changes "
        "nothing about the account itself: no password, no address, no other token.",
        request=PersonalTokenSerializer,
        responses={
            201: NewPersonalTokenSerializer,
            403: OpenApiResponse(Problem, "Permissions that the account does not hold, or asked with such a token"),
            409: OpenApiResponse(Problem, f"There are {personal_tokens.MOST} that work already"),
        },
    )
    def create(self, request: Request) -> Response:
        asked = self.validated(PersonalTokenSerializer)
        row, raw = personal_tokens.issue(cast("User", request.user), **asked)
        headers = {"Location": reverse("users-me-tokens-detail", args=[row.pk]), "Cache-Control": "no-store"}
        body = NewPersonalTokenSerializer(row, context={"token": raw}).data
        return Response(body, status=status.HTTP_201_CREATED, headers=headers)

    def end(self, account: User, id: str) -> None:
        personal_tokens.revoke_one(account, id)
