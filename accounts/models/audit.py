"""What was done to accounts, and by whom. Rows are added, and neither changed nor taken away."""

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone


class AppendOnly(TypeError):
    """A row of the audit was to be changed or deleted."""

    def __init__(self) -> None:
        super().__init__("The audit is append-only: rows are neither changed nor deleted.")


class AuditQuerySet(models.QuerySet["AuditEvent"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnly

    def bulk_update(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly

    def delete(self) -> NoReturn:
        raise AppendOnly


class AuditEvent(models.Model):
    """One thing that happened, written in the transaction of what it tells of (`accounts.audit`)."""

    class Action(models.TextChoices):
        REGISTERED = "registered", "registered"
        SIGNED_IN = "signed_in", "signed in"
        SIGN_IN_FAILED = "sign_in_failed", "sign-in failed"
        PASSWORD_REFUSED = "password_refused", "current password wrong"
        LOCKED_OUT = "locked_out", "locked out"
        SIGNED_OUT = "signed_out", "signed out"
        SIGNED_OUT_EVERYWHERE = "signed_out_everywhere", "signed out everywhere"
        REFRESH_REUSED = "refresh_reused", "refresh token reused"
        EMAIL_VERIFIED = "email_verified", "address verified"
        EMAIL_CHANGE_ASKED = "email_change_asked", "change of address asked for"
        EMAIL_CHANGED = "email_changed", "address changed"
        PASSWORD_RESET_ASKED = "password_reset_asked", "password reset asked for"
        PASSWORD_RESET = "password_reset", "password reset"
        PASSWORD_CHANGED = "password_changed", "password changed"
        ROLES_CHANGED = "roles_changed", "roles changed"
        TOKEN_CREATED = "token_created", "personal access token made"
        TOKEN_REVOKED = "token_revoked", "personal access token revoked"
        ACCOUNT_DELETED = "account_deleted", "account deleted"

    action = models.CharField(max_length=40, choices=Action.choices, db_index=True)
    # No constraint and nothing on delete: the number of an account outlives it here, and no row is ever touched.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    subject = models.CharField(max_length=100, blank=True, db_index=True, help_text="What it happened to: users/7.")
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=255, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    gathered = models.UUIDField(
        null=True, unique=True, editable=False, help_text="The same for all that make one row a minute."
    )

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.subject}" if self.subject else self.get_action_display()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly
