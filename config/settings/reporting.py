"""Where errors are reported: nowhere, unless SENTRY_DSN says."""

from config import env

SENTRY_DSN = env.dsn("SENTRY_DSN")
# Of how many requests the course is reported too: 0.01 of every hundredth.
SENTRY_TRACES = env.share("SENTRY_TRACES", 0.0)
