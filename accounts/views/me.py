from typing import cast

from django.db import transaction
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import cookies, passwords, services
from accounts.models import User
from accounts.serializers import ConfirmationSerializer, MeChangeSerializer, MeSerializer
from accounts.views.access import OwnAccount
from common.api.conditional import check_if_match, tagged
from common.api.openapi.problem import Problem
from common.api.views import ApiViewSet
from common.rates.rate import Scope


class MeViewSet(ApiViewSet[User]):
    """One's own account."""

    # Both may hash a password, and the first may mail.
    rates = {"update_me": Scope.AUTH, "delete_me": Scope.AUTH}

    @extend_schema(
        operation_id="users_me_retrieve",
        summary="Read one's own account",
        description="With the roles of the account and the permissions that they come to.",
        responses=MeSerializer,
    )
    @action(detail=False, methods=["get"], url_name="account", permission_classes=[OwnAccount])
    def me(self, request: Request) -> Response:
        return tagged(request, MeSerializer(cast("User", request.user)).data)

    @extend_schema(
        operation_id="users_me_partial_update",
        summary="Change one's own account",
        description="What is left out stays as it is. Another address needs the password, and counts once the link is "
        "followed that is mailed to it; until then the answer has the old one, which is told.",
        request=MeChangeSerializer(partial=True),
        responses={
            200: MeSerializer,
            400: OpenApiResponse(Problem, "Incorrect password, or an address that has an account"),
            429: OpenApiResponse(Problem, "Too many wrong passwords"),
        },
    )
    @me.mapping.patch
    def update_me(self, request: Request) -> Response:
        caller = cast("User", request.user)
        serializer = MeChangeSerializer(caller, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        email = serializer.validated_data.pop("email", None)
        password = serializer.validated_data.pop("current_password", "")
        # Hashing is slow on purpose: before the transaction.
        confirmed = passwords.confirm(caller, password) if email else None
        with transaction.atomic():
            user = passwords.lock_confirmed(confirmed) if confirmed else User.objects.lock(caller)
            user.grants = caller.grants  # by this token; the row knows no tokens
            check_if_match(request, lambda: MeSerializer(user).data, required=False)
            serializer.instance = user
            serializer.save()
            if email:
                services.ask_for_email(user, email)
        return tagged(request, MeSerializer(user).data)

    @extend_schema(
        operation_id="users_me_destroy",
        summary="Delete one's own account",
        description="With everything that is its own: todos, store, items, sessions. An account without a password, "
        "whose owner signs in with Auth0, needs a token that was issued within the last five minutes.",
        request=ConfirmationSerializer,
        responses={
            204: None,
            400: OpenApiResponse(Problem, "Incorrect password"),
            403: OpenApiResponse(Problem, "Not permitted, or no password and no recent sign-in"),
            429: OpenApiResponse(Problem, "Too many wrong passwords"),
        },
    )
    @me.mapping.delete
    def delete_me(self, request: Request) -> Response:
        account = cast("User", request.user)
        confirmation = ConfirmationSerializer(account, data=request.data)
        confirmation.is_valid(raise_exception=True)
        signed_in_at = getattr(request.auth, "signed_in_at", None)
        services.delete_account(account, **confirmation.validated_data, signed_in_at=signed_in_at)
        response = Response(status=status.HTTP_204_NO_CONTENT)
        cookies.clear_refresh_token(response)
        return response
