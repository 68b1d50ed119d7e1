"""What was done to accounts, and by whom. Rows are added, and neither changed nor taken away.

Triggers in the database see to it as well (migration 0008). They let through what a gathered row is for, a `count` that
grows, and what `prune` has opened the door for, in its own transaction alone.
"""

from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connections, models, transaction
from django.db.models import F, Q
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

    def gather(self, event: "AuditEvent") -> None:
        """Add this event, unless there is a row with its key, which then counts as many more."""
        try:
            with transaction.atomic(using=self.db):
                event.save(using=self.db)
        except IntegrityError:  # somebody else was first
            self.count_again(event.gathered, event.count)

    def gathered(self, action: str, *, since: datetime, of_accounts: bool) -> "AuditQuerySet":
        rows = self.filter(action=action, gathered__isnull=False, created_at__gte=since)
        return rows.filter(actor__isnull=not of_accounts)

    def count_again(self, key: UUID | None, times: int) -> int:
        """So many more. How many rows have this key: one, or none."""
        return super(AuditQuerySet, self.filter(gathered=key)).update(count=F("count") + times)

    def prune(self, before: datetime, *, at_most: int) -> int:
        """Take away the oldest of what is older than this. Returns how many rows."""
        connection = connections[self.db]
        oldest = self.filter(created_at__lt=before).order_by("created_at").values("pk")[:at_most]
        with transaction.atomic(using=self.db), connection.cursor() as cursor:
            door = [connection.ops.adapt_datetimefield_value(before)]
            cursor.execute("INSERT INTO accounts_audit_pruning (before) VALUES (%s)", door)
            deleted, _ = super(AuditQuerySet, self.filter(pk__in=oldest)).delete()
            cursor.execute("DELETE FROM accounts_audit_pruning")
        return deleted


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
        ROLE_CREATED = "role_created", "role created"
        ROLE_CHANGED = "role_changed", "role changed"
        ROLE_DELETED = "role_deleted", "role deleted"
        TOKEN_CREATED = "token_created", "personal access token made"
        TOKEN_REVOKED = "token_revoked", "personal access token revoked"
        ACCOUNT_ACTIVATED = "account_activated", "account activated"
        ACCOUNT_DEACTIVATED = "account_deactivated", "account deactivated"
        ACCOUNT_DELETED = "account_deleted", "account deleted"
        TOKEN_ISSUED = "token_issued", "access token issued by command"
        KEY_ROTATED = "key_rotated", "signing key rotated"
        DATABASE_RESTORED = "database_restored", "restored from a backup"
        REFUSED = "refused", "refused"
        THROTTLED = "throttled", "throttled"
        DEGRADED = "degraded", "running degraded"
        AUDIT_PRUNED = "audit_pruned", "audit pruned"

    action = models.CharField(max_length=40, choices=Action.choices)
    # No constraint and nothing on delete: the number of an account outlives it here, and no row is ever touched.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
        help_text="Whose credentials it was done with; null where there were none.",
    )
    subject = models.CharField(max_length=100, blank=True, help_text="What it happened to: users/7.")
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=255, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    count = models.PositiveIntegerField(
        default=1, editable=False, help_text="How often it happened in that minute, where a minute makes one row."
    )
    gathered = models.UUIDField(
        null=True, unique=True, editable=False, help_text="The same for all that make one row a minute."
    )

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        # What it is looked for by, the newest first, within dates or not.
        indexes = (
            models.Index(fields=["created_at", "id"], name="audit_created"),
            models.Index(fields=["action", "created_at", "id"], name="audit_action"),
            models.Index(fields=["actor", "created_at", "id"], name="audit_actor"),
            models.Index(fields=["subject", "created_at", "id"], name="audit_subject"),
            models.Index(fields=["ip", "created_at", "id"], name="audit_ip"),
            models.Index(fields=["request_id", "created_at", "id"], name="audit_request"),
            # How many there are of a minute.
            models.Index(fields=["action", "created_at"], condition=Q(gathered__isnull=False), name="audit_gathered"),
        )

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.subject}" if self.subject else self.get_action_display()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly
