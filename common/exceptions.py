"""What a service may refuse, in the words of the domain. How HTTP says it stands in `common.api.errors`."""

from common.rates.rate import Quota


class DomainError(Exception):
    """A refusal to tell the caller about, in words meant for them.

    `code` is for programs and stays stable; `field` names the one value at fault, if one is.
    """

    code = "error"

    def __init__(self, message: str, *, code: str = "", field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.field = field


class Invalid(DomainError):
    """A business rule is broken."""

    code = "invalid"


class Forbidden(DomainError):
    """The caller is known and may not."""

    code = "permission_denied"


class Missing(DomainError):
    """There is no such row."""

    code = "not_found"


class Conflict(DomainError):
    """The state that is there contradicts the one that was asked for."""

    code = "conflict"


class Unavailable(DomainError):
    """Something that this depends on is away; trying again after `retry_after` seconds may help."""

    code = "unavailable"

    def __init__(self, message: str, *, code: str = "", field: str = "", retry_after: int = 5) -> None:
        super().__init__(message, code=code, field=field)
        self.retry_after = retry_after


class Throttled(DomainError):
    """Too often: `quota` says of what, and after how many seconds it may be asked again."""

    code = "throttled"

    def __init__(self, message: str, *, code: str = "", field: str = "", quota: Quota) -> None:
        super().__init__(message, code=code, field=field)
        self.quota = quota
        self.retry_after = quota.resets_in
