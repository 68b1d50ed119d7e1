from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignObjectRel
from django.http import HttpRequest


class ChoicesView(AutocompleteJsonView):
    def process_request(self, request: HttpRequest) -> Any:
        """Django's own would look for the choices of a relation that other models have to this one, and fail."""
        found = super().process_request(request)
        if any(isinstance(part, ForeignObjectRel) for part in found):
            raise PermissionDenied
        return found


class StockroomAdminSite(AdminSite):
    site_header = "Stockroom"
    site_title = "Stockroom"
    index_title = "Stock, stores and accounts"
    site_url = "/docs"

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return ChoicesView.as_view(admin_site=self)(request)
