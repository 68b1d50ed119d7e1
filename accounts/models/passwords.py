"""Tries at a password, and the links that stand in for one."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone


class PasswordTry(models.Model):
    """One evaluation of a password: reserved before the hash, settled by its result (`accounts.lockout`)."""

    class State(models.TextChoices):
        PENDING = "pending"
        FAILED = "failed"
        PASSED = "passed"

    # Of the address that was typed: whether it has an account makes no difference here.
    account = models.CharField(max_length=64)
    network = models.CharField(max_length=50, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = (
            models.Index(fields=["account", "created_at"], name="password_try_account"),
            models.Index(fields=["network", "created_at"], name="password_try_network"),
        )

    def __str__(self) -> str:
        return f"{self.state} from {self.network}"


class EmailTokenQuerySet(models.QuerySet["EmailToken"]):
    def live(self) -> "EmailTokenQuerySet":
        """Those whose links work."""
        return self.filter(expires_at__gt=timezone.now(), revoked_at=None)


class EmailToken(models.Model):
    """What a link in a mail carries, as a hash: who reads this table can follow no link."""

    LIFETIME = timedelta(hours=1)

    class Purpose(models.TextChoices):
        VERIFY = "verify", "verify the address"
        CHANGE = "change", "change the address"
        RESET = "reset", "reset the password"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="email_tokens")
    purpose = models.CharField(max_length=8, choices=Purpose.choices)
    email = models.EmailField(help_text="Where it was sent.")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True, help_text="Void, and kept until it expires: a mail was sent.")

    objects = EmailTokenQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} of {self.user_id}"
