from django.conf import settings
from django.db import models

from common.models import TimestampedModel, UUIDModel


class StoreManager(UUIDModel, TimestampedModel):
    """Who keeps items. The address and the password are the account's."""

    name = models.CharField(max_length=64)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="store_manager")

    class Meta:
        indexes = (models.Index(fields=["name", "id"], name="store_manager_by_name"),)
        constraints = (models.CheckConstraint(condition=~models.Q(name=""), name="store_manager_name_not_empty"),)

    def __str__(self) -> str:
        return self.name
