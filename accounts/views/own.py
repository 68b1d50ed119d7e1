from abc import abstractmethod
from typing import ClassVar, TypeVar, cast

from django.db.models import Model
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import BearerAuthentication
from accounts.models import User
from accounts.views.access import SignedIn
from common.api.text import is_uuid
from common.api.views import ApiViewSet
from common.exceptions import Missing

M = TypeVar("M", bound=Model)


class OwnCredentials(ApiViewSet[M]):
    """What lets one in. The account itself looks at it and ends it, no program that was given some of it."""

    permission_classes = (SignedIn,)
    authentication_classes = (BearerAuthentication,)
    pagination_class = None
    lookup_url_kwarg = "id"
    lookup_value_regex = "[^/]+"
    revoking = frozenset({"destroy"})

    kind: ClassVar[str]

    @abstractmethod
    def end(self, account: User, id: str) -> None:
        """From now on this one of the account is refused."""

    def destroy(self, request: Request, id: str) -> Response:
        if not is_uuid(id):
            raise Missing(f"{self.kind} not found")
        self.end(cast("User", request.user), id)
        return Response(status=status.HTTP_204_NO_CONTENT)
