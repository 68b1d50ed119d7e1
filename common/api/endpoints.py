"""Every endpoint that a resource has: its method, its path, and the verb of the permission that opens it."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Shape:
    method: str
    path: str
    verb: str

    @property
    def detail(self) -> bool:
        return "{lookup}" in self.path

    @property
    def own(self) -> bool:
        """Whether it shows the caller's own rows only, whatever else they may see."""
        return self.path.startswith("/self")


class Endpoint(StrEnum):
    """The value is the name of the viewset's method, which DRF calls the action."""

    LIST = "list"
    CREATE = "create"
    BULK_CREATE = "bulk_create"
    BULK_UPDATE = "bulk_update"
    BULK_DELETE = "bulk_delete"
    SEARCH = "search"
    COUNT = "count"
    SELF_LIST = "self_list"
    SELF_RETRIEVE = "self_retrieve"
    SELF_UPDATE = "self_update"
    SELF_PARTIAL_UPDATE = "self_partial_update"
    SELF_DESTROY = "self_destroy"
    RETRIEVE = "retrieve"
    UPDATE = "update"
    PARTIAL_UPDATE = "partial_update"
    DESTROY = "destroy"

    @property
    def shape(self) -> Shape:
        return SHAPES[self]


# In the order of the routes: what is spelt out comes before what takes any id.
SHAPES = {
    Endpoint.LIST: Shape("get", "", "read"),
    Endpoint.CREATE: Shape("post", "", "write"),
    Endpoint.BULK_CREATE: Shape("post", "/bulk", "write"),
    Endpoint.BULK_UPDATE: Shape("patch", "/bulk", "write"),
    Endpoint.BULK_DELETE: Shape("post", "/bulk-delete", "delete"),
    Endpoint.SEARCH: Shape("post", "/search", "read"),
    Endpoint.COUNT: Shape("get", "/count", "read"),
    Endpoint.SELF_LIST: Shape("get", "/self", "read"),
    Endpoint.SELF_RETRIEVE: Shape("get", "/self/{lookup}", "read"),
    Endpoint.SELF_UPDATE: Shape("put", "/self/{lookup}", "write"),
    Endpoint.SELF_PARTIAL_UPDATE: Shape("patch", "/self/{lookup}", "write"),
    Endpoint.SELF_DESTROY: Shape("delete", "/self/{lookup}", "delete"),
    Endpoint.RETRIEVE: Shape("get", "/{lookup}", "read"),
    Endpoint.UPDATE: Shape("put", "/{lookup}", "write"),
    Endpoint.PARTIAL_UPDATE: Shape("patch", "/{lookup}", "write"),
    Endpoint.DESTROY: Shape("delete", "/{lookup}", "delete"),
}

# The endpoints that answer with a page of rows.
PAGES = frozenset({Endpoint.LIST, Endpoint.SEARCH, Endpoint.SELF_LIST})
