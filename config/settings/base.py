"""What every environment shares, joined from one small file a topic."""

import django_stubs_ext

from config import __version__, env
from config.settings.api import *
from config.settings.auth import *
from config.settings.auth0 import *
from config.settings.cache import *
from config.settings.cors import *
from config.settings.database import *
from config.settings.email import *
from config.settings.logging import *
from config.settings.metrics import *
from config.settings.rates import *
from config.settings.reporting import *
from config.settings.security import *
from config.settings.static import *
from config.settings.tasks import *

# Django's own classes take type parameters: `ModelAdmin[Todo]`.
django_stubs_ext.monkeypatch()

ENVIRONMENT = env.environment()
VERSION = __version__

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
    "corsheaders",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_tasks_db",
    "accounts",
    "stores",
    "items",
    "todos",
]

MIDDLEWARE = [
    "common.middleware.RequestIdMiddleware",
    "common.middleware.ClientMiddleware",
    "common.middleware.AccessLogMiddleware",
    *(["common.metrics.MetricsMiddleware"] if METRICS else []),
    "common.middleware.RefusedMiddleware",
    "common.headers.HeadersMiddleware",
    # Programs go from here to its end: what stands between has to do with browsers only.
    "common.shortcut.ShortcutMiddleware",
    # Above whatever may refuse: a page cannot read an answer without what this adds.
    "corsheaders.middleware.CorsMiddleware",
    "common.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "common.middleware.ChunkedBodyMiddleware",
    "common.browsers.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "common.browsers.CsrfViewMiddleware",
    "common.browsers.AuthenticationMiddleware",
    "common.browsers.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "common.middleware.RefusalMiddleware",
    "common.shortcut.ShortcutEndMiddleware",
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
