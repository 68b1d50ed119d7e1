"""Abstract bases for the apps' models, and the one table that the API machinery keeps itself."""

from collections.abc import Iterable

import uuid_utils.compat
from django.conf import settings
from django.db import models
from django.utils import timezone


class UUIDModel(models.Model):
    """A time-ordered key (UUIDv7, RFC 9562): it tells no count, and new rows stay together in the index."""

    id = models.UUIDField(primary_key=True, default=uuid_utils.compat.uuid7, editable=False)

    class Meta:
        abstract = True


class TimestampedModel(models.Model):
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True


def touch(rows: Iterable[models.Model]) -> None:
    """Set `updated_at` where there is one: `bulk_update` does not call `pre_save`."""
    now = timezone.now()
    for row in rows:
        if isinstance(row, TimestampedModel):
            row.updated_at = now


class IdempotencyKey(models.Model):
    """The first answer to a repeatable request, written in the transaction of what it created."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    path = models.CharField(max_length=255)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    location = models.TextField()
    answer = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "path", "key"], name="idempotency_key_once"),)

    def __str__(self) -> str:
        return f"{self.path} {self.key}"
