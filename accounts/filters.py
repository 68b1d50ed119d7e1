from accounts.models import AuditEvent
from common.api.filters import (
    BooleanFilter,
    ChoiceFilter,
    ContainsFilter,
    DateTimeFilter,
    IntegerFilter,
    IPAddressFilter,
    ResourceFilter,
    TextFilter,
)


class UserFilter(ResourceFilter):
    email = ContainsFilter()
    name = ContainsFilter()
    is_active = BooleanFilter()
    is_superuser = BooleanFilter()
    role = TextFilter("roles__name")
    created_after = DateTimeFilter("created_at", "gte")
    created_before = DateTimeFilter("created_at", "lte")


class RoleFilter(ResourceFilter):
    name = ContainsFilter()
    permission = TextFilter("permissions__codename")


class PermissionFilter(ResourceFilter):
    codename = ContainsFilter()


class AuditEventFilter(ResourceFilter):
    action = ChoiceFilter(choices=AuditEvent.Action.choices)
    actor_id = IntegerFilter()
    subject = TextFilter()
    ip = IPAddressFilter()
    request_id = TextFilter()
    created_after = DateTimeFilter("created_at", "gte")
    created_before = DateTimeFilter("created_at", "lte")
