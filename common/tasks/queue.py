"""What waits in the database for a worker, and what it has done."""

from datetime import timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, get_date_max

from common.tasks.api import TaskResultStatus, task_backends
from common.tasks.backends import InDatabase

DONE_ARE_KEPT_FOR = timedelta(days=1)
FAILED_ARE_KEPT_FOR = timedelta(days=30)


def is_used() -> bool:
    return isinstance(task_backends["default"], InDatabase)


def overdue(by: timedelta) -> "QuerySet[DBTaskResult[..., object]]":
    """Could have been begun this long ago."""
    then = timezone.now() - by
    waiting = Q(run_after=get_date_max(), enqueued_at__lt=then) | Q(run_after__lt=then)
    return DBTaskResult.objects.filter(waiting, status=TaskResultStatus.READY)


def had_their_time() -> "QuerySet[DBTaskResult[..., object]]":
    """One that began and never ended, because its worker died, counts as failed."""
    now = timezone.now()
    done = Q(status=TaskResultStatus.SUCCESSFUL, finished_at__lt=now - DONE_ARE_KEPT_FOR)
    failed = Q(status=TaskResultStatus.FAILED, finished_at__lt=now - FAILED_ARE_KEPT_FOR)
    cut_off = Q(status=TaskResultStatus.RUNNING, started_at__lt=now - FAILED_ARE_KEPT_FOR)
    return DBTaskResult.objects.filter(done | failed | cut_off)


def depths() -> dict[str, int]:
    """How many there are, by status."""
    counted = DBTaskResult.objects.order_by().values_list("status").annotate(count=Count("pk"))
    return {status.lower(): 0 for status in TaskResultStatus.values} | {
        status.lower(): count for status, count in counted
    }
