from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator

from accounts.managers import EMAIL_MAX_LENGTH, email_key

PASSWORD_MIN_LENGTH = 8
PASSWORD_MAX_LENGTH = 128


def validate_email_key(email: str) -> None:
    """NFKC can make eighteen characters of one."""
    if len(email_key(email)) > EMAIL_MAX_LENGTH:
        raise ValidationError("Enter a valid email address.", code="invalid")


# A browser, or a proxy, makes of `/roles/..` the address above it, however it is escaped.
validate_role_name = RegexValidator(
    r"\A(?!\.{1,2}\Z)[^/]+\Z", "A role's name stands in addresses: no slash is allowed, nor `.` or `..` alone."
)


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
