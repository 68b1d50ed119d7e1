from django.contrib import admin

from todos.models import Todo


@admin.register(Todo)
class TodoAdmin(admin.ModelAdmin[Todo]):
    list_display = ("title", "user", "completed", "created_at")
    list_filter = ("completed", "created_at")
    list_select_related = ("user",)
    search_fields = ("title", "description", "user__email")
    autocomplete_fields = ("user",)
    readonly_fields = ("created_at", "updated_at")
    date_hierarchy = "created_at"
