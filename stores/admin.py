from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.admin.resources import ResourceAdmin, caller, created
from common.api.permissions import Reach
from stores.models import StoreManager


@admin.register(StoreManager)
class StoreManagerAdmin(ResourceAdmin[StoreManager]):
    resource = "store_managers"
    owner = "user"
    list_display: tuple[Any, ...] = ("name", "user", created)
    list_select_related = ("user",)
    search_fields = ("name", "user__email")
    autocomplete_fields = ("user",)
    readonly_fields = ("created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("name", "user")}),
        ("Dates", {"fields": ("created_at", "updated_at")}),
    )
    ordering = ("-id",)
    date_hierarchy = "created_at"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """One's own is made by opening a store, or with the first item."""
        return super().has_add_permission(request) and self.reach(caller(request), "add") is Reach.ALL
