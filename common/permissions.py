"""The vocabulary of permission strings: `resource:action`, and `resource:action:self` for one's own rows.

Each app declares its strings and who gets them at first in a module `permissions`:
`PERMISSIONS` is a tuple of strings, `GRANTS` maps a role's name to the strings it starts with, and `INCLUDES` to
another role whose strings, of whichever app, it starts with too.
"""

SELF = ":self"
EVERYTHING = "*"


def resource_permissions(resource: str, *, owned: bool = True) -> tuple[str, ...]:
    """The strings that a resource viewset asks for; without an owner there are no `:self` forms."""
    actions = [f"{resource}:{action}" for action in ("read", "write", "delete")]
    own = [f"{action}{SELF}" for action in actions] if owned else []
    return (*actions, f"{resource}:admin", *own)
