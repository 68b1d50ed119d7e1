"""The queue, for tests that are about it; the others have their tasks run as the transaction commits."""

from django_tasks_db.management.commands.db_worker import Worker

IN_THREAD = {"default": {"BACKEND": "common.tasks.backends.InThread"}}
IN_DATABASE = {"default": {"BACKEND": "common.tasks.backends.InDatabase"}}


def work_off() -> None:
    """What `manage.py db_worker --batch` does, in this process."""
    Worker(
        queue_names=["default"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="test",
        excluded_queue_names=[],
    ).run()
