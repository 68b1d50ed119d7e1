from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from common.docs import views


def both_forms(address: str, view: Callable[..., Any], name: str) -> list[URLPattern]:
    """Links show the first."""
    return [path(address, view, name=name), path(f"{address}/", view)]


urlpatterns = [
    *both_forms("openapi.json", views.openapi_json, "openapi-json"),
    *both_forms("openapi.yaml", views.openapi_yaml, "openapi-yaml"),
    *both_forms("docs", views.swagger, "swagger"),
    *both_forms("redoc", views.redoc, "redoc"),
    *both_forms("scalar", views.scalar, "scalar"),
    path("favicon.ico", views.favicon),
]
