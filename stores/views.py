from typing import Any, cast

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import credentials
from accounts.authentication import BearerAuthentication
from accounts.credentials import Credential
from common.api.conditional import tagged
from common.api.endpoints import Endpoint
from common.api.openapi.problem import Problem
from common.api.parsers import FormParser
from common.api.permissions import any_of, anyone
from common.api.serializers import MessageSerializer, StrictSerializer
from common.api.viewsets import ResourceViewSet
from common.rates.rate import Scope
from stores import services
from stores.filters import StoreManagerFilter
from stores.models import StoreManager
from stores.serializers import (
    BearerTokenSerializer,
    PasswordGrantSerializer,
    StoreManagerSerializer,
    StoreRegistrationSerializer,
)

# Who may see the items may see whose they are.
READ = any_of("store_managers:read", "items:read")


class InvalidGrant(AuthenticationFailed):
    default_detail = "Incorrect email or password"
    default_code = "invalid_credentials"
    members = {"error": "invalid_grant"}  # RFC 6749, 5.2


class StoreManagerViewSet(ResourceViewSet[StoreManager]):
    """The people who keep items: their names for everyone who may see items, their addresses for themselves."""

    resource = "store_managers"
    queryset = StoreManager.objects.select_related("user").order_by("-id")
    serializer_class = StoreManagerSerializer
    filterset_class = StoreManagerFilter
    ordering_fields = ("id", "name")
    search_fields = ("name",)
    owner = "user"
    include_only = (Endpoint.LIST, Endpoint.CREATE, Endpoint.RETRIEVE, Endpoint.SEARCH, Endpoint.COUNT)
    permissions = {
        Endpoint.LIST: READ,
        Endpoint.CREATE: anyone(),
        Endpoint.RETRIEVE: READ,
        Endpoint.SEARCH: READ,
        Endpoint.COUNT: READ,
        "me": READ,
        "update_me": "store_managers:write:self",
        "token": anyone(),
    }
    rates = {Endpoint.CREATE: Scope.AUTH, "token": Scope.AUTH}
    revoking = frozenset({"logout"})

    @extend_schema(
        summary="Open a store",
        description="A new account with a store manager. Its address is unique in any case and spelling.",
        request=StoreRegistrationSerializer,
        responses={201: StoreManagerSerializer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        manager = services.open_store(**self.validated(StoreRegistrationSerializer))
        request.user = manager.user  # whose answer it is
        serializer = self.get_serializer(manager)
        headers = {"Location": self.location(serializer)}
        return tagged(request, serializer.data, status=status.HTTP_201_CREATED, headers=headers)

    @extend_schema(
        operation_id="store_managers_me_retrieve",
        summary="Get my store manager",
        description="404 for an account that has none.",
        responses={200: StoreManagerSerializer, 404: OpenApiResponse(Problem, "Store manager not found")},
    )
    @action(detail=False, methods=["get"])
    def me(self, request: Request) -> HttpResponse:
        return self.retrieve(request)

    @extend_schema(
        operation_id="store_managers_me_partial_update",
        summary="Update my store manager",
        description="What is left out stays as it is. Honours `If-Match`. Permission: `store_managers:write:self`.",
        request=StoreManagerSerializer(partial=True),
        responses={200: StoreManagerSerializer, 404: OpenApiResponse(Problem, "Store manager not found")},
    )
    @me.mapping.patch
    def update_me(self, request: Request) -> HttpResponse:
        return self.update(request)

    @extend_schema(
        operation_id="store_managers_token",
        summary="Sign in by OAuth2",
        description="RFC 6749, 4.3. The token lasts a day for a store manager, half an hour for any other account.",
        request=PasswordGrantSerializer,
        responses={
            200: BearerTokenSerializer,
            401: OpenApiResponse(Problem, "Incorrect email or password, with the member `error`: `invalid_grant`"),
            403: OpenApiResponse(Problem, "Account is inactive"),
        },
    )
    @action(detail=False, methods=["post"], parser_classes=[FormParser])
    def token(self, request: Request) -> Response:
        grant = self.validated(PasswordGrantSerializer)
        bearer = services.sign_in(email=grant["username"], password=grant["password"])
        if bearer is None:
            raise InvalidGrant
        body = {"access_token": bearer.access, "token_type": "bearer", "expires_in": bearer.expires_in}
        return Response(body, headers={"Cache-Control": "no-store"})

    @extend_schema(
        summary="Log out",
        description="Ends the session of the token that comes along: this token is refused from now on.",
        request=None,
        responses=MessageSerializer,
    )
    @extend_schema(methods=["GET"], operation_id="store_managers_logout_by_get", deprecated=True)
    @extend_schema(methods=["POST"], operation_id="store_managers_logout")
    # A browser's session has no token to refuse.
    @action(
        detail=False,
        methods=["post", "get"],
        permission_classes=[IsAuthenticated],
        authentication_classes=[BearerAuthentication],
    )
    def logout(self, request: Request) -> Response:
        self.validated(StrictSerializer)
        credentials.end(cast("Credential", request.auth))
        return Response({"message": "Logged out successfully"})

    def get_lookup(self) -> dict[str, Any]:
        return super().get_lookup() if self.detail else {"user": self.request.user}
