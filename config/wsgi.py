"""What gunicorn and granian serve."""

import gc
from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.env import select_settings

select_settings(default="production")
application = get_wsgi_application()
# Every view is imported now, before the fork, instead of by the first request of each worker.
import_module(settings.ROOT_URLCONF)
# What there is now, there is for good: the collector need not look through it again. And of what was made before the
# fork, each page that it marked would be written to, and no longer shared.
gc.collect()
gc.freeze()
