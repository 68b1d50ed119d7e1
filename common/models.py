"""Abstract bases for the apps' models, and the tables that the API machinery keeps itself."""

from collections.abc import Iterable
from typing import Any

import uuid_utils.compat
from django.conf import settings
from django.db import models
from django.utils import timezone

CLEARED_AT_ONCE = 100


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


def clear_away(rows: models.QuerySet[Any], *, at_most: int = CLEARED_AT_ONCE) -> int:
    """Delete some of these rows, in a transaction: but those that somebody else is clearing away, since two must not
    wait for each other. How many they were; 0 when nothing is left to do."""
    found = rows.order_by("pk").select_for_update(skip_locked=True, of=("self",))
    keys = list(found.values_list("pk", flat=True)[:at_most])
    if keys:
        rows.model._default_manager.filter(pk__in=keys).delete()
    return len(keys)


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


class RateWindow(models.Model):
    """How much of a rate is used up (`common.rates.in_database`)."""

    key = models.CharField(max_length=100, primary_key=True)
    used = models.PositiveIntegerField()
    ends_at = models.BigIntegerField(db_index=True, help_text="In milliseconds since 1970.")

    def __str__(self) -> str:
        return f"{self.key}: {self.used}"
