"""The addresses and passwords of accounts, for every form that has them."""

from typing import Any

from django.contrib.auth.password_validation import validate_password

from accounts.validators import PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH, validate_email_key
from common.api.fields import EmailField, SecretField


class NewEmailField(EmailField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(validate_email_key)


class NewPasswordField(SecretField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=PASSWORD_MIN_LENGTH, max_length=PASSWORD_MAX_LENGTH, **kwargs)

    def run_validators(self, value: Any) -> None:
        """Whether others use it too is only looked up for a password of the right length."""
        super().run_validators(value)
        validate_password(value)


class CurrentPasswordField(SecretField):
    """No shortest length: what was allowed once, or elsewhere, is only right or wrong here."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=PASSWORD_MAX_LENGTH, **kwargs)
