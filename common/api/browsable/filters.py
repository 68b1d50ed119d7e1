"""The form behind *Filters*: everything that a list takes in its query string."""

from typing import Any

from django import forms
from rest_framework.request import Request

from common.api.filters import MAX_Q_LENGTH, TextSearch
from common.api.ordering import PARAMETER as ORDERING
from common.api.pagination import MAX_PAGE_SIZE, PAGE_SIZE


def filter_form(view: Any, request: Request) -> forms.Form:
    """Shows what was asked; what is wrong with it says the answer."""
    initial = {name: values if len(values) > 1 else values[0] for name, values in request.query_params.lists()}
    form = forms.Form(initial=initial)
    form.fields.update(fields_of(view))
    for field in form.fields.values():
        field.widget.attrs["class"] = "form-control"
    return form


def fields_of(view: Any) -> dict[str, forms.Field]:
    found: dict[str, forms.Field] = {}
    if view.search_fields:
        found[TextSearch.parameter] = forms.CharField(
            max_length=MAX_Q_LENGTH, help_text=f"Words that must all occur in: {', '.join(view.search_fields)}."
        )
    if filterset_class := getattr(view, "filterset_class", None):
        found.update(filterset_class(queryset=view.get_queryset()).form.fields)
    if view.ordering_fields:
        names = [sign + name for name in view.ordering_fields for sign in ("", "-")]
        found[ORDERING] = forms.ChoiceField(choices=[("", "—"), *((name, name) for name in names)])
    found["page_size"] = forms.IntegerField(
        min_value=1, max_value=MAX_PAGE_SIZE, help_text=f"1 to {MAX_PAGE_SIZE}; {PAGE_SIZE} when left out."
    )
    for name, field in found.items():
        field.required = False
        # As in the query string; django-filter's own labels name columns and lookups.
        field.label = name.replace("_", " ").capitalize()
    return found
