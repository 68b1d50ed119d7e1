"""The test suite: the real parts, on whichever database and cache the environment names."""

from config import env
from config.settings.base import *

# Each test client would otherwise list every static file there is.
WHITENOISE_AUTOREFRESH = True

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

if not env.text("TASKS"):
    # In the thread of the test, whose transaction no other sees.
    TASKS = {"default": {"BACKEND": "common.tasks.backends.OnCommit"}}
