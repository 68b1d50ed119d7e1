from typing import cast

from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import sessions
from accounts.models import Session, User
from accounts.serializers import SessionSerializer
from accounts.views.own import OwnCredentials
from common.api.openapi.problem import Problem


@extend_schema_view(
    destroy=extend_schema(
        operation_id="users_me_sessions_destroy",
        summary="End one of one's own sessions",
        description="Its refresh and access tokens are refused from now on.",
        responses={204: None, 404: OpenApiResponse(Problem, "Session not found")},
    )
)
class SessionViewSet(OwnCredentials[Session]):
    """Where one is signed in."""

    kind = "Session"

    @extend_schema(
        operation_id="users_me_sessions_list",
        summary="List one's own sessions",
        description=f"Those whose tokens are still taken, the one used last first: at most {sessions.MOST}. Beyond "
        "them, signing in ends the one that was used least lately.",
        responses=SessionSerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        current = getattr(request.auth, "session", "")
        rows = sessions.list_live(cast("User", request.user))
        return Response(SessionSerializer(rows, many=True, context={"current": current}).data)

    def end(self, account: User, id: str) -> None:
        sessions.end_one(account, id)
