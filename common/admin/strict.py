"""What a client may send. Django's admin filters by any column, and takes any text for a key until a query fails."""

import re
from datetime import MAXYEAR
from typing import Any, TypeVar

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import SuspiciousOperation, ValidationError
from django.db.models import CharField, Model, QuerySet, TextField
from django.http import HttpRequest
from rest_framework import serializers

from common.api.fields import key_field
from common.api.text import fits_one_line, has_control, is_integer

M = TypeVar("M", bound=Model)

MAX_WORDS = 8


def one_line(text: str) -> None:
    if not fits_one_line(text):
        raise ValidationError("Control characters, line breaks and text direction marks are not allowed.")


def several_lines(text: str) -> None:
    if has_control(text):
        raise ValidationError("Control characters are not allowed.")


class StrictInput(admin.ModelAdmin[M]):
    """Texts hold the characters that the API would take; lists filter by what they offer; keys look like keys."""

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(field, forms.CharField) and isinstance(db_field, CharField | TextField):
            field.validators.append(several_lines if isinstance(db_field, TextField) else one_line)
        return field

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        if self.date_hierarchy and lookup in [f"{self.date_hierarchy}__{part}" for part in ("year", "month", "day")]:
            # Django looks for what is before the first day of the next year.
            return is_integer(value) and int(value) < MAXYEAR
        filters = [str(name) for name in self.get_list_filter(request)]
        offered = {f"{name}__{end}" for name in filters for end in ("exact", "isnull", "id__exact")}
        linked = {f"{field.name}__id__exact" for field in self.opts.fields if field.is_relation}
        return fits_one_line(value) and lookup in offered | linked

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[QuerySet[M], bool]:
        if not fits_one_line(search_term):
            return queryset.none(), False
        return super().get_search_results(request, queryset, " ".join(search_term.split()[:MAX_WORDS]))

    def check_keys(self, request: HttpRequest) -> None:
        keys: dict[str, Any] = dict.fromkeys((ACTION_CHECKBOX_NAME, self.opts.pk.name), self.model)
        keys |= {
            field.name: field.related_model
            for field in (*self.opts.fields, *self.opts.many_to_many)
            if field.is_relation
        }
        for name, values in (*request.GET.lists(), *request.POST.lists()):
            model = keys.get(re.sub(r"^form-\d+-", "", name))
            if model and not all(value == "" or is_key(model, str(value)) for value in values):
                raise SuspiciousOperation("A key that is none")


def is_key(model: type[Model], text: str) -> bool:
    try:
        key_field(model).from_query(text)
    except serializers.ValidationError:
        return False
    return True
