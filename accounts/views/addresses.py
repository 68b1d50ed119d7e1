from typing import cast

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.models import User
from accounts.serializers import LinkSerializer
from accounts.views.access import OPEN, SignedIn
from common.api.openapi.problem import Problem
from common.api.serializers import MessageSerializer, StrictSerializer
from common.api.views import ApiViewSet
from common.rates.rate import Scope


class AddressViewSet(ApiViewSet[User]):
    """Whether an address is the account's."""

    rates = {"verify": Scope.AUTH, "resend": Scope.AUTH}

    @extend_schema(
        operation_id="users_verify_email",
        summary="Verify an address by link",
        description="The token works once and for an hour. A new address of the account counts from then on.",
        request=LinkSerializer,
        responses={200: MessageSerializer, 400: OpenApiResponse(Problem, "This link does not work, or no longer.")},
    )
    @action(detail=False, methods=["post"], url_path="verify-email", **OPEN)
    def verify(self, request: Request) -> Response:
        services.verify_email(**self.validated(LinkSerializer))
        return Response({"message": "Your address is verified."})

    @extend_schema(
        operation_id="users_verify_email_resend",
        summary="Ask for another link",
        description="Mails a link to the address of the account, if it is not verified.",
        request=None,
        responses={202: MessageSerializer},
    )
    @action(detail=False, methods=["post"], url_path="verify-email/resend", permission_classes=[SignedIn])
    def resend(self, request: Request) -> Response:
        self.validated(StrictSerializer)
        services.resend_verification(cast("User", request.user))
        message = "If the address is not verified, a link is on its way."
        return Response({"message": message}, status=status.HTTP_202_ACCEPTED)
