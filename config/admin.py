from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import PermissionDenied
from django.db.models import ForeignObjectRel
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.forms import OwnPasswordForm
from common.exceptions import Invalid


class ChoicesView(AutocompleteJsonView):
    def process_request(self, request: HttpRequest) -> Any:
        """Django's own would look for the choices of a relation that other models have to this one, and fail."""
        found = super().process_request(request)
        if any(isinstance(part, ForeignObjectRel) for part in found):
            raise PermissionDenied
        return found


class OwnPasswordView(PasswordChangeView):
    form_class = OwnPasswordForm

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except Invalid as refusal:  # somebody else changed it meanwhile
            form.add_error("old_password", refusal.message)
            return self.form_invalid(form)


class StockroomAdminSite(AdminSite):
    site_header = "Stockroom"
    site_title = "Stockroom"
    index_title = "Stock, stores and accounts"
    site_url = "/docs"

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        request.current_app = self.name
        context = {**self.each_context(request), **(extra_context or {})}
        url = reverse("admin:password_change_done", current_app=self.name)
        return OwnPasswordView.as_view(success_url=url, extra_context=context)(request)

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return ChoicesView.as_view(admin_site=self)(request)
