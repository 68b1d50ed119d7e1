from typing import cast

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import sessions
from accounts.authentication import BearerAuthentication
from accounts.models import Session, User
from accounts.serializers import SessionSerializer
from accounts.views.access import SignedIn
from common.api.openapi.problem import Problem
from common.api.text import is_uuid
from common.api.viewsets import ApiViewSet
from common.exceptions import Missing


class SessionViewSet(ApiViewSet[Session]):
    """Where one is signed in."""

    permission_classes = (SignedIn,)
    authentication_classes = (BearerAuthentication,)
    pagination_class = None
    lookup_url_kwarg = "id"
    lookup_value_regex = "[^/]+"

    @extend_schema(
        operation_id="users_me_sessions_list",
        summary="List one's own sessions",
        description="Those whose tokens are still taken, the one used last first.",
        responses=SessionSerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        current = getattr(request.auth, "session", "")
        rows = Session.objects.live().filter(user=cast("User", request.user)).order_by("-last_used_at", "-id")
        return Response(SessionSerializer(rows, many=True, context={"current": current}).data)

    @extend_schema(
        operation_id="users_me_sessions_destroy",
        summary="End one of one's own sessions",
        description="Its refresh and access tokens are refused from now on.",
        responses={204: None, 404: OpenApiResponse(Problem, "Session not found")},
    )
    def destroy(self, request: Request, id: str) -> Response:
        if not is_uuid(id):
            raise Missing("Session not found")
        sessions.end_one(cast("User", request.user), id)
        return Response(status=status.HTTP_204_NO_CONTENT)
