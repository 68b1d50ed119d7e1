"""Django Ninja: Pydantic schemas on Django's ORM, and the JWT that is made for it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
application = get_wsgi_application()
