"""The order in which our signing keys follow each other."""

from django.db import models
from django.utils import timezone


class SigningKey(models.Model):
    """A key that came after the first one. No secret: each is derived from its id and the secret of the settings."""

    class Algorithm(models.TextChoices):
        HS256 = "HS256", "HS256 (a secret)"
        EDDSA = "EdDSA", "EdDSA (a key pair, Ed25519)"

    kid = models.CharField(max_length=16, unique=True)
    algorithm = models.CharField(max_length=5, choices=Algorithm.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    signs_from = models.DateTimeField(help_text="Not at once, so that every process knows it before the first token.")
    refuses_older = models.BooleanField(default=False, help_text="Tokens of the keys before it are refused.")

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(algorithm__in=["HS256", "EdDSA"]), name="signing_key_algorithm"),
        )

    def __str__(self) -> str:
        return self.kid
