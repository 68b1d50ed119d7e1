from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from drf_spectacular.settings import spectacular_settings

from common.docs.views import ReadOnlyView


class RootView(ReadOnlyView):
    """A person is sent to the docs; a program is told where things are."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # In this order: for whoever takes both alike, such as curl, the first counts.
        wanted = request.get_preferred_type(["application/json", "text/html"])
        response = redirect("scalar") if wanted == "text/html" else JsonResponse(self.places())
        patch_vary_headers(response, ["Accept"])
        return response

    def places(self) -> dict[str, str]:
        return {
            "name": spectacular_settings.TITLE,
            "version": spectacular_settings.VERSION,
            "docs": reverse("swagger"),
            "openapi": reverse("openapi-json"),
            "health": "/health",
        }


root = RootView.as_view()
