"""The way in: where each resource is."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar

from django.urls import NoReverseMatch
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from common.api.views import ApiViewSet


class RootViewSet(ApiViewSet[Any]):
    """Every resource, by its list."""

    schema = None  # not in the OpenAPI document, which says the same and more
    permission_classes = (AllowAny,)

    # The name of each list's route, by the prefix of its resource.
    lists: ClassVar[Mapping[str, str]] = {}

    def index(self, request: Request) -> Response:
        found = {}
        for prefix, route in self.lists.items():
            with suppress(NoReverseMatch):  # not everything that is registered has a list
                found[prefix] = reverse(route, request=request)
        return Response(found)
