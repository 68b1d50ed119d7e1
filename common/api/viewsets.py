"""The viewset that every resource is a label on."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar, cast

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.utils.functional import cached_property
from rest_framework.request import Request

from common import prepared
from common.api import direct
from common.api.access import Access
from common.api.bulk import BulkMixin
from common.api.endpoints import PAGES, Endpoint
from common.api.filters import FilterBackend, TextSearch
from common.api.keys import read_key, row_name
from common.api.ordering import PARAMETER as ORDERING
from common.api.ordering import Ordering
from common.api.pagination import ResourcePagination
from common.api.permissions import Anyone, Caller, EndpointPermission, Permission, Reach, Requirement, requirement
from common.api.views import ApiViewSet
from common.exceptions import Missing

M = TypeVar("M", bound=Model)

_ENDPOINTS = {endpoint.value: endpoint for endpoint in Endpoint}


class ResourceBase(ApiViewSet[M]):
    """What the endpoints are made of: the gate, the permissions, the parameters. The endpoints are mixed in.

    resource             the first part of its permission strings
    owner                lookup from a row to its account ("user", "store_manager__user"); None: nobody's
    part_of              relation to the row that these are part of, whose key the path has as "{relation}_id"
    ordering_fields      what `ordering` may name
    search_fields        where `q` looks
    permissions          other requirements than `resource:verb`, by endpoint or name of an @action
    exclude              endpoints that it does not have, or
    include_only         the only ones that it has
    require_if_match     428 for changes without If-Match
    reads_directly       whether plain rows may be read and written by `common.api.direct`
    """

    resource: ClassVar[str]
    owner: ClassVar[str | None] = None
    part_of: ClassVar[str] = ""
    ordering_fields: ClassVar[tuple[str, ...]] = ()
    search_fields: ClassVar[tuple[str, ...]] = ()
    permissions: ClassVar[Mapping[str, str | Requirement]] = {}
    exclude: ClassVar[tuple[Endpoint, ...]] = ()
    include_only: ClassVar[tuple[Endpoint, ...]] = tuple(Endpoint)
    require_if_match: ClassVar[bool] = False
    reads_directly: ClassVar[bool] = True

    # What has been asked of the database before it was due.
    foreseen: prepared.Foreseen | None = None

    # The requirement of one @action: `@action(permission="todos:archive")`.
    permission: str | Requirement = ""

    lookup_url_kwarg = "id"
    lookup_value_regex = "[^/]+"
    permission_classes: Any = (EndpointPermission,)
    filter_backends: Any = (FilterBackend, TextSearch, Ordering)
    pagination_class: Any = ResourcePagination

    @classmethod
    def endpoints(cls) -> frozenset[Endpoint]:
        chosen = set(cls.include_only) - set(cls.exclude)
        return frozenset(endpoint for endpoint in chosen if cls.owner or not endpoint.shape.own)

    @property
    def endpoint(self) -> Endpoint | None:
        """The endpoint being asked for, unless it is an @action of the resource's own."""
        return _ENDPOINTS.get(self.action)

    def get_requirement(self) -> Requirement:
        if named := self.named_requirement(self.action):
            return named
        endpoint, reading = self.endpoint, self.request.method in ("GET", "HEAD", "OPTIONS")
        verb = endpoint.shape.verb if endpoint else "read" if reading else "write"
        return Permission(f"{self.resource}:{verb}")

    def named_requirement(self, action: str) -> Requirement | None:
        named = self.permissions.get(action) or self.permission
        return requirement(named) if named else None

    def get_authenticators(self) -> Any:
        is_open = self.action and isinstance(self.named_requirement(self.action), Anyone)
        return () if is_open else super().get_authenticators()

    def perform_authentication(self, request: Request) -> None:
        self.foreseen = direct.foresee(self)
        if self.foreseen is None:
            super().perform_authentication(request)
            return
        with prepared.foreseeing(self.foreseen):
            super().perform_authentication(request)

    @cached_property
    def access(self) -> Access:
        """The gate to the rows, as wide as this caller's permissions open it on this endpoint."""
        caller = cast("Caller", self.request.user)
        reach = self.get_requirement().reach(caller, owned=bool(self.owner))
        own = reach is not Reach.ALL or (self.endpoint is not None and self.endpoint.shape.own)
        return Access(caller.pk, self.owner if own else None)

    def get_rows(self) -> QuerySet[M]:
        """The rows that the caller may see here."""
        rows = self.access.restrict(self.get_queryset())
        return rows.filter(**{self.part_of: self.get_whole()}) if self.part_of else rows

    def get_whole(self) -> Any:
        """The key of the row that these are part of, which has to be there even if nothing is part of it."""
        key, rows = self.read_whole(), self.whole_model._default_manager
        if not rows.filter(pk=key).exists():
            raise Missing(f"{row_name(self.whole_model)} not found")
        return key

    def read_whole(self) -> Any:
        return read_key(self.whole_model, self.kwargs[f"{self.part_of}_id"])

    @property
    def whole_model(self) -> type[Model]:
        return cast("type[Model]", self.model._meta.get_field(self.part_of).related_model)

    def get_object(self, *, lock: bool = False) -> M:
        """The row of this address: 404 when there is none, 403 when it is out of reach. One query."""
        row = direct.lock(self) if lock else None
        if row is None:
            rows = self.access.mark(self.get_queryset())
            if lock:
                rows = rows.select_for_update(of=("self",))
            row = rows.filter(**self.get_lookup()).first()
        if row is None:
            raise Missing(f"{self.row_name} not found")
        self.access.check([row])
        return row

    def get_lookup(self) -> dict[str, Any]:
        """What finds the row of this address."""
        return {"pk": self.read_key()}

    @cached_property
    def model(self) -> type[M]:
        # Another copy of the queryset only to be asked for its model would cost as much as to look up the key.
        declared: Any = getattr(self, "queryset", None)
        rows: Any = self.get_queryset() if declared is None else declared
        model: type[M] = rows.model
        return model

    def read_key(self) -> Any:
        """The key in the address; what is no key of this type is no row either."""
        return read_key(self.model, self.kwargs[self.lookup_url_kwarg])

    @property
    def row_name(self) -> str:
        return row_name(self.model)

    def get_ownership(self) -> dict[str, Any]:
        """The values that make a new row the caller's own."""
        if not self.owner:
            return {}
        relation, _, further = self.owner.partition("__")
        return {f"{relation}_id": self.get_owner_key()} if further else {self.owner: self.request.user}

    def get_owner_key(self) -> Any:
        """Where `owner` leads by way of another row, the key of the caller's, which is made if there is none yet."""
        raise ImproperlyConfigured(f"{type(self).__name__} owns by {self.owner}: override get_owner_key().")

    def known_params(self) -> Iterable[str]:
        endpoint = self.endpoint
        if endpoint is None:
            return self.query_params
        known: list[str] = []
        if endpoint in PAGES:
            known += [*ResourcePagination.parameters, ORDERING]
        if endpoint in PAGES or endpoint is Endpoint.COUNT:
            known += [TextSearch.parameter] if self.search_fields else []
            known += self.filter_names() if endpoint is not Endpoint.SEARCH else []
        return known

    def filter_names(self) -> list[str]:
        filterset_class = getattr(self, "filterset_class", None)
        return list(filterset_class.base_filters) if filterset_class else []

    def repeatable_params(self) -> Iterable[str]:
        filterset_class = getattr(self, "filterset_class", None)
        filters = filterset_class.base_filters if filterset_class else {}
        return [name for name, one in filters.items() if getattr(one, "repeatable", False)]


class ResourceViewSet(BulkMixin[M], ResourceBase[M]):
    """Every endpoint of `common.api.endpoints` for one model."""
