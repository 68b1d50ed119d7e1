"""The browsable API: what a browser is shown where a program gets JSON."""

from typing import Any

import orjson
from django.contrib.auth.models import AnonymousUser
from django.db import Error as DatabaseError
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_str
from drf_spectacular.settings import spectacular_settings
from rest_framework.exceptions import APIException
from rest_framework.renderers import BrowsableAPIRenderer
from rest_framework.request import Request, override_method
from rest_framework.response import Response

from common.api.browsable.examples import example
from common.api.endpoints import SHAPES, Endpoint
from common.exceptions import DomainError

REFUSALS = (APIException, DomainError)
LISTS = frozenset({Endpoint.LIST, Endpoint.SELF_LIST})
SERVER_ERROR = 500


def pretty(data: Any) -> str:
    return orjson.dumps(data, default=force_str, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_INDENT_2).decode()


class BrowsableRenderer(BrowsableAPIRenderer):
    """REST framework's pages with raw JSON as the only form: our parsers take nothing else.

    The page asks the view again what the caller may do here, which must not be refused twice.
    """

    renderer_context: dict[str, Any]

    template = "browsable/api.html"
    etag_suffix = "-html"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> Any:
        request, response = renderer_context["request"], renderer_context["response"]
        identify(request, response)
        page = super().render(data, accepted_media_type, renderer_context)
        # An error names the type that it would have as JSON.
        response["Content-Type"] = f"{self.media_type}; charset={self.charset}"
        return page

    def get_context(self, data: Any, accepted_media_type: Any, renderer_context: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(data, accepted_media_type, renderer_context)
        if as_json := renderer_context["response"].content_type:
            context["response_headers"]["Content-Type"] = as_json
        # Without the styles of code in descriptions, which would stand inside of the page.
        return {**context, "product": spectacular_settings.TITLE, "code_style": None}

    def get_content(self, renderer: Any, data: Any, accepted_media_type: Any, renderer_context: Any) -> str:
        return "" if data is None else pretty(data)

    def get_rendered_html_form(self, data: Any, view: Any, method: str, request: Request) -> Any:
        # For these two it is a button.
        return super().get_rendered_html_form(data, view, method, request) if method in ("DELETE", "OPTIONS") else None

    def get_raw_data_form(self, data: Any, view: Any, method: str, request: Request) -> Any:
        form = super().get_raw_data_form(data, view, method, request)
        if form:
            form.initial["_content"] = pretty(self.get_body(data, view, method, request))
        return form

    def get_body(self, data: Any, view: Any, method: str, request: Request) -> Any:
        """What was refused, for another try; else an example of what may be sent."""
        if request.method == method and self.renderer_context["response"].status_code >= 400:
            return sent(request)
        with override_method(view, request, method):
            return example(view, data)

    def get_filter_form(self, data: Any, view: Any, request: Request) -> str | None:
        if getattr(view, "endpoint", None) not in LISTS:
            return None
        # Not above: REST framework imports the renderers before it has the views that filters need.
        from common.api.browsable.filters import filter_form

        return render_to_string("browsable/filters.html", {"form": filter_form(view, request)})

    def get_extra_actions(self, view: Any, status_code: int) -> dict[str, str] | None:
        extra = super().get_extra_actions(view, status_code)
        if extra is None or view.detail or not hasattr(view, "endpoints"):
            return extra
        return {**siblings(view), **extra}


def identify(request: Request, response: Response) -> None:
    """See who asks, before the page does. Where that cannot be seen, it is nobody."""
    if response.status_code >= SERVER_ERROR:
        request.user = AnonymousUser()
        return
    try:
        _ = request.user
    except (*REFUSALS, DatabaseError):
        request.user = AnonymousUser()


def sent(request: Request) -> Any:
    try:
        return request.data
    except REFUSALS:
        return {}


def siblings(view: Any) -> dict[str, str]:
    """The other routes of this resource that need no id."""
    paths = dict.fromkeys(shape.path for endpoint, shape in SHAPES.items() if endpoint in view.endpoints())
    found = {}
    for path in paths:
        if path and "{" not in path:
            name = path.strip("/")
            found[name.replace("-", " ").capitalize()] = reverse(f"{view.basename}-{name}")
    return found
