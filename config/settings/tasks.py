"""Tasks, among them every mail: in a thread of the process, or by `manage.py db_worker`, which production starts."""

from config import env

_BACKENDS = {"inline": "common.tasks.backends.InThread", "database": "common.tasks.backends.InDatabase"}

_kind = env.choice("TASKS", tuple(_BACKENDS), "database" if env.environment() == "production" else "inline")

TASKS = {"default": {"BACKEND": _BACKENDS[_kind]}}
