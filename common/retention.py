"""How long the rows of the API's own machinery are kept."""

from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from common.api.idempotency import KEPT_FOR
from common.housekeeping import clear_some
from common.models import IdempotencyKey, RateWindow
from common.rates import in_database
from common.tasks import queue

EXPIRED = {
    "idempotency keys": lambda: clear_some(IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)),
    "rates": in_database.clear_expired,
    "tasks": lambda: clear_some(queue.had_their_time()),
}

# Restored, its mails would leave again, or for the first time, years later.
NOT_IN_BACKUPS = (RateWindow, DBTaskResult)
