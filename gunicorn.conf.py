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

# The default of 4,094 is less than a cursor over the longest titles can need.
limit_request_line = 8190

# Nothing of a request is believed because of who passed it on; TRUST_PROXY_SSL_HEADER is the one switch for that.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}
