"""Choosing the parser and the renderer: the short way for JSON, the most exact match first otherwise."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from common.api.query import FORMAT, InvalidQuery


class Negotiation(DefaultContentNegotiation):
    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        parsers, sent = list(parsers), request.content_type
        if exact := next((parser for parser in parsers if parser.media_type == sent), None):
            return exact
        # DRF would take a wildcard, which says what one accepts, for the type of what was sent.
        if "*" in sent:
            return None
        return super().select_parser(request, most_exact_first(parsers))

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderers = list(renderers)
        if request.META.get("HTTP_ACCEPT", "*/*") in ("*/*", "application/json") and FORMAT not in request.GET:
            return renderers[0], renderers[0].media_type
        chosen, _ = super().select_renderer(request, most_exact_first(renderers), format_suffix)
        # DRF would answer with the parameters that the client wrote.
        return chosen, chosen.media_type

    def filter_renderers(self, renderers: Iterable[BaseRenderer], format: str) -> list[BaseRenderer]:
        found = [renderer for renderer in renderers if renderer.format == format]
        if not found:
            raise InvalidQuery({"format": ["No such format."]})
        return found

    def get_accept_list(self, request: Request) -> list[str]:
        """A header that names nothing refuses nothing."""
        return super().get_accept_list(request) or ["*/*"]


def most_exact_first(handlers: Iterable[Any]) -> list[Any]:
    """`application/json` would also answer for `application/json; case=camel`."""
    return sorted(handlers, key=lambda handler: -handler.media_type.count(";"))
