"""gunicorn reads this by itself: `gunicorn` in this directory serves the application."""

import os
from typing import Any

from config import env
from config.serving import metrics
from config.serving.machine import cpus
from config.serving.stopping import drain_first

wsgi_app = "config.wsgi:application"
bind = f"{env.text('HOST', '0.0.0.0')}:{env.number('PORT', 8000)}"

worker_class = "config.serving.worker.Worker"
workers = env.number("WEB_CONCURRENCY", cpus())
threads = env.number("WEB_THREADS", 4)

# Loaded once, before the fork: the workers share the memory, and one that dies is replaced in milliseconds. Nothing
# that is imported may open a connection or start a thread.
preload_app = True

# On SIGTERM, requests under way get this long after the draining; keep the sum below what the platform waits before it
# kills.
graceful_timeout = 25
timeout = 30
keepalive = 5

# For a request to come in, and for its answer to be taken.
_read_timeout = env.number("WEB_READ_TIMEOUT", 30)

# Heartbeats in memory where there is any: a slow disk must not look like a hung worker.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
control_socket_disable = True

# The default of 4,094 is less than a cursor over the longest titles can need.
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 8190

# Nothing of a request is believed because of who passed it on; TRUST_PROXY_SSL_HEADER and TRUSTED_PROXIES are the
# switches for that.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

logger_class = "config.serving.log.Logger"
errorlog = None


# Before anything is imported that counts.
if env.flag("METRICS", default=False):
    _given = env.text("PROMETHEUS_MULTIPROC_DIR")
    _counts = metrics.directory(_given)
    env.put("PROMETHEUS_MULTIPROC_DIR", _counts)

    def child_exit(server: Any, worker: Any) -> None:
        metrics.forget(worker.pid, _counts)

    def on_exit(server: Any) -> None:
        if not _given:
            metrics.clear(_counts)


def post_fork(server: Any, worker: Any) -> None:
    worker.read_timeout = _read_timeout


def when_ready(server: Any) -> None:
    drain_first(server, seconds=env.number("DRAIN_SECONDS", 5))
