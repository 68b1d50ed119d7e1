"""The test suite: the real parts, on whichever database and cache the environment names."""

from config.settings.base import *

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
