from common.permissions import resource_permissions

PERMISSIONS = resource_permissions("store_managers")

GRANTS = {"store_manager": ("store_managers:read:self", "store_managers:write:self")}

# So that the role is enough for an account that has no other.
INCLUDES = {"store_manager": "user"}
