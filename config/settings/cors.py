"""Which pages on other hosts may call the API from a browser, and what of it they are shown."""

from config import env

# Where the development servers of front ends listen: Next, Angular, Vite, Vue.
_PORTS = (3000, 4200, 5173, 8080) if env.environment() == "local" else ()

CORS_ALLOWED_ORIGINS = env.origins(
    "CORS_ALLOWED_ORIGINS", tuple(f"http://{host}:{port}" for host in ("localhost", "127.0.0.1") for port in _PORTS)
)
CORS_ALLOW_CREDENTIALS = True  # the refresh cookie; hence exact origins only
CORS_URLS_REGEX = r"^/(api/v1(/|$)|openapi\.(json|yaml)|\.well-known/)"
CORS_ALLOW_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
CORS_ALLOW_HEADERS = (
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "traceparent",
    "tracestate",
    "x-request-id",
)
CORS_EXPOSE_HEADERS = (
    "ETag",
    "Idempotent-Replayed",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-ID",
)
CORS_PREFLIGHT_MAX_AGE = 7_200  # Chromium keeps it no longer
