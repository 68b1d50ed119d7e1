"""What gunicorn serves."""

from django.core.wsgi import get_wsgi_application

from config.env import select_settings

select_settings(default="production")
application = get_wsgi_application()
