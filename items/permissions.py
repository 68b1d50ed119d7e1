from common.permissions import resource_permissions

PERMISSIONS = resource_permissions("items")

GRANTS = {
    "user": ("items:read",),
    "store_manager": ("items:write:self", "items:delete:self"),
}
