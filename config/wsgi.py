"""What gunicorn serves."""

from importlib import import_module

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from config.env import select_settings

select_settings(default="production")
application = get_wsgi_application()
# Every view is imported now, before the fork, instead of by the first request of each worker.
import_module(settings.ROOT_URLCONF)
