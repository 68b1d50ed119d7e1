"""The router that gives a resource its routes, with and without a trailing slash and never a redirect."""

from collections.abc import Mapping
from functools import cached_property
from itertools import groupby
from typing import Any

from django.urls import URLPattern, URLResolver, re_path
from rest_framework.routers import DynamicRoute, Route, SimpleRouter

from common.api.endpoints import SHAPES
from common.api.root import RootViewSet


def _routes() -> list[Route | DynamicRoute]:
    found: list[Route | DynamicRoute] = []
    # SHAPES names the endpoints of one path one after the other. An @action without an id is spelt out too, so its
    # routes come before the first that takes any id.
    for path, group in groupby(SHAPES.items(), key=lambda item: item[1].path):
        if path == "/{lookup}":
            found.append(_extra("/{url_path}", detail=False))
        found.append(
            Route(
                url=f"^{{prefix}}{path}{{trailing_slash}}\\Z",
                mapping={shape.method: endpoint.value for endpoint, shape in group},
                name=f"{{basename}}-{_name(path)}",
                detail="{lookup}" in path,
                initkwargs={"suffix": _name(path).replace("-", " ")},
            )
        )
    return [*found, _extra("/{lookup}/{url_path}", detail=True)]


def _name(path: str) -> str:
    return {"": "list", "/{lookup}": "detail", "/self/{lookup}": "self-detail"}.get(path, path.strip("/"))


def _extra(path: str, *, detail: bool) -> DynamicRoute:
    return DynamicRoute(
        url=f"^{{prefix}}{path}{{trailing_slash}}\\Z", name="{basename}-{url_name}", detail=detail, initkwargs={}
    )


class ResourceRouter(SimpleRouter):
    routes = _routes()

    def __init__(self) -> None:
        super().__init__(trailing_slash=False)
        self.trailing_slash = "/?"

    def extend(self, other: "ResourceRouter") -> None:
        """Take over the routes that an app registered on a router of its own."""
        self.registry.extend(other.registry)

    @cached_property
    def root(self) -> Any:
        """Lists what is registered. Whoever includes these routes also mounts it without the slash at their end."""
        lists = {prefix: f"{basename}-list" for prefix, viewset, basename in self.registry if hasattr(viewset, "list")}
        return RootViewSet.as_view({"get": "index"}, lists=lists, name="API")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [re_path(r"^\Z", self.root, name="api-root"), *super().get_urls()]

    def get_method_map(self, viewset: Any, method_map: Mapping[str, str]) -> dict[str, str]:
        bound = super().get_method_map(viewset, method_map)
        if not hasattr(viewset, "endpoints"):
            return bound
        mapped = (action.mapping.values() for action in viewset.get_extra_actions())
        has = viewset.endpoints().union(*mapped)
        return {method: action for method, action in bound.items() if action in has}
