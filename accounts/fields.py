"""The addresses, passwords, roles and permissions of accounts, for every form that has them."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.db.models import Model
from rest_framework.exceptions import ErrorDetail, ValidationError

from accounts.validators import PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH, validate_email_key
from common.api.fields import EmailField, ListField, SecretField, StringField


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


class RowsByNameField(ListField):
    """Rows of a model as a list of their names. One that there is not is named by its place: `body.roles.1`."""

    MAX_LENGTH = 200

    def __init__(self, model: type[Model], column: str, **kwargs: Any) -> None:
        self.model, self.column = model, column
        super().__init__(child=StringField(), max_length=self.MAX_LENGTH, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        self.check_length(data)
        self._refuse({place: "Not a valid string." for place, name in _places(data) if not isinstance(name, str)})
        names = super().to_internal_value(data)
        found = {getattr(row, self.column): row for row in self._rows(names)}
        self._refuse({place: "There is none of this name." for place, name in _places(names) if name not in found})
        return list({name: found[name] for name in names}.values())

    def to_representation(self, data: Any) -> list[str]:
        return sorted(getattr(row, self.column) for row in data.all())

    def _rows(self, names: list[str]) -> Iterable[Model]:
        return self.model._default_manager.filter(**{f"{self.column}__in": names})

    def _refuse(self, errors: dict[int, str]) -> None:
        if errors:
            raise ValidationError({str(place): [ErrorDetail(said, "unknown")] for place, said in errors.items()})


def _places(data: Any) -> Iterable[tuple[int, Any]]:
    return enumerate(data) if isinstance(data, list) else ()
