"""Sign-ins."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from rest_framework_simplejwt.settings import api_settings

from common.models import UUIDModel

# However much it is used, and when it is not used at all.
LIFETIME = timedelta(days=30)
IDLE_LIFETIME: timedelta = api_settings.REFRESH_TOKEN_LIFETIME


class SessionQuerySet(models.QuerySet["Session"]):
    def live(self) -> "SessionQuerySet":
        """Those whose tokens are still taken."""
        now = timezone.now()
        return self.live_at(now, now - IDLE_LIFETIME)

    def live_at(self, now: Any, used_since: Any) -> "SessionQuerySet":
        in_use = Q(refresh_jti="") | Q(rotated_at__gt=used_since)
        return self.filter(in_use, ended_at=None, expires_at__gt=now, version=F("user__token_version"))


class Session(UUIDModel):
    """One sign-in. Its id is the `sid` of every token that it gives out; of the tokens it keeps nothing but ids."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sessions")
    version = models.PositiveIntegerField(help_text="The account's token version when it signed in.")
    refresh_jti = models.CharField(
        max_length=32, blank=True, help_text="The refresh token to come; empty where nothing prolongs the session."
    )
    previous_jti = models.CharField(max_length=32, blank=True, help_text="The refresh token that it was traded for.")
    rotated_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        indexes = (
            models.Index(fields=["expires_at"], name="session_expires_at"),
            # Of one account a hundred at most, however many have ended and are kept.
            models.Index(fields=["user"], condition=Q(ended_at=None), name="session_not_ended"),
        )

    def __str__(self) -> str:
        return f"session {self.pk}"

    @property
    def refresh_expires_at(self) -> datetime:
        """When the current refresh token is too old: unused for too long, or at the end of the session."""
        return min(self.rotated_at + IDLE_LIFETIME, self.expires_at)
