"""The secret, the hosts, and what browsers are told. What only HTTPS can bear stands in production.py."""

from config import env
from config.secret_key import shared_secret_key

SECRET_KEY = env.text("SECRET_KEY")
if not SECRET_KEY and env.environment() != "production":
    SECRET_KEY = shared_secret_key(env.LOCAL_DIR / "secret_key")

DEBUG = env.flag("DEBUG", default=False)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "common.api.errors.csrf_failure"

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440  # 2.5 MB; beyond it is 413
