"""What gunicorn and granian serve."""

import gc
from importlib import import_module

import django
from django.conf import settings

from common import handler
from config.env import select_settings

select_settings(default="production")
django.setup(set_prefix=False)
application = handler.application()
# Every view is imported now, before the fork, instead of by the first request of each worker.
import_module(settings.ROOT_URLCONF)
# What there is now, there is for good: the collector need not look through it again. And of what was made before the
# fork, each page that it marked would be written to, and no longer shared.
gc.collect()
gc.freeze()
