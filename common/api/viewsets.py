"""The viewset that every resource is a label on."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, ClassVar, TypeVar, cast

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from common import prepared
from common.api import direct, query
from common.api.access import Access
from common.api.bulk import BulkMixin
from common.api.endpoints import PAGES, Endpoint
from common.api.fields import key_field
from common.api.filters import FilterBackend, TextSearch
from common.api.ordering import PARAMETER as ORDERING
from common.api.ordering import Ordering
from common.api.pagination import ResourcePagination
from common.api.permissions import Anyone, Caller, EndpointPermission, Permission, Reach, Requirement, requirement
from common.api.renderers import JSONRenderer
from common.api.throttling import ThrottlingMixin
from common.exceptions import Missing
from common.headers import vary

M = TypeVar("M", bound=Model)

_ENDPOINTS = {endpoint.value: endpoint for endpoint in Endpoint}

# What a client accepts that is given JSON.
_ANYTHING = ("*/*", "application/json")


_instances: dict[Any, Any] = {}
# By the viewset and its methods on one route.
_allowed: dict[tuple[type[Any], tuple[str, ...]], str] = {}


def _made(kind: Any) -> Any:
    found = _instances.get(kind)
    if found is None:
        found = _instances[kind] = kind()
    return found


class ApiViewSet(ThrottlingMixin, GenericViewSet[M]):
    """What every route of the API has in common, resource or not."""

    # Query parameters of one endpoint: `@action(query_params=("since",))`.
    query_params: Iterable[str] = ()

    # DRF sets it in `initial`, which a method that is not there never reaches; the page of its 405 asks for it.
    format_kwarg: str | None = None

    # None of these keeps anything of a request: each is made once instead of once a request.

    def get_parsers(self) -> list[BaseParser]:
        return [_made(parser) for parser in self.parser_classes]

    def get_authenticators(self) -> list[BaseAuthentication]:
        return [_made(authentication) for authentication in self.authentication_classes]

    def get_permissions(self) -> list[Any]:
        return [_made(permission) for permission in self.permission_classes]

    def get_content_negotiator(self) -> Any:
        return _made(self.content_negotiation_class)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        """The short way for JSON: what DRF's comes to in nearly every request of a program."""
        asked = request._request.META
        first = self.renderer_classes[0]
        if first is JSONRenderer and asked.get("HTTP_ACCEPT", "*/*") in _ANYTHING and not asked.get("QUERY_STRING"):
            return _made(JSONRenderer), JSONRenderer.media_type
        return super().perform_content_negotiation(request, force)

    @property
    def default_response_headers(self) -> dict[str, str]:
        bound = type(self), tuple(self.action_map)
        told = _allowed.get(bound)
        if told is None:
            told = _allowed[bound] = ", ".join(self.allowed_methods)
        return {"Allow": told}

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        vary(response, "Accept")
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Whether there is such a method at all depends on nobody's permissions.
        if self.action is None:
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)
        if request._request.META.get("QUERY_STRING"):
            query.check_names(request._request, self.known_params(), self.repeatable_params())

    def get_authenticate_header(self, request: Request) -> str:
        """A 401 stays a 401 on routes that authenticate by their body; DRF would make it a 403."""
        return "Bearer"

    def validated(self, serializer_class: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The body, as this serializer reads it."""
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def known_params(self) -> Iterable[str]:
        return self.query_params

    def repeatable_params(self) -> Iterable[str]:
        return ()


class ResourceBase(ApiViewSet[M]):
    """What the endpoints are made of: the gate, the permissions, the parameters. The endpoints are mixed in.

    resource             the first part of its permission strings
    owner                lookup from a row to its account ("user", "store_manager__user"); None: nobody's
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
        reading = self.request.method in ("GET", "HEAD", "OPTIONS")
        verb = self.endpoint.shape.verb if self.endpoint else "read" if reading else "write"
        return Permission(f"{self.resource}:{verb}")

    def named_requirement(self, action: str) -> Requirement | None:
        named = self.permissions.get(action) or self.permission
        return requirement(named) if named else None

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        # DRF asks for the authenticators before it sets this.
        self.action = self.action_map.get(str(request.method).lower(), "")
        return super().initialize_request(request, *args, **kwargs)

    def get_authenticators(self) -> list[BaseAuthentication]:
        is_open = self.action and isinstance(self.named_requirement(self.action), Anyone)
        return [] if is_open else super().get_authenticators()

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
        return self.access.restrict(self.get_queryset())

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
        field = key_field(self.model)
        try:
            return field.from_query(self.kwargs[self.lookup_url_kwarg])
        except ValidationError:
            raise Missing(f"{self.row_name} not found") from None

    @property
    def row_name(self) -> str:
        return str(self.model._meta.verbose_name).capitalize()

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
