from copy import copy
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django_tasks_db.models import DBTaskResult
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts import audit, membership, services
from accounts.administrators import an_administrator_stays
from accounts.audit import Action
from accounts.forms import AccountChangeForm, AccountCreationForm, PasswordForm
from accounts.granting import grantable_permissions, grantable_roles, may_edit_account, may_edit_role
from accounts.models import AuditEvent, Role, User
from common.admin.resources import ResourceAdmin, created
from common.exceptions import Forbidden

# What an account may do is said by its roles, and tokens are nobody's to look at, nor who was mailed.
admin.site.unregister([Group, OutstandingToken, BlacklistedToken, DBTaskResult])

FLAGS = ("is_staff", "is_superuser")
STANDING = ("roles", *FLAGS)


@admin.register(User)
class UserAdmin(ResourceAdmin[User], DjangoUserAdmin[User]):
    resource = "users"
    form = AccountChangeForm
    add_form = AccountCreationForm
    list_display = ("email", "name", "role_list", "is_active", "is_staff", created)
    list_filter = ("roles", "is_active", "is_staff", "is_superuser")
    search_fields = ("email", "name")
    ordering = ("-id",)
    readonly_fields = ("created_at", "updated_at", "last_login")
    fieldsets = (
        (None, {"fields": ("email", "password", "name")}),
        ("What it may do", {"fields": ("is_active", "roles", "is_staff", "is_superuser")}),
        ("Dates", {"fields": ("created_at", "updated_at", "last_login")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("email", "name", "usable_password", "password1", "password2", "roles"),
            },
        ),
    )
    filter_horizontal = ()

    guard = staticmethod(an_administrator_stays)

    def may(self, request: HttpRequest, action: str, obj: User | None) -> bool:
        allowed = super().may(request, action, obj)
        return allowed and (obj is None or action == "view" or may_edit_account(account(request), obj))

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Of a hash even the first characters are nothing to look at."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None and not may_grant(request):
            return without(fieldsets, *STANDING)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return without(fieldsets, "password")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        names = super().get_readonly_fields(request, obj)
        if not may_grant(request):
            return (*names, *STANDING)
        return names if account(request).is_superuser else (*names, "is_superuser")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "roles":
            kwargs |= {"queryset": grantable_roles(account(request)), "widget": forms.CheckboxSelectMultiple}
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"roles": Role.objects.filter(name=Role.USER), **super().get_changeform_initial_data(request)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("roles")

    @admin.display(description="roles")
    def role_list(self, user: User) -> str:
        return ", ".join(role.name for role in user.roles.all())

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.email_verified_at = timezone.now() if obj.email else None
        elif "email" in form.changed_data:
            services.change_email(User.objects.lock(obj), obj.email, by=account(request))
        super().save_model(request, obj, form, change)
        if not change:
            audit.record(Action.REGISTERED, actor=account(request), about=obj)
        if change and "is_active" in form.changed_data:
            services.set_active(obj, obj.is_active, by=account(request))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Django's page, with a form that knows who is at it: what one admin is told, all requests share."""
        page = copy(self)
        page.change_password_form = partial(PasswordForm, by=account(request))
        return self._telling(request, lambda: super(UserAdmin, page).user_change_password(request, id, form_url))

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        self.delete_queryset(request, User.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            services.remove_account(user, by=account(request))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """What an account may do is also said by what it is ticked to be."""
        if change and not may_grant(request) and not set(STANDING).isdisjoint(form.changed_data):
            raise Forbidden("What an account may do is changed by who holds roles:write.", code="permission_denied")
        if not change and not may_grant(request):
            form.instance.roles.set(Role.objects.filter(name=Role.USER))  # as who registers has it
        elif "roles" in form.changed_data or not change:
            membership.set_roles(form.instance, form.cleaned_data["roles"], by=account(request))
        if flags := {name: getattr(form.instance, name) for name in FLAGS if name in form.changed_data}:
            audit.record(Action.ROLES_CHANGED, actor=account(request), about=form.instance, data=flags)


@admin.register(AuditEvent)
class AuditEventAdmin(ResourceAdmin[AuditEvent]):
    """To look at. Nobody changes it, whatever they hold."""

    resource = "audit"
    verbs = {"view": "read"}
    list_display = ("created_at", "action", "count", "by", "subject", "ip", "request_id")
    list_filter = ("action",)
    search_fields = ("subject", "ip", "request_id")
    date_hierarchy = "created_at"
    show_full_result_count = False  # nor count them all, only to say of how many
    fields = ("created_at", "action", "count", "actor_id", "subject", "ip", "user_agent", "request_id", "data")
    readonly_fields = fields

    @admin.display(description="actor")
    def by(self, event: AuditEvent) -> str:
        """What this account did is a click away."""
        if event.actor_id is None:
            return "-"
        return format_html('<a href="?actor__id__exact={}">users/{}</a>', event.actor_id, event.actor_id)


@admin.register(Role)
class RoleAdmin(ResourceAdmin[Role]):
    resource = "roles"
    verbs = {**ResourceAdmin.verbs, "delete": "write"}
    list_display = ("name", "description", "permission_list", "accounts")
    search_fields = ("name", "description", "permissions__codename")
    fields = ("name", "description", "permissions")
    filter_horizontal = ("permissions",)

    guard = staticmethod(an_administrator_stays)

    def may(self, request: HttpRequest, action: str, obj: Role | None) -> bool:
        allowed = super().may(request, action, obj)
        return allowed and (obj is None or action == "view" or may_edit_role(account(request), obj))

    def has_delete_permission(self, request: HttpRequest, obj: Role | None = None) -> bool:
        return not (obj and obj.is_built_in) and super().has_delete_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Role | None = None) -> tuple[str, ...]:
        return ("name",) if obj and obj.is_built_in else ()

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "permissions":
            kwargs["queryset"] = grantable_permissions(account(request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Role, form: Any, change: bool) -> None:
        """With what it grants; nothing is left for `save_related`."""
        if change:
            asked = {name: form.cleaned_data[name] for name in form.changed_data}
            membership.change_role(obj, by=account(request), **asked)
        else:
            obj.pk = membership.create_role(by=account(request), **form.cleaned_data).pk

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        pass

    def delete_model(self, request: HttpRequest, obj: Role) -> None:
        membership.delete_role(obj, by=account(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Role]) -> None:
        for role in queryset:
            membership.delete_role(role, by=account(request))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Role]:
        rows = super().get_queryset(request).prefetch_related("permissions")
        return rows.annotate(account_count=Count("users", distinct=True))

    @admin.display(description="permissions")
    def permission_list(self, role: Role) -> str:
        return ", ".join(permission.codename for permission in role.permissions.all())

    @admin.display(description="accounts", ordering="account_count")
    def accounts(self, role: Any) -> int:
        return int(role.account_count)


def account(request: HttpRequest) -> User:
    return cast("User", request.user)


def may_grant(request: HttpRequest) -> bool:
    """As the API asks, beside whether they hold what they would grant."""
    return account(request).holds("roles:write")


def without(fieldsets: Any, *names: str) -> Any:
    return [
        (title, {**options, "fields": [name for name in options["fields"] if name not in names]})
        for title, options in fieldsets
    ]
