from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from common.models import UUIDModel


def a_year_from_now() -> datetime:
    return timezone.now() + PersonalAccessToken.MAX_LIFETIME


class PersonalTokenQuerySet(models.QuerySet["PersonalAccessToken"]):
    def kept(self) -> "PersonalTokenQuerySet":
        """Those that nobody has revoked, by themselves or with every token of the account. They may have expired."""
        return self.filter(revoked_at=None, version=F("user__token_version"))

    def taken(self) -> "PersonalTokenQuerySet":
        return self.kept().filter(expires_at__gt=timezone.now())

    def unused_for(self, span: timedelta) -> "PersonalTokenQuerySet":
        return self.filter(Q(last_used_at=None) | Q(last_used_at__lt=timezone.now() - span))


class PersonalAccessToken(UUIDModel):
    """A token that an account makes for a program of its own. Of the token itself only a hash is kept."""

    MAX_LIFETIME = timedelta(days=366)
    # All tokens of an account have one together, apart from its sign-ins' (`common.api.throttling`).
    budget = "tokens"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="personal_tokens")
    name = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    permissions = models.JSONField(default=list, help_text="What it may do, as far as its account may.")
    version = models.PositiveIntegerField(help_text="The account's token version when it was made.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(default=a_year_from_now)
    last_used_at = models.DateTimeField(null=True, editable=False, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = PersonalTokenQuerySet.as_manager()

    class Meta:
        constraints = (models.CheckConstraint(condition=~Q(name=""), name="personal_token_name_not_empty"),)

    def __str__(self) -> str:
        return self.name
