"""REST framework and the OpenAPI schema."""

from config import __version__

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["common.api.parsers.StrictJSONParser", "common.api.parsers.CamelJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["common.api.renderers.JSONRenderer", "common.api.renderers.CamelJSONRenderer"],
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
    "VERSION": __version__,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "PREPROCESSING_HOOKS": ["common.api.openapi.hooks.strip_optional_slash"],
    "GET_LIB_DOC_EXCLUDES": "common.api.openapi.hooks.base_classes",
}
