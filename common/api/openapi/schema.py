"""The OpenAPI document says of every endpoint what it takes, what it answers and how it refuses."""

from typing import TYPE_CHECKING, Any, cast

from drf_spectacular.extensions import OpenApiFilterExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, build_array_type
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from common.api.bulk import MAX_ROWS
from common.api.endpoints import PAGES, Endpoint
from common.api.errors import CONTENT_TYPE, phrase
from common.api.fields import key_field
from common.api.idempotency import HEADER as IDEMPOTENCY_KEY
from common.api.openapi.headers import THROTTLED
from common.api.openapi.problem import Problem
from common.api.permissions import Anyone, Permission
from common.api.search import MAX_IN, Criterion
from common.permissions import SELF

if TYPE_CHECKING:
    from common.api.viewsets import ResourceViewSet

Schema = dict[str, Any]

CREATES = frozenset({Endpoint.CREATE, Endpoint.BULK_CREATE})
SUMMARIES = {
    Endpoint.LIST: "List {many}",
    Endpoint.CREATE: "Create {a} {one}",
    Endpoint.BULK_CREATE: "Create many {many}",
    Endpoint.BULK_UPDATE: "Update many {many}",
    Endpoint.BULK_DELETE: "Delete many {many}",
    Endpoint.SEARCH: "Search {many}",
    Endpoint.COUNT: "Count {many}",
    Endpoint.SELF_LIST: "List my {many}",
    Endpoint.SELF_RETRIEVE: "Get one of my {many}",
    Endpoint.SELF_UPDATE: "Update one of my {many}",
    Endpoint.SELF_PARTIAL_UPDATE: "Update one of my {many}",
    Endpoint.SELF_DESTROY: "Delete one of my {many}",
    Endpoint.RETRIEVE: "Get {a} {one}",
    Endpoint.UPDATE: "Update {a} {one}",
    Endpoint.PARTIAL_UPDATE: "Update {a} {one}",
    Endpoint.DESTROY: "Delete {a} {one}",
}

UPDATES = frozenset({Endpoint.UPDATE, Endpoint.PARTIAL_UPDATE, Endpoint.SELF_UPDATE, Endpoint.SELF_PARTIAL_UPDATE})
DELETES = frozenset({Endpoint.DESTROY, Endpoint.SELF_DESTROY})
READS = frozenset({Endpoint.RETRIEVE, Endpoint.SELF_RETRIEVE})
ROWS_BY_ID = frozenset({Endpoint.BULK_UPDATE, Endpoint.BULK_DELETE})


class ResourceSchema(AutoSchema):
    @property
    def resource(self) -> "ResourceViewSet[Any]":
        return cast("ResourceViewSet[Any]", self.view)

    @property
    def endpoint(self) -> Endpoint | None:
        return getattr(self.view, "endpoint", None)

    def get_summary(self) -> str | None:
        if self.endpoint is None:
            return super().get_summary()
        names = self.resource.model._meta
        one, many = str(names.verbose_name), str(names.verbose_name_plural)
        return SUMMARIES[self.endpoint].format(a="an" if one[0] in "aeio" else "a", one=one, many=many)

    def get_description(self) -> str:  # type: ignore[override]
        described = super().get_description() or ""
        if self.endpoint is None:
            return described
        permission = self.resource.get_requirement()
        if isinstance(permission, Anyone):
            return described
        own = (
            f" (one's own rows: `{permission}{SELF}`)"
            if isinstance(permission, Permission) and not permission.whole and self.resource.owner
            else ""
        )
        return f"{described}\n\nPermission: `{permission}`{own}.".strip()

    def get_operation_id(self) -> str:
        if self.endpoint is None:
            return str(super().get_operation_id())
        return f"{self.resource.basename}_{self.endpoint}".replace("-", "_")

    def map_parsers(self) -> list[str]:
        # camelCase is the same media type with a parameter; it would double every entry.
        return [media_type for media_type in super().map_parsers() if ";" not in media_type]

    def map_renderers(self, attribute: str) -> list[str]:
        return [value for value in dict.fromkeys(super().map_renderers(attribute)) if ";" not in value]

    def _is_list_view(self, serializer: Any = None) -> bool:
        if self.endpoint is None or isinstance(serializer, serializers.ListSerializer):
            return bool(super()._is_list_view(serializer))
        return self.endpoint in PAGES

    def _get_paginator(self) -> Any:
        return super()._get_paginator() if self.endpoint is None or self.endpoint in PAGES else None

    def _is_create_operation(self) -> bool:
        return self.endpoint in CREATES or super()._is_create_operation()

    def _get_filter_parameters(self) -> list[Schema]:
        if self.endpoint is None:
            return list(super()._get_filter_parameters())
        known = set(self.resource.known_params())
        found = [one for backend in self.resource.filter_backends for one in self._backend_parameters(backend)]
        return [parameter for parameter in found if parameter["name"] in known]

    def _backend_parameters(self, backend: Any) -> list[Schema]:
        extension = OpenApiFilterExtension.get_match(backend())
        if extension:
            return list(extension.get_schema_operation_parameters(self))
        return list(backend().get_schema_operation_parameters(self.view))

    def get_override_parameters(self) -> list[Any]:
        endpoint = self.endpoint
        if endpoint in CREATES:
            if isinstance(self.resource.get_requirement(), Anyone):
                return []
            return [_header(IDEMPOTENCY_KEY, "Repeating the request with the same key creates nothing more (24 h).")]
        if endpoint in UPDATES | DELETES:
            return [_header("If-Match", "The ETag that was read; 412 when the row has changed since.")]
        if endpoint in READS:
            return [_header("If-None-Match", "The ETag at hand; 304 when nothing has changed.")]
        return list(super().get_override_parameters())

    def get_request_serializer(self) -> Any:
        endpoint = self.endpoint
        if endpoint in UPDATES:
            return self.resource.get_serializer(partial=True)
        if endpoint is Endpoint.BULK_CREATE:
            return self.resource.get_serializer(many=True, max_length=MAX_ROWS)
        if endpoint is Endpoint.BULK_UPDATE:
            return {"application/json": build_array_type(self._bulk_row())}
        if endpoint is Endpoint.BULK_DELETE:
            return {"application/json": self._ids()}
        if endpoint is Endpoint.SEARCH:
            return {"application/json": self._search_body()}
        return super().get_request_serializer()

    def get_response_serializers(self) -> Any:
        endpoint = self.endpoint
        if endpoint is Endpoint.BULK_CREATE:
            return {201: self.resource.get_serializer(many=True)}
        if endpoint is Endpoint.BULK_UPDATE:
            return {200: self.resource.get_serializer(many=True)}
        if endpoint is Endpoint.BULK_DELETE:
            return {200: _object(deleted={"type": "integer"})}
        if endpoint is Endpoint.COUNT:
            return {200: _object(count={"type": "integer"})}
        if endpoint in DELETES:
            return {204: None}
        return super().get_response_serializers()

    def _get_response_bodies(self, direction: Any = "response") -> Schema:
        bodies = super()._get_response_bodies(direction)
        for status in self._problems():
            if str(status) not in bodies:
                bodies[str(status)] = self._get_response_for_code(
                    OpenApiResponse(Problem, phrase(status)), str(status), [CONTENT_TYPE], direction
                )
        return dict(sorted(bodies.items()))

    def _get_response_for_code(
        self, serializer: Any, status_code: str, media_types: Any = None, direction: Any = "response"
    ) -> Schema:
        if not status_code.startswith("2"):
            # Declared by hand on a view: still the one envelope and its content type.
            media_types = media_types or [CONTENT_TYPE]
        return dict(super()._get_response_for_code(serializer, status_code, media_types, direction))

    def _get_response_headers_for_code(self, status_code: str, direction: Any = "response") -> Schema:
        headers = dict(super()._get_response_headers_for_code(status_code, direction))
        endpoint = self.endpoint
        if status_code in ("200", "201") and endpoint in READS | UPDATES | {Endpoint.CREATE}:
            headers["ETag"] = {"schema": {"type": "string"}, "description": "Strong entity tag of this representation."}
        if status_code == "201" and endpoint is Endpoint.CREATE:
            headers["Location"] = {"schema": {"type": "string"}, "description": "The address of what was created."}
        if status_code == "429":
            headers |= THROTTLED
        return headers

    def _problems(self) -> list[int]:
        found = [429]
        if self.get_auth() and {} not in self.get_auth():
            found += [401, 403]
        if "{" in self.path or self.endpoint in ROWS_BY_ID:
            found += [404]
        if self.method in ("POST", "PUT", "PATCH"):
            found += [400, 413, 415, 422]
        elif self.endpoint in PAGES | {Endpoint.COUNT}:
            found += [422]
        if self.endpoint in PAGES:
            found += [404]
        if self.endpoint in CREATES | UPDATES | {Endpoint.BULK_UPDATE}:
            found += [409]
        if self.endpoint in UPDATES | DELETES:
            found += [412, 428] if self.resource.require_if_match else [412]
        return found

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Schema:
        schema = dict(super()._map_basic_serializer(serializer, direction))
        if direction == "response" and isinstance(serializer, serializers.ModelSerializer):
            # A default makes a field optional on the way in only.
            schema["required"] = sorted(schema["properties"])
        return schema

    def _bulk_row(self) -> Schema:
        """The fields of a PATCH, and the id of the row that they are for."""
        serializer = cast("serializers.Serializer[Any]", self.resource.get_serializer(partial=True))
        patched = self.resolve_serializer(serializer, "request")
        name = patched.name.removeprefix("Patched").removesuffix("Request")
        schema = {
            "type": "object",
            "properties": {"id": self._key(), **patched.schema["properties"]},
            "required": ["id"],
        }
        return self._component(f"{name}BulkUpdateRequest", schema)

    def _ids(self) -> Schema:
        return self._component(
            f"{self._name()}BulkDeleteRequest", _object(ids={**build_array_type(self._key()), "maxItems": MAX_ROWS})
        )

    def _search_body(self) -> Schema:
        fields = {name: self._criterion(one) for name, one in self.resource.get_criteria().items()}
        return self._component(f"{self._name()}SearchRequest", {"type": "object", "properties": fields})

    def _criterion(self, criterion: Criterion) -> Schema:
        """A value, or an object of operators; null where the column has it."""
        if criterion.is_text:
            schema: Schema = {"type": "string", "description": "Contains, in any case."}
        else:
            schema = self._map_serializer_field(criterion.field, "request")
            schema.pop("readOnly", None)
            schema.pop("nullable", None)
            if "enum" in schema:
                schema["enum"] = [value for value in schema["enum"] if value is not None]
        if criterion.operators:
            bounds = {name: schema for name in criterion.operators if name != "in"}
            schema = {
                "oneOf": [
                    schema,
                    {
                        "type": "object",
                        "properties": {**bounds, "in": {"type": "array", "items": schema, "maxItems": MAX_IN}},
                    },
                ]
            }
        return {**schema, "nullable": True} if criterion.nullable else schema

    def _key(self) -> Schema:
        return dict(self._map_serializer_field(key_field(self.resource.model), "request"))

    def _name(self) -> str:
        return str(self._get_serializer_name(self.resource.get_serializer(), "response"))

    def _component(self, name: str, schema: Schema) -> Schema:
        component = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=name)
        self.registry.register_on_missing(component)
        return dict(component.ref)


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _header(name: str, description: str) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=description)
