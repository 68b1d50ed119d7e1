"""What drf-spectacular asks for by name in the settings."""

from collections.abc import Callable, Iterable
from typing import Any

from drf_spectacular.plumbing import get_lib_doc_excludes

from common.api.serializers import RefuseUnknown, ResourceSerializer, StrictSerializer
from common.api.views import ApiViewSet
from common.api.viewsets import ResourceBase, ResourceViewSet


def strip_optional_slash(endpoints: Iterable[tuple[str, str, str, Callable[..., Any]]], **kwargs: Any) -> list[Any]:
    """Every route takes both forms; the document shows the one without."""
    return [(path.rstrip("/") or "/", regex, method, view) for path, regex, method, view in endpoints]


def base_classes() -> list[type]:
    """What lends its docstring to nobody: a resource without one of its own has no description."""
    excluded: list[type] = get_lib_doc_excludes()
    return [*excluded, ApiViewSet, ResourceBase, ResourceViewSet, StrictSerializer, ResourceSerializer, RefuseUnknown]
