from django.conf import settings
from django.db import models
from django.utils import timezone

SUBJECT_LENGTH = 255


class ExternalIdentity(models.Model):
    """Who an account is to an identity provider. Its address says nothing: only issuer and subject together do.

    It outlives its account, without one: else a token that has not expired would make the account anew.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="identities")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=SUBJECT_LENGTH)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    tokens_valid_from = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="The provider's tokens that are older are refused."
    )

    class Meta:
        verbose_name_plural = "external identities"
        constraints = (models.UniqueConstraint(fields=["issuer", "subject"], name="external_identity_once"),)

    def __str__(self) -> str:
        return f"{self.subject} of {self.issuer}"
