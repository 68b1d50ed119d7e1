from common.permissions import resource_permissions

PERMISSIONS = resource_permissions("todos")

# Deleting is for administrators, until somebody grants `todos:delete:self` to the role.
GRANTS = {"user": ("todos:read:self", "todos:write:self")}
