from typing import Any, cast

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts import granting, membership, services
from accounts.administrators import an_administrator_stays, lock_administrators
from accounts.filters import UserFilter
from accounts.models import User
from accounts.serializers import RolesSerializer, UserSerializer
from accounts.views.access import check_signed_in_for_own
from common.api.conditional import check_if_match, tagged
from common.api.endpoints import Endpoint
from common.api.openapi.problem import Problem
from common.api.permissions import whole
from common.api.viewsets import ResourceViewSet

ROLE_NAMES = {(200, "application/json"): {"type": "array", "items": {"type": "string"}}}
REFUSALS = {
    403: OpenApiResponse(Problem, "Roles that the caller does not hold, or an account that holds more"),
    409: OpenApiResponse(Problem, "There would be no administrator left"),
}


class UserViewSet(ResourceViewSet[User]):
    """The accounts, for those who keep them; everybody's own is at `users/me`.

    An account that holds more than the caller is only looked at, and the last administrator stays.
    """

    resource = "users"
    queryset = User.objects.prefetch_related("roles").order_by("-id")
    serializer_class = UserSerializer
    filterset_class = UserFilter
    ordering_fields = ("id", "email", "name", "created_at")
    search_fields = ("name", "email")
    owner = "id"
    include_only = (
        Endpoint.LIST,
        Endpoint.SEARCH,
        Endpoint.COUNT,
        Endpoint.RETRIEVE,
        Endpoint.UPDATE,
        Endpoint.PARTIAL_UPDATE,
        Endpoint.DESTROY,
    )
    permissions = {
        Endpoint.LIST: whole("users:read"),
        Endpoint.SEARCH: whole("users:read"),
        Endpoint.COUNT: whole("users:read"),
        Endpoint.UPDATE: whole("users:write"),
        Endpoint.PARTIAL_UPDATE: whole("users:write"),
        Endpoint.DESTROY: whole("users:delete"),
        "roles": whole("roles:read"),
        "replace_roles": whole("roles:write"),
        "add_roles": whole("roles:write"),
        "remove_role": whole("roles:write"),
    }

    @property
    def caller(self) -> User:
        return cast("User", self.request.user)

    def lock_object(self) -> User:
        lock_administrators()
        account = super().lock_object()
        check_signed_in_for_own(self.request, account)
        granting.check_account(self.caller, account)
        return account

    def perform_update(self, serializer: BaseSerializer[User]) -> None:
        account = cast("User", serializer.instance)
        is_active = cast("dict[str, Any]", serializer.validated_data).pop("is_active", account.is_active)
        serializer.save()
        if is_active != account.is_active:
            services.set_active(account, is_active, by=self.caller)

    def perform_destroy(self, instance: User) -> None:
        services.remove_account(instance, by=self.caller)

    @extend_schema(
        operation_id="users_roles_list",
        summary="List the roles of a user",
        description="Their names.\n\nPermission: `roles:read`.",
        responses=ROLE_NAMES,
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=())
    def roles(self, request: Request, id: str) -> Response:
        return tagged(request, role_names(self.get_object()))

    @extend_schema(
        operation_id="users_roles_replace",
        summary="Replace the roles of a user",
        description="Nobody gives a role that grants more than they hold. It holds on the next request. Honours "
        "`If-Match`.\n\nPermission: `roles:write`.",
        request=RolesSerializer,
        responses={**ROLE_NAMES, **REFUSALS},
    )
    @roles.mapping.put
    def replace_roles(self, request: Request, id: str) -> Response:
        return self._change_roles(membership.set_roles)

    @extend_schema(
        operation_id="users_roles_add",
        summary="Give a user more roles",
        description="Those that it has already stay. It holds on the next request. Honours `If-Match`."
        "\n\nPermission: `roles:write`.",
        request=RolesSerializer,
        responses={**ROLE_NAMES, **REFUSALS},
    )
    @roles.mapping.post
    def add_roles(self, request: Request, id: str) -> Response:
        return self._change_roles(membership.add_roles)

    @extend_schema(
        operation_id="users_roles_remove",
        summary="Take a role from a user",
        description="It holds on the next request.\n\nPermission: `roles:write`.",
        responses={204: None, **REFUSALS, 404: OpenApiResponse(Problem, "User not found, or it has no such role")},
    )
    @action(detail=True, methods=["delete"], url_path="roles/(?P<name>[^/]+)", url_name="role")
    def remove_role(self, request: Request, id: str, name: str) -> Response:
        with an_administrator_stays():
            membership.remove_role(self._account_whose_roles_change(), name, by=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _change_roles(self, change: Any) -> Response:
        roles = self.validated(RolesSerializer)["roles"]
        with an_administrator_stays():
            account = self._account_whose_roles_change()
            change(account, roles, by=self.caller)
        return tagged(self.request, role_names(User.objects.get(pk=account.pk)))

    def _account_whose_roles_change(self) -> User:
        """As in `lock_object`; what was read is the roles alone."""
        account = self.get_object(lock=True)
        check_if_match(self.request, lambda: role_names(account), required=self.require_if_match)
        check_signed_in_for_own(self.request, account)
        return account


def role_names(account: User) -> list[str]:
    return sorted(role.name for role in account.roles.all())
