from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.fields import NewEmailField, NewPasswordField
from accounts.validators import PASSWORD_MAX_LENGTH
from common.api.fields import SecretField, StringField
from common.api.serializers import ResourceSerializer, StrictSerializer
from stores.models import StoreManager


class StoreManagerSerializer(ResourceSerializer[StoreManager]):
    email = serializers.SerializerMethodField(
        help_text="The account's address, for itself and for `store_managers:read`; null for everybody else."
    )

    class Meta:
        model = StoreManager
        fields = ("id", "name", "email")

    @extend_schema_field(serializers.EmailField(allow_null=True))
    def get_email(self, manager: StoreManager) -> str | None:
        caller = self.context["request"].user
        return manager.user.email if manager.user == caller or caller.holds("store_managers:read") else None


class StoreRegistrationSerializer(StrictSerializer):
    name = StringField(max_length=64)
    email = NewEmailField()
    password = NewPasswordField()


class PasswordGrantSerializer(serializers.Serializer[Any]):
    """RFC 6749, 4.3.2. What else a client sends is ignored (3.2), as are a scope and the client's own credentials."""

    grant_type = serializers.ChoiceField(choices=["password"], required=False, allow_blank=True)
    username = StringField(max_length=254, help_text="The e-mail address of the account.")
    password = SecretField(max_length=PASSWORD_MAX_LENGTH)


class BearerTokenSerializer(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    token_type = serializers.ChoiceField(choices=["bearer"])
    expires_in = serializers.IntegerField(help_text="Seconds until the token expires.")
