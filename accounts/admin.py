from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts.granting import grantable_permissions, grantable_roles, may_edit_account, may_edit_role
from accounts.managers import email_key
from accounts.models import Role, User
from common.admin.resources import ResourceAdmin, created

# What an account may do is said by its roles, and tokens are nobody's to look at.
admin.site.unregister([Group, OutstandingToken, BlacklistedToken])


class UniqueEmailMixin(forms.ModelForm[User]):
    def clean_email(self) -> str | None:
        email: str | None = self.cleaned_data["email"]
        if email and User.objects.filter(email_key=email_key(email)).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(f"User with email {email} already registered", code="email_taken")
        return email


class AccountCreationForm(UniqueEmailMixin, AdminUserCreationForm[User]):
    class Meta:
        model = User
        fields = ("email", "name")


class AccountChangeForm(UniqueEmailMixin, UserChangeForm[User]):
    class Meta:
        model = User
        fields = ("email", "password", "name", "is_active", "is_staff", "is_superuser", "roles")


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

    def may(self, request: HttpRequest, action: str, obj: User | None) -> bool:
        allowed = super().may(request, action, obj)
        return allowed and (obj is None or action == "view" or may_edit_account(account(request), obj))

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Of a hash even the first characters are nothing to look at."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        return [
            (title, {**options, "fields": [name for name in options["fields"] if name != "password"]})
            for title, options in fieldsets
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        names = super().get_readonly_fields(request, obj)
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


@admin.register(Role)
class RoleAdmin(ResourceAdmin[Role]):
    resource = "roles"
    verbs = {**ResourceAdmin.verbs, "delete": "write"}
    list_display = ("name", "description", "permission_list", "accounts")
    search_fields = ("name", "description", "permissions__codename")
    fields = ("name", "description", "permissions")
    filter_horizontal = ("permissions",)

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
