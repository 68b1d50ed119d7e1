"""What every environment shares, joined from one small file a topic."""

import django_stubs_ext

from config import env
from config.settings.api import *
from config.settings.auth import *
from config.settings.auth0 import *
from config.settings.cache import *
from config.settings.database import *
from config.settings.email import *
from config.settings.logging import *
from config.settings.security import *
from config.settings.static import *

# Django's own classes take type parameters: `ModelAdmin[Todo]`.
django_stubs_ext.monkeypatch()

ENVIRONMENT = env.environment()

INSTALLED_APPS = [
    "common",  # before the admin, whose base_site.html it dresses
    "config.apps.StockroomAdminConfig",  # django.contrib.admin, on our own site
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "stores",
    "items",
    "todos",
]

MIDDLEWARE = [
    "common.middleware.RequestIdMiddleware",
    "common.middleware.ClientMiddleware",
    "common.middleware.AccessLogMiddleware",
    "common.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "common.middleware.ChunkedBodyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "common.middleware.RefusalMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
# The API answers both forms itself; a redirect would lose the body of a POST. The admin sends its own.
APPEND_SLASH = False

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
