"""gunicorn reads this by itself: `gunicorn` in this directory serves the application."""

import os

wsgi_app = "config.wsgi:application"
bind = f"{os.environ.get('HOST') or '0.0.0.0'}:{os.environ.get('PORT') or 8000}"

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or os.cpu_count() or 1)
threads = int(os.environ.get("WEB_THREADS") or 4)

# On SIGTERM, requests under way get this long; keep it below what the platform waits before it kills.
graceful_timeout = 25
timeout = 30
keepalive = 5

# Heartbeats in memory where there is any: a slow disk must not look like a hung worker.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
control_socket_disable = True
