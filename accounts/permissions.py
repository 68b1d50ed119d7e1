from common.permissions import EVERYTHING, resource_permissions

PERMISSIONS = (EVERYTHING, *resource_permissions("users"), "roles:read", "roles:write", "audit:read")

GRANTS = {
    "user": ("users:read:self", "users:write:self"),
    "admin": (EVERYTHING,),
}
