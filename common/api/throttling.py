"""How often: which rate a request falls under, whose it is, and what its answer tells of it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework.exceptions import APIException
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.endpoints import Endpoint
from common.api.filters import TextSearch
from common.client import client
from common.exceptions import Throttled
from common.headers import put, told
from common.rates.rate import Quota, Scope
from common.rates.spending import charge

if TYPE_CHECKING:
    from rest_framework.viewsets import ViewSet as Base
else:
    Base = object

# Whatever is none of these is read or write, by its method.
SCOPES: dict[str, Scope] = {
    Endpoint.SEARCH: Scope.SEARCH,
    Endpoint.BULK_CREATE: Scope.BULK,
    Endpoint.BULK_UPDATE: Scope.BULK,
    Endpoint.BULK_DELETE: Scope.BULK,
}

# What reads with a text to look for is a search.
SEARCHED = frozenset({Endpoint.LIST, Endpoint.SELF_LIST, Endpoint.COUNT})


class ThrottlingMixin(Base):
    """Counts each request as soon as it is known who asks, before what they may: so that refusals count too.

    Not by DRF's throttle classes, which come after the permissions and know no costs.
    """

    # The class of single actions, where it is none of the above: `rates = {"login": Scope.AUTH}`.
    rates: ClassVar[Mapping[str, Scope]] = {}

    # Single actions that do nothing but take access away. Whatever has used up an account's budget, its owner can do
    # this: it counts against the address.
    revoking: ClassVar[frozenset[str]] = frozenset()

    quota: Quota | None = None
    spent = 0

    def perform_authentication(self, request: Request) -> None:
        try:
            super().perform_authentication(request)
        except APIException:
            self.spend(request)  # credentials that do not work count against the address
            raise
        self.spend(request)

    def check_throttles(self, request: Request) -> None:
        if self.throttle_classes:
            super().check_throttles(request)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.quota:
            for name, value in rate_headers(self.quota).items():
                # A refusal may be by another quota than the request's own.
                other = told(response, name) or value
                put(response, name, value if other == value else f"{value}, {other}")
        return response

    def spend(self, request: Request, cost: int = 1) -> None:
        """Count this much of the request, or refuse it."""
        scope, user = self.get_scope(), request.user.pk
        try:
            self.quota = charge(scope, self._who(request, scope, user), user=user, cost=cost, spent=self.spent)
        except Throttled as refusal:
            self.quota = refusal.quota
            raise
        self.spent += cost

    def get_scope(self) -> Scope:
        if named := self.rates.get(self.action) or SCOPES.get(self.action):
            return named
        if self.request._request.method not in SAFE_METHODS:  # DRF's own request looks for it in vain first
            return Scope.WRITE
        return Scope.SEARCH if self.action in SEARCHED and _has_text(self.request) else Scope.READ

    def _who(self, request: Request, scope: Scope, user: int | None) -> Sequence[str]:
        """Whom it is counted against: without an account the address."""
        if not user or self.action in self.revoking:
            return (client.get().network,)
        # Programs are not let in the way of their owner.
        apart = getattr(request.auth, "budget", "")
        account = f"users/{user}/{apart}" if apart else f"users/{user}"
        # Accounts can be had by the dozen.
        return (account, client.get().network) if scope is Scope.AUTH else (account,)


def _has_text(request: Request) -> bool:
    return bool(request.query_params.get(TextSearch.parameter, "").strip())


def rate_headers(quota: Quota) -> dict[str, str]:
    """As draft-ietf-httpapi-ratelimit-headers writes them."""
    return {
        "RateLimit-Policy": f'"{quota.name}";q={quota.limit};w={quota.seconds}',
        "RateLimit": f'"{quota.name}";r={quota.left};t={quota.resets_in}',
    }
