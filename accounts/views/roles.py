from typing import Any, cast

from rest_framework.serializers import BaseSerializer

from accounts import membership
from accounts.administrators import lock_administrators
from accounts.filters import PermissionFilter, RoleFilter
from accounts.models import Permission, Role, User
from accounts.serializers import PermissionSerializer, RoleSerializer
from common.api.endpoints import Endpoint
from common.api.viewsets import ResourceViewSet


class RoleViewSet(ResourceViewSet[Role]):
    """Named sets of permissions. A change holds on the next request of everybody who has the role.

    Nobody grants what they do not hold, nor changes a role that grants more. The roles that the product knows by name
    cannot be renamed or deleted; what they grant can be changed.
    """

    resource = "roles"
    queryset = Role.objects.prefetch_related("permissions").order_by("-id")
    serializer_class = RoleSerializer
    filterset_class = RoleFilter
    ordering_fields = ("id", "name")
    search_fields = ("name", "description")
    exclude = (Endpoint.BULK_CREATE, Endpoint.BULK_UPDATE, Endpoint.BULK_DELETE)
    permissions = {Endpoint.DESTROY: "roles:write"}

    @property
    def caller(self) -> User:
        return cast("User", self.request.user)

    def lock_object(self) -> Role:
        lock_administrators()
        return super().lock_object()

    def perform_create(self, serializer: BaseSerializer[Role]) -> None:
        serializer.instance = membership.create_role(by=self.caller, **_validated(serializer))

    def perform_update(self, serializer: BaseSerializer[Role]) -> None:
        role = cast("Role", serializer.instance)
        serializer.instance = membership.change_role(role, by=self.caller, **_validated(serializer))

    def perform_destroy(self, instance: Role) -> None:
        membership.delete_role(instance, by=self.caller)


class PermissionViewSet(ResourceViewSet[Permission]):
    """Every permission string there is. They come with the product; roles grant them."""

    resource = "permissions"
    queryset = Permission.objects.order_by("codename")
    serializer_class = PermissionSerializer
    filterset_class = PermissionFilter
    ordering_fields = ("id", "codename")
    search_fields = ("codename",)
    include_only = (Endpoint.LIST,)
    permissions = {Endpoint.LIST: "roles:read"}


def _validated(serializer: BaseSerializer[Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", serializer.validated_data)
