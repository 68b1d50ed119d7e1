"""The error envelope, as the OpenAPI document shows it."""

from typing import Any

from rest_framework import serializers


class ProblemError(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="`body.…`, `query.…` or `path.…`; in bulk with the row: `body.3.name`.")
    message = serializers.CharField()
    code = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """Every error of the API (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="For programs; stays stable.")
    detail = serializers.CharField()
    request_id = serializers.CharField()
    errors = ProblemError(many=True, required=False)  # type: ignore[assignment]
