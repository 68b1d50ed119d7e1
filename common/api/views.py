"""What every route of the API has in common, resource or not."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest
from rest_framework import serializers
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from common.api import query, requests
from common.api.renderers import JSONRenderer
from common.api.throttling import ThrottlingMixin
from common.headers import put, vary

M = TypeVar("M", bound=Model)

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


@lru_cache(maxsize=256)
def _all_made(kinds: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(map(_made, kinds))


class ApiViewSet(ThrottlingMixin, GenericViewSet[M]):
    """What every route of the API has in common, resource or not."""

    # Query parameters of one endpoint: `@action(query_params=("since",))`.
    query_params: Iterable[str] = ()

    # DRF sets it in `initial`, which a method that is not there never reaches; the page of its 405 asks for it.
    format_kwarg: str | None = None

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        method = str(request.method).lower()
        self.action = self.action_map.get(method, "")  # whom the authenticators are for
        made = requests.Request(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )
        if method == "options":
            self.action = "metadata"  # as DRF calls it
        return made

    # None of these keeps anything of a request: each is made once instead of once a request.

    def get_parsers(self) -> Any:
        return _all_made(tuple(self.parser_classes))

    def get_authenticators(self) -> Any:
        return _all_made(tuple(self.authentication_classes))

    def get_permissions(self) -> Any:
        return _all_made(tuple(self.permission_classes))

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
        allowed = self.headers.pop("Allow", None)
        response = super().finalize_response(request, response, *args, **kwargs)
        if allowed:
            put(response, "Allow", allowed)
        vary(response, "Accept")
        if not hasattr(response, "render") and not response.streaming:  # which would ask the view, and the request
            self._let_go(request)
        return response

    def _let_go(self, request: Request) -> None:
        """Of what refers to itself, once nobody asks for it any more: what is left to the collector costs more."""
        request.parser_context = {}
        for method in self.action_map:
            vars(self).pop(method, None)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Whether there is such a method at all depends on nobody's permissions.
        if not self.action:
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
