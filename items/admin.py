from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from accounts.models import User
from common.admin.resources import ResourceAdmin, created
from common.models import touch
from items.models import Item
from stores import services
from stores.admin import StoreManagerAdmin
from stores.models import StoreManager


@admin.register(Item)
class ItemAdmin(ResourceAdmin[Item]):
    resource = "items"
    owner = "store_manager__user"
    list_display = ("name", "category", "price_usd", "in_stock", "store_manager", created)
    list_filter = ("in_stock", "category")
    list_editable = ("price_usd", "in_stock")
    list_select_related = ("store_manager",)
    search_fields = ("name", "description", "store_manager__name")
    search_help_text = "Names and descriptions"
    autocomplete_fields = ("store_manager",)
    readonly_fields = ("created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("name", "category", "description")}),
        ("On the shelf", {"fields": ("price_usd", "in_stock", "store_manager")}),
        ("Dates", {"fields": ("created_at", "updated_at")}),
    )
    ordering = ("-id",)
    date_hierarchy = "created_at"
    actions = ("mark_in_stock", "mark_out_of_stock")

    def get_ownership(self, request: HttpRequest) -> dict[str, Any]:
        return {"store_manager": services.manager_of(cast("User", request.user))}

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "price_usd":
            kwargs["min_value"] = 0
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.action(description="Mark as in stock", permissions=["change"])
    def mark_in_stock(self, request: HttpRequest, items: QuerySet[Item]) -> None:
        self._mark(request, items, in_stock=True)

    @admin.action(description="Mark as out of stock", permissions=["change"])
    def mark_out_of_stock(self, request: HttpRequest, items: QuerySet[Item]) -> None:
        self._mark(request, items, in_stock=False)

    @transaction.atomic
    def _mark(self, request: HttpRequest, items: QuerySet[Item], *, in_stock: bool) -> None:
        """Those that are not so yet, each with a line in its history."""
        changed = list(items.filter(in_stock=not in_stock).select_for_update(of=("self",)))
        for item in changed:
            item.in_stock = in_stock
        touch(changed)
        Item.objects.bulk_update(changed, ["in_stock", "updated_at"])
        LogEntry.objects.log_actions(
            cast("User", request.user).pk, changed, CHANGE, [{"changed": {"fields": ["In stock"]}}]
        )
        said = ngettext("%d item marked as %s.", "%d items marked as %s.", len(changed))
        self.message_user(request, said % (len(changed), "in stock" if in_stock else "out of stock"), messages.SUCCESS)


admin.site.unregister(StoreManager)


@admin.register(StoreManager)
class CatalogueManagerAdmin(StoreManagerAdmin):
    """Stores do not know of items; here they are counted."""

    list_display = ("name", "user", "item_count", created)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StoreManager]:
        return super().get_queryset(request).annotate(item_count=Count("items"))

    @admin.display(description="items", ordering="item_count")
    def item_count(self, manager: Any) -> SafeString:
        url = reverse("admin:items_item_changelist", query={"store_manager__id__exact": manager.pk})
        return format_html('<a href="{}">{}</a>', url, manager.item_count)
