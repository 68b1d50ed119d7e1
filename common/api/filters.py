"""Filters for the query string, as strict as the fields for the body: `?in_stock=yes` is an error, not everything."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, cast

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.views import APIView

from common.api import fields
from common.api.query import InvalidQuery

MAX_TEXT = 255
MAX_Q_LENGTH = 100
MAX_Q_WORDS = 8


class QueryField(forms.Field):
    """A form field that leaves the reading to the serializer field of the same kind."""

    strict: ClassVar[Any]

    def clean(self, value: Any) -> Any:
        return None if value is None else self.read(value)

    def read(self, text: str) -> Any:
        try:
            return self.strict.from_query(text)
        except ValidationError as error:
            raise forms.ValidationError([str(message) for message in error.detail]) from None


class QueryBoolean(QueryField):
    strict = fields.BooleanField()
    widget = forms.Select(choices=[("", "—"), ("true", "true"), ("false", "false")])


class QueryNumber(QueryField):
    strict: ClassVar[Any] = fields.FloatField()
    widget = forms.NumberInput(attrs={"step": "any"})


class QueryDecimal(QueryNumber):
    strict = fields.DecimalField(max_digits=30, decimal_places=15)


class QueryInteger(QueryNumber):
    strict = fields.IntegerField()


class QueryDateTime(QueryField):
    strict = fields.DateTimeField()


class QueryUUID(QueryField):
    strict = fields.UUIDField()


class QueryIPAddress(QueryField):
    strict = fields.IPAddressField()


class QueryText(QueryField):
    strict = fields.StringField(max_length=MAX_TEXT)

    def read(self, text: str) -> Any:
        if len(text) > MAX_TEXT:
            raise forms.ValidationError(f"Ensure this has no more than {MAX_TEXT} characters.", code="max_length")
        return super().read(text)


class BooleanFilter(django_filters.BooleanFilter):
    field_class: Any = QueryBoolean


class DecimalFilter(django_filters.NumberFilter):
    field_class: Any = QueryDecimal

    def get_max_validator(self) -> None:
        """The strict field bounds the digits itself."""


class IntegerFilter(django_filters.NumberFilter):
    field_class: Any = QueryInteger

    def get_max_validator(self) -> None:
        """The strict field bounds the value itself."""


class DateTimeFilter(django_filters.IsoDateTimeFilter):
    field_class: Any = QueryDateTime


class UUIDFilter(django_filters.UUIDFilter):
    field_class: Any = QueryUUID


class ContainsFilter(django_filters.CharFilter):
    """A substring, in any case."""

    field_class: Any = QueryText

    def __init__(self, field_name: str | None = None, **kwargs: Any) -> None:
        super().__init__(field_name, lookup_expr="contains_any_case", **kwargs)


class QueryWhole(QueryText):
    def read(self, text: str) -> Any:
        if not text:
            raise forms.ValidationError("This parameter may not be blank.", code="blank")
        return super().read(text)


class TextFilter(django_filters.CharFilter):
    """The whole text, letter by letter."""

    field_class: Any = QueryWhole


class IPAddressFilter(django_filters.CharFilter):
    field_class: Any = QueryIPAddress


class ChoiceFilter(django_filters.MultipleChoiceFilter):
    """Repeatable: `?category=Pet&category=Apparel` is either."""

    repeatable = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # A column of the row itself finds no row twice, and DISTINCT would compare all of every row.
        super().__init__(*args, **{"distinct": False, **kwargs})


class ResourceFilter(django_filters.FilterSet):
    """Declare a filter a query parameter."""


class FilterBackend(DjangoFilterBackend):
    """The resource's own filters, with errors that name the parameter."""

    def filter_queryset(self, request: Any, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        filterset: Any = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        if not filterset.is_valid():
            raise InvalidQuery(messages(filterset.errors.as_data()))
        return cast("QuerySet[Any]", filterset.qs)


def messages(errors: Mapping[str, Any]) -> dict[str, list[str]]:
    return {name: [message for error in found for message in error.messages] for name, found in errors.items()}


class TextSearch(BaseFilterBackend):
    """`?q=red pen`: every word must occur in one of the viewset's `search_fields`."""

    parameter = "q"

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        text = request.query_params.get(self.parameter, "")
        if len(text) > MAX_Q_LENGTH:
            raise InvalidQuery({"q": [f"Ensure this has no more than {MAX_Q_LENGTH} characters."]})
        words = text.split()
        if len(words) > MAX_Q_WORDS:
            raise InvalidQuery({"q": [f"Ensure this has no more than {MAX_Q_WORDS} words."]})
        for word in words:
            queryset = queryset.filter(self.occurs(word, view.search_fields))
        return queryset

    @staticmethod
    def occurs(word: Any, search_fields: Iterable[str]) -> Q:
        found = Q()
        for name in search_fields:
            found |= Q(**{f"{name}__contains_any_case": word})
        return found

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        names = ", ".join(view.search_fields)
        return [
            {
                "name": self.parameter,
                "in": "query",
                "description": f"Words that must all occur, in any case, in one of: {names}.",
                "schema": {"type": "string", "maxLength": MAX_Q_LENGTH},
            }
        ]
