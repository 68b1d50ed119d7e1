"""REST framework and the OpenAPI schema."""

from common.api.openapi.headers import COMPONENTS
from config import __version__, env

# Pages for browsers, with a session as the way to sign in. Programs are answered the same with and without.
BROWSABLE_API = env.flag("BROWSABLE_API", default=True)

# Where programs call, and the one place below it where only a browser does.
API_PATH = "/api/v1/"
API_SIGN_IN_PATH = "/api/v1/auth/"

_BROWSER_AUTHENTICATION = ["rest_framework.authentication.SessionAuthentication"] if BROWSABLE_API else []
_BROWSER_RENDERERS = ["common.api.browsable.renderers.BrowsableRenderer"] if BROWSABLE_API else []

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # First: it is asked first, and names the challenge of a 401.
        "accounts.authentication.BearerAuthentication",
        *_BROWSER_AUTHENTICATION,
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["common.api.parsers.StrictJSONParser", "common.api.parsers.CamelJSONParser"],
    "DEFAULT_RENDERER_CLASSES": [
        "common.api.renderers.JSONRenderer",
        "common.api.renderers.CamelJSONRenderer",
        *_BROWSER_RENDERERS,
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "common.api.negotiation.Negotiation",
    "DEFAULT_PAGINATION_CLASS": "common.api.pagination.ResourcePagination",
    "DEFAULT_SCHEMA_CLASS": "common.api.openapi.schema.ResourceSchema",
    "DEFAULT_METADATA_CLASS": "common.api.metadata.Metadata",
    "EXCEPTION_HANDLER": "common.api.errors.exception_handler",
    "LIST_SERIALIZER_ERRORS_AS_DICT": True,
    "COERCE_DECIMAL_TO_STRING": False,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Stockroom",
    "DESCRIPTION": (
        "Accounts, store managers, their catalogue of items, and private todos. Every resource has the same endpoints. "
        "Errors are problems (RFC 9457); an unknown field or parameter is one. "
        "Every answer has `RateLimit` and `RateLimit-Policy`; too many requests are 429."
    ),
    "VERSION": __version__,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    # The session is for our own pages; a client has no business with it.
    "AUTHENTICATION_WHITELIST": ["accounts.authentication.BearerAuthentication"],
    "COMPONENT_SPLIT_REQUEST": True,
    "APPEND_COMPONENTS": COMPONENTS,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "PREPROCESSING_HOOKS": ["common.api.openapi.hooks.strip_optional_slash"],
    "GET_LIB_DOC_EXCLUDES": "common.api.openapi.hooks.base_classes",
}
