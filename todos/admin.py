from django.contrib import admin

from common.admin.resources import ResourceAdmin, created
from todos.models import Todo


@admin.register(Todo)
class TodoAdmin(ResourceAdmin[Todo]):
    resource = "todos"
    owner = "user"
    list_display = ("title", "completed", "user", created)
    list_filter = ("completed",)
    list_editable = ("completed",)
    list_select_related = ("user",)
    search_fields = ("title", "description", "user__email")
    autocomplete_fields = ("user",)
    readonly_fields = ("created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("title", "description", "completed", "user")}),
        ("Dates", {"fields": ("created_at", "updated_at")}),
    )
    date_hierarchy = "created_at"
