"""What an ASGI server serves; gunicorn uses config.wsgi."""

from django.core.asgi import get_asgi_application

from config.env import select_settings

select_settings(default="production")
application = get_asgi_application()
