from typing import cast

from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import personal_tokens
from accounts.authentication import BearerAuthentication
from accounts.models import PersonalAccessToken, User
from accounts.serializers import NewPersonalTokenSerializer, PersonalTokenSerializer
from accounts.views.access import SignedIn
from common.api.openapi.problem import Problem
from common.api.text import is_uuid
from common.api.viewsets import ApiViewSet
from common.exceptions import Missing


class PersonalTokenViewSet(ApiViewSet[PersonalAccessToken]):
    """The tokens that one has made for programs of one's own."""

    permission_classes = (SignedIn,)
    authentication_classes = (BearerAuthentication,)
    pagination_class = None
    lookup_url_kwarg = "id"
    lookup_value_regex = "[^/]+"

    @extend_schema(
        operation_id="users_me_tokens_list",
        summary="List one's own personal access tokens",
        description="Those that were not revoked, the newest first. The tokens themselves are not kept.",
        responses=PersonalTokenSerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        rows = PersonalAccessToken.objects.kept().filter(user=cast("User", request.user)).order_by("-id")
        return Response(PersonalTokenSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="users_me_tokens_create",
        summary="Make a personal access token",
        description="`token` is shown this once. It may do what `permissions` says, as far as the account may, and "
        "expires within a year. It changes nothing about the account itself: no password, no address, no other token.",
        request=PersonalTokenSerializer,
        responses={
            201: NewPersonalTokenSerializer,
            403: OpenApiResponse(Problem, "Permissions that the account does not hold, or asked with such a token"),
        },
    )
    def create(self, request: Request) -> Response:
        asked = self.validated(PersonalTokenSerializer)
        row, raw = personal_tokens.issue(cast("User", request.user), **asked)
        headers = {"Location": reverse("users-me-tokens-detail", args=[row.pk]), "Cache-Control": "no-store"}
        body = NewPersonalTokenSerializer(row, context={"token": raw}).data
        return Response(body, status=status.HTTP_201_CREATED, headers=headers)

    @extend_schema(
        operation_id="users_me_tokens_destroy",
        summary="Revoke one of one's own personal access tokens",
        description="It is refused from now on.",
        responses={204: None, 404: OpenApiResponse(Problem, "Token not found")},
    )
    def destroy(self, request: Request, id: str) -> Response:
        if not is_uuid(id):
            raise Missing("Token not found")
        personal_tokens.revoke_one(cast("User", request.user), id)
        return Response(status=status.HTTP_204_NO_CONTENT)
