from django.core.exceptions import ValidationError

from accounts.managers import email_key

EMAIL_KEY_LENGTH = 254
PASSWORD_MIN_LENGTH = 8
PASSWORD_MAX_LENGTH = 128


def validate_email_key(email: str) -> None:
    """NFKC can make eighteen characters of one."""
    if len(email_key(email)) > EMAIL_KEY_LENGTH:
        raise ValidationError("Enter a valid email address.", code="invalid")


class MaximumLengthValidator:
    """For `AUTH_PASSWORD_VALIDATORS`, so that no door lets a password in that sign-in would refuse to hash."""

    def validate(self, password: str, user: object = None) -> None:
        if len(password) > PASSWORD_MAX_LENGTH:
            raise ValidationError(
                f"This password is too long. It must contain at most {PASSWORD_MAX_LENGTH} characters.",
                code="password_too_long",
            )

    def get_help_text(self) -> str:
        return f"Your password must contain at most {PASSWORD_MAX_LENGTH} characters."
