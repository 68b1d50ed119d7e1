from datetime import datetime
from typing import Any, cast

from django.utils import timezone
from rest_framework import serializers

from accounts.fields import CurrentPasswordField, NewEmailField, NewPasswordField, RowsByNameField
from accounts.models import AuditEvent, Permission, PersonalAccessToken, Role, Session, User
from accounts.models.personal_tokens import a_year_from_now
from accounts.validators import validate_role_name
from common.api.fields import (
    DateTimeField,
    EmailField,
    IntegerField,
    IPAddressField,
    ListField,
    SecretField,
    StringField,
)
from common.api.serializers import ResourceSerializer, StrictSerializer

LINK_MAX_LENGTH = 128


class AccountSerializer(ResourceSerializer[User]):
    """An account as its owner sees it."""

    role = serializers.CharField(read_only=True, help_text="The highest of the roles.")

    class Meta:
        model = User
        fields: tuple[str, ...] = ("id", "email", "name", "role", "is_active", "is_superuser", "created_at")
        read_only_fields: tuple[str, ...] = ("id", "email", "is_active", "is_superuser", "created_at")


class MeSerializer(AccountSerializer):
    roles = serializers.SerializerMethodField()
    permissions = serializers.SerializerMethodField(help_text="`*` stands for every permission there is.")

    class Meta(AccountSerializer.Meta):
        fields: tuple[str, ...] = (*AccountSerializer.Meta.fields, "roles", "permissions")

    def get_roles(self, user: User) -> list[str]:
        return sorted(user.role_names)

    def get_permissions(self, user: User) -> list[str]:
        return sorted(user.permission_strings)


class MeChangeSerializer(MeSerializer):
    """What the owner may change: the address only with the password, and by way of a link that is mailed to it."""

    email = NewEmailField(required=False, allow_null=True)
    current_password = CurrentPasswordField(required=False, help_text="Needed for another address.")

    class Meta(MeSerializer.Meta):
        fields: tuple[str, ...] = (*MeSerializer.Meta.fields, "current_password")
        read_only_fields = tuple(name for name in MeSerializer.Meta.read_only_fields if name != "email")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        account = cast("User", self.instance)
        if attrs.get("email") in (None, account.email):
            return {name: value for name, value in attrs.items() if name not in ("email", "current_password")}
        if "current_password" not in attrs:
            raise serializers.ValidationError({"current_password": "Needed for another address."}, code="required")
        return attrs


class UserSerializer(ResourceSerializer[User]):
    """An account as those see it who keep accounts: with the roles that it has here, whatever a token may say."""

    role = serializers.SerializerMethodField(help_text="The highest of the roles.")
    roles = serializers.SerializerMethodField()

    class Meta(AccountSerializer.Meta):
        fields: tuple[str, ...] = (*AccountSerializer.Meta.fields, "roles")
        read_only_fields = tuple(name for name in AccountSerializer.Meta.read_only_fields if name != "is_active")

    def get_role(self, user: User) -> str:
        return Role.highest(self.get_roles(user))

    def get_roles(self, user: User) -> list[str]:
        return sorted(role.name for role in user.roles.all())


class RolesSerializer(StrictSerializer):
    """The roles of one account, by their names."""

    roles = RowsByNameField(Role, "name")


class RoleSerializer(ResourceSerializer[Role]):
    name = StringField(max_length=64, validators=[validate_role_name])
    permissions = RowsByNameField(Permission, "codename", required=False)
    is_built_in = serializers.BooleanField(
        read_only=True, help_text="Whether the product knows it by its name: then it stays, and keeps it."
    )

    class Meta:
        model = Role
        fields = ("id", "name", "description", "permissions", "is_built_in")
        read_only_fields = ("id",)


class PermissionSerializer(ResourceSerializer[Permission]):
    description = serializers.CharField(read_only=True)

    class Meta:
        model = Permission
        fields = ("id", "codename", "description")
        read_only_fields = ("id", "codename")


class RegistrationSerializer(StrictSerializer):
    email = NewEmailField()
    password = NewPasswordField()
    name = StringField(max_length=64, required=False, allow_blank=True)


class LoginSerializer(StrictSerializer):
    email = EmailField()
    password = CurrentPasswordField()


class PasswordChangeSerializer(StrictSerializer):
    current_password = CurrentPasswordField()
    new_password = NewPasswordField()


class ConfirmationSerializer(StrictSerializer):
    current_password = CurrentPasswordField(required=False, help_text="Needed where the account has one.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if cast("User", self.instance).has_usable_password() and "current_password" not in attrs:
            raise serializers.ValidationError({"current_password": "This field is required."}, code="required")
        return attrs


class EmailSerializer(StrictSerializer):
    email = EmailField()


class LinkSerializer(StrictSerializer):
    token = SecretField(max_length=LINK_MAX_LENGTH, help_text="From the link in the mail.")


class PasswordResetSerializer(LinkSerializer):
    new_password = NewPasswordField()


class RefreshSerializer(StrictSerializer):
    refresh_token = SecretField(
        required=False, allow_blank=True, max_length=4096, help_text="For clients that keep no cookies."
    )


class TokenSerializer(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    token_type = serializers.ChoiceField(choices=["bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds until the access token expires.")
    refresh_token = serializers.CharField(
        required=False, help_text="The next refresh token, where the last one came in the body."
    )


class RefreshTokenSerializer(StrictSerializer):
    refresh = SecretField(max_length=4096)


class SomeTokenSerializer(StrictSerializer):
    token = SecretField(max_length=4096)


class TokenPairSerializer(serializers.Serializer[Any]):
    access = serializers.CharField()
    refresh = serializers.CharField()


class SessionSerializer(ResourceSerializer[Session]):
    ip = serializers.IPAddressField(read_only=True, allow_null=True)
    current = serializers.SerializerMethodField(help_text="Whether it is the session of this request.")

    class Meta:
        model = Session
        fields = ("id", "created_at", "last_used_at", "ip", "user_agent", "current")
        read_only_fields = ("id", "created_at", "last_used_at", "ip", "user_agent")

    def get_current(self, session: Session) -> bool:
        return bool(session.pk.hex == self.context["current"])


class PersonalTokenSerializer(ResourceSerializer[PersonalAccessToken]):
    name = StringField(min_length=1, max_length=64)
    permissions = ListField(
        child=StringField(max_length=100),
        allow_empty=False,
        max_length=200,
        help_text="Strings that the account holds.",
    )
    expires_at = DateTimeField(
        default=a_year_from_now,
        allow_null=True,
        help_text="In the future, at most a year from now, which is the default.",
    )

    class Meta:
        model = PersonalAccessToken
        fields: tuple[str, ...] = ("id", "name", "permissions", "created_at", "expires_at", "last_used_at")
        read_only_fields = ("id", "created_at", "last_used_at")

    def validate_permissions(self, permissions: list[str]) -> list[str]:
        known = set(Permission.objects.filter(codename__in=permissions).values_list("codename", flat=True))
        if unknown := sorted(set(permissions) - known):
            raise serializers.ValidationError(f"There are no such permissions: {', '.join(unknown)}", code="unknown")
        return permissions

    def validate_expires_at(self, expires_at: datetime | None) -> datetime:
        if expires_at is None:
            return a_year_from_now()
        if not timezone.now() < expires_at <= a_year_from_now():
            raise serializers.ValidationError("Must be in the future, and within a year.", code="out_of_range")
        return expires_at


class AuditEventSerializer(ResourceSerializer[AuditEvent]):
    actor_id = IntegerField(read_only=True, allow_null=True, help_text="The account that did it, if one was signed in.")
    ip = IPAddressField(read_only=True, allow_null=True)
    details = serializers.DictField(source="data", read_only=True)

    class Meta:
        model = AuditEvent
        fields = (
            "id",
            "action",
            "actor_id",
            "subject",
            "ip",
            "user_agent",
            "request_id",
            "details",
            "count",
            "created_at",
        )
        read_only_fields = fields


class NewPersonalTokenSerializer(PersonalTokenSerializer):
    token = serializers.SerializerMethodField(help_text="To be sent as a bearer token. It is not shown again.")

    class Meta(PersonalTokenSerializer.Meta):
        fields = (*PersonalTokenSerializer.Meta.fields, "token")

    def get_token(self, row: PersonalAccessToken) -> str:
        return str(self.context["token"])
