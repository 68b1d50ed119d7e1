"""The OpenAPI document and three pages that show it, without a script, a font or a picture from another host."""

from decimal import Decimal
from functools import cache
from hashlib import blake2b
from threading import Lock
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.templatetags.static import static
from django.utils.cache import get_conditional_response
from django.utils.encoding import force_str
from django.views.generic import TemplateView, View
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.settings import spectacular_settings

from common.api.errors import answer
from common.headers import PAGE, POLICY, policy

# Redoc and Scalar write their styles into the page, and Redoc searches in a worker made of a text.
STYLED = policy(
    script_src="'self'",
    style_src="'self' 'unsafe-inline'",
    img_src="'self' data:",
    connect_src="'self'",
    worker_src="blob:",
)

_making = Lock()


class ReadOnlyView(View):
    """What is only read: GET and HEAD, and the one envelope for every other method."""

    http_method_names = ["get", "head"]

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return answer(405, headers={"Allow": "GET, HEAD"}, request=request)


class DocumentView(ReadOnlyView):
    media_type = "application/json"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        body, etag = document(self.media_type)
        fresh = HttpResponse(body, content_type=self.media_type, headers={"ETag": etag})
        return get_conditional_response(request, etag=etag, response=fresh) or fresh


@cache
def document(media_type: str) -> tuple[bytes, str]:
    """The OpenAPI document and its entity tag. It describes code, so it is made once a process: that takes long."""
    with _making:
        schema = _schema()
        body = as_json(schema) if media_type == "application/json" else OpenApiYamlRenderer().render(schema)
    return body, f'"{blake2b(body, digest_size=12).hexdigest()}"'


def as_json(schema: Any) -> bytes:
    return orjson.dumps(schema, default=_plain, option=orjson.OPT_NON_STR_KEYS)


def _plain(value: Any) -> Any:
    """A bound of a decimal field is a number here, and no string as the API's own JSON would have it."""
    if not isinstance(value, Decimal):
        return force_str(value)
    return int(value) if value == value.to_integral_value() else float(value)


@cache
def _schema() -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)


class PageView(ReadOnlyView, TemplateView):
    """A page whose scripts are files of ours; the policy allows what they in turn put into the page."""

    policy = PAGE

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        return super().render_to_response(context, headers={POLICY: self.policy}, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(title=spectacular_settings.TITLE, **kwargs)


openapi_json = DocumentView.as_view()
openapi_yaml = DocumentView.as_view(media_type="application/yaml")
swagger = PageView.as_view(template_name="docs/swagger.html")
redoc = PageView.as_view(template_name="docs/redoc.html", policy=STYLED)
scalar = PageView.as_view(template_name="docs/scalar.html", policy=STYLED)


def favicon(request: HttpRequest) -> HttpResponseBase:
    """For browsers that ask by themselves, on pages that name no icon."""
    return redirect(static("docs/icon.svg"))
