"""How often: which rate a request falls under, whose it is, and what its answer tells of it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from rest_framework.exceptions import APIException
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.endpoints import Endpoint
from common.client import client
from common.exceptions import Throttled
from common.rates.rate import Quota, Scope
from common.rates.spending import spend
from common.signals import throttled

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


class ThrottlingMixin(Base):
    """Counts each request as soon as it is known who asks, before what they may: so that refusals count too.

    Not by DRF's throttle classes, which come after the permissions and know no costs.
    """

    # The class of single actions, where it is none of the above: `rates = {"login": Scope.AUTH}`.
    rates: ClassVar[Mapping[str, Scope]] = {}

    quota: Quota | None = None
    spent = 0

    def perform_authentication(self, request: Request) -> None:
        try:
            super().perform_authentication(request)
        except APIException:
            self.spend(request)  # credentials that do not work count against the address
            raise
        self.spend(request)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.quota:
            for name, value in rate_headers(self.quota).items():
                # A refusal may be by another quota than the request's own.
                told = response.get(name, value)
                response[name] = value if told == value else f"{value}, {told}"
        return response

    def spend(self, request: Request, cost: int = 1) -> None:
        """Count this much of the request, or refuse it."""
        if not settings.THROTTLES:
            return
        scope, user = self.get_scope(), request.user.pk
        rate = settings.RATES[scope]
        window = spend(scope, f"users/{user}" if user else client.get().network, rate, cost)
        self.quota = quota = Quota.of(scope, rate, window)
        if not window.admitted:
            throttled.send_robust(sender=None, scope=scope, retry_after=quota.resets_in, user=user)
            raise Throttled(_said(quota, self.spent + cost), quota=quota)
        self.spent += cost

    def get_scope(self) -> Scope:
        named = self.rates.get(self.action) or SCOPES.get(self.action)
        return named or (Scope.READ if self.request.method in SAFE_METHODS else Scope.WRITE)


def _said(quota: Quota, cost: int) -> str:
    if cost > quota.limit:
        return f"This is more than the limit of {quota.limit} at once: send less."
    return f"Too many requests. Try again in {quota.resets_in} s."


def rate_headers(quota: Quota) -> dict[str, str]:
    """As draft-ietf-httpapi-ratelimit-headers writes them."""
    return {
        "RateLimit-Policy": f'"{quota.name}";q={quota.limit};w={quota.seconds}',
        "RateLimit": f'"{quota.name}";r={quota.left};t={quota.resets_in}',
    }
