from typing import Any

from rest_framework import serializers

from accounts.fields import NewEmailField, NewPasswordField
from accounts.models import User
from accounts.validators import PASSWORD_MAX_LENGTH
from common.api.fields import EmailField, SecretField, StringField
from common.api.serializers import ResourceSerializer, StrictSerializer


class AccountSerializer(ResourceSerializer[User]):
    """An account as its owner sees it."""

    role = serializers.CharField(read_only=True, help_text="The highest of the roles.")

    class Meta:
        model = User
        fields: tuple[str, ...] = ("id", "email", "name", "role", "is_active", "is_superuser", "created_at")
        read_only_fields = ("id", "email", "is_active", "is_superuser", "created_at")


class MeSerializer(AccountSerializer):
    roles = serializers.SerializerMethodField()
    permissions = serializers.SerializerMethodField(help_text="`*` stands for every permission there is.")

    class Meta(AccountSerializer.Meta):
        fields = (*AccountSerializer.Meta.fields, "roles", "permissions")

    def get_roles(self, user: User) -> list[str]:
        return sorted(user.role_names)

    def get_permissions(self, user: User) -> list[str]:
        return sorted(user.permission_strings)


class RegistrationSerializer(StrictSerializer):
    email = NewEmailField()
    password = NewPasswordField()
    name = StringField(max_length=64, required=False, allow_blank=True)


class LoginSerializer(StrictSerializer):
    email = EmailField()
    # No shortest length: what was allowed once, or elsewhere, is only right or wrong here.
    password = SecretField(max_length=PASSWORD_MAX_LENGTH)


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
