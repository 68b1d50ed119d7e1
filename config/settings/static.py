"""Scripts, styles and pictures: from the packages that bring them, in production hashed and compressed."""

from typing import Any

from config import env

STATIC_URL = "static/"

STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "common.staticfiles.ScalarFinder",
]

STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

if env.environment() == "production":
    # `manage.py collectstatic` fills it.
    STATIC_ROOT = env.BASE_DIR / "staticfiles"
    STORAGES["staticfiles"] = {"BACKEND": "common.staticfiles.CollectedStorage"}

# What is not collected is served as the packages have it.
WHITENOISE_USE_FINDERS = True
# Source maps are large, and read by nobody but a developer.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("jpg", "jpeg", "png", "gif", "webp", "zip", "gz", "br", "woff", "woff2", "map")
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Its default lets every other site read them.
WHITENOISE_ALLOW_ALL_ORIGINS = False
