"""Numbers for Prometheus at /metrics."""

from config import env

METRICS = env.flag("METRICS", default=False)
# Whoever asks for them sends it as a bearer token.
METRICS_TOKEN = env.text("METRICS_TOKEN")
