"""JSON out, as bytes; in camelCase for clients that ask for `application/json; case=camel`."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.utils.encoding import force_str
from rest_framework.renderers import BaseRenderer

from common.api.camel import camelize


def dump(data: Any) -> bytes:
    """The canonical bytes of a representation; entity tags are made of them."""
    return orjson.dumps(data, default=force_str, option=orjson.OPT_NON_STR_KEYS)


class JSONRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return b"" if data is None else dump(data)


class CamelJSONRenderer(JSONRenderer):
    media_type = "application/json; case=camel"
    etag_suffix = "-camel"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return super().render(camelize(data), accepted_media_type, renderer_context)
