from accounts.filters import AuditEventFilter
from accounts.models import AuditEvent
from accounts.serializers import AuditEventSerializer
from common.api.endpoints import Endpoint
from common.api.viewsets import ResourceViewSet


class AuditEventViewSet(ResourceViewSet[AuditEvent]):
    """What was done to accounts, and by whom: to be read by those who answer for it, and changed by nobody."""

    resource = "audit"
    queryset = AuditEvent.objects.order_by("-created_at", "-id")
    serializer_class = AuditEventSerializer
    filterset_class = AuditEventFilter
    ordering_fields = ("id", "created_at")
    include_only = (Endpoint.LIST, Endpoint.RETRIEVE, Endpoint.SEARCH, Endpoint.COUNT)
