from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts import keys


@require_safe
@cache_control(public=True, max_age=int(keys.LEAD.total_seconds()))
def jwks(request: HttpRequest) -> JsonResponse:
    """The public keys that our tokens can be verified with (RFC 7517, 5); none while they are signed with a secret."""
    return JsonResponse({"keys": keys.public()}, content_type="application/jwk-set+json")
