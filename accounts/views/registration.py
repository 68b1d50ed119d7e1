from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.models import User
from accounts.serializers import AccountSerializer, RegistrationSerializer
from accounts.views.access import OPEN
from common.api.views import ApiViewSet
from common.rates.rate import Scope


class RegistrationViewSet(ApiViewSet[User]):
    """New accounts."""

    rates = {"register": Scope.AUTH}

    @extend_schema(
        operation_id="users_register",
        summary="Register",
        description="A new account with the role `user`. Its address is unique in any case and spelling.",
        request=RegistrationSerializer,
        responses={201: AccountSerializer},
    )
    @action(detail=False, methods=["post"], **OPEN)
    def register(self, request: Request) -> Response:
        user = services.register(**self.validated(RegistrationSerializer))
        location = {"Location": reverse("users-me-account")}
        return Response(AccountSerializer(user).data, status=status.HTTP_201_CREATED, headers=location)
